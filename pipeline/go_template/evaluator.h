// Executes the tree of a template.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "pipeline/go_template/functions.h"
#include "pipeline/go_template/syntax.h"

namespace tailrace::pipeline::go_template {

// One execution. Ends at the first error; what was put out until then means nothing.
class Evaluator {
 public:
  struct Variable {
    std::string_view name;
    Value value;
  };
  // What an execution ended with. Views the template and fixed words.
  struct Fault {
    std::string_view what;
    std::string_view name;  // Of what it is about; empty: of nothing.
  };
  // Buffers that are kept from execution to execution.
  struct Buffers {
    std::string out;
    std::vector<Variable> variables;
    Fault fault;
  };

  Evaluator(const TemplateSet& templates, Runtime& runtime, Arena& arena, Buffers& buffers)
      : templates_(templates),
        runtime_(runtime),
        arena_(arena),
        out_(buffers.out),
        variables_(buffers.variables),
        fault_(buffers.fault) {
    out_.clear();
    variables_.clear();
    fault_ = {};
  }

  bool run(const Value& data);

 private:
  enum class Flow { kGoOn, kBreak, kContinue, kError };

  Flow run_list(const NodeList& nodes, const Value& dot);
  Flow run_node(const Node& node, const Value& dot);
  Flow run_branch(const Node& node, const Value& dot);
  Flow run_range(const Node& node, const Value& dot);
  Flow run_item(const Node& node, const Value& key, const Value& item);
  Flow run_template(const Node& node, const Value& dot);

  bool pipeline(const Pipeline& pipeline, const Value& dot, Value& result);
  bool command(const Command& command, const Value& dot, const Value* final, Value& result);
  bool operand(const Operand& operand, const Value& dot, Value& result);
  bool call(const Command& command, const Value& dot, const Value* final, Value& result);
  bool call_lazily(const Command& command, const Value& dot, const Value* final, Value& result);
  bool call_plainly(const Command& command, const Value& dot, const Value* final, Value& result);
  bool argument(const Operand& operand, char parameter, const Value& dot, Value& result);
  bool run_function(const Function& function, Call& call);
  static bool fits(const Value& value, char parameter);
  // Makes what is missing what the parameter takes for it.
  bool takes(char parameter, Value& value);
  static Value held(Value value);
  bool step();
  // Notes it, unless there is one already: false.
  bool fail(std::string_view what, std::string_view name = {});
  bool names_in(const std::vector<std::string>& names, Value& value);
  Value* variable(std::string_view name);

  const TemplateSet& templates_;
  Runtime& runtime_;
  Arena& arena_;
  std::string& out_;
  std::vector<Variable>& variables_;
  Fault& fault_;
  int depth_ = 0;
};

}  // namespace tailrace::pipeline::go_template
