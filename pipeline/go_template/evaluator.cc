// Executes the tree of a template.
#include "pipeline/go_template/evaluator.h"

#include <algorithm>
#include <cmath>

#include "pipeline/go_template/print.h"

namespace tailrace::pipeline::go_template {
namespace {

// The letter of the parameter that argument `index` goes to; 0: there are too many arguments.
char parameter_at(std::string_view parameters, std::size_t index) {
  const bool repeats = parameters.ends_with('*');
  const std::size_t fixed = parameters.size() - (repeats ? 2 : 0);
  if (index < fixed) return parameters[index];
  return repeats ? parameters[fixed] : '\0';
}

std::size_t required(std::string_view parameters) {
  return parameters.ends_with('*') ? parameters.size() - 2 : parameters.size();
}

}  // namespace

bool Evaluator::fail(std::string_view what, std::string_view name) {
  if (fault_.what.empty()) fault_ = {.what = what, .name = name};
  return false;
}

bool Evaluator::step() {
  return runtime_.step() || fail("too many steps");
}

bool Evaluator::run(const Value& data) {
  variables_.push_back({.name = "$", .value = data});
  return run_list(templates_.find("")->second, data) != Flow::kError;
}

Evaluator::Flow Evaluator::run_list(const NodeList& nodes, const Value& dot) {
  for (const Node& node : nodes) {
    if (!step()) return Flow::kError;
    const Flow flow = run_node(node, dot);
    if (flow != Flow::kGoOn) return flow;
  }
  return Flow::kGoOn;
}

Evaluator::Flow Evaluator::run_node(const Node& node, const Value& dot) {
  switch (node.kind) {
    case Node::Kind::kText:
      out_ += node.text;
      break;
    case Node::Kind::kAction: {
      Value value;
      if (!pipeline(*node.pipeline, dot, value)) return Flow::kError;
      if (node.pipeline->variables.empty()) print_result(out_, value, runtime_.nodes());
      if (runtime_.is_spent()) return Flow::kError;
      break;
    }
    case Node::Kind::kIf:
    case Node::Kind::kWith:
      return run_branch(node, dot);
    case Node::Kind::kRange:
      return run_range(node, dot);
    case Node::Kind::kTemplate:
      return run_template(node, dot);
    case Node::Kind::kBreak:
      return Flow::kBreak;
    case Node::Kind::kContinue:
      return Flow::kContinue;
  }
  if (out_.size() <= kTextBytesMax) return Flow::kGoOn;
  fail("the text is too long");
  return Flow::kError;
}

Evaluator::Flow Evaluator::run_branch(const Node& node, const Value& dot) {
  const std::size_t variables = variables_.size();
  Value value;
  if (!pipeline(*node.pipeline, dot, value)) return Flow::kError;
  Flow flow = Flow::kGoOn;
  if (is_true(value)) {
    flow = run_list(node.body, node.kind == Node::Kind::kWith ? value : dot);
  } else {
    flow = run_list(node.otherwise, dot);
  }
  variables_.resize(variables);
  return flow;
}

// As it lies in a map or a list.
Value Evaluator::held(Value value) {
  value.held_nil = value.is_nil();
  return value;
}

Evaluator::Flow Evaluator::run_item(const Node& node, const Value& key, const Value& item) {
  const std::size_t variables = variables_.size();
  const std::vector<std::string>& names = node.pipeline->variables;
  if (!step()) return Flow::kError;
  const auto set = [&](const std::string& name, const Value& value) {
    if (node.pipeline->assigns) {
      *variable(name) = value;
    } else {
      variables_.push_back({.name = name, .value = value});
    }
  };
  if (names.size() == 1) set(names[0], item);
  if (names.size() == 2) {
    set(names[0], key);
    set(names[1], item);
  }
  const Flow flow = run_list(node.body, item);
  variables_.resize(variables);
  return flow == Flow::kContinue ? Flow::kGoOn : flow;
}

Evaluator::Flow Evaluator::run_range(const Node& node, const Value& dot) {
  const std::size_t variables = variables_.size();
  Value value;
  if (!pipeline(*node.pipeline, dot, value)) return Flow::kError;
  variables_.resize(variables);  // Each round declares its own.
  Flow flow = Flow::kGoOn;
  std::size_t rounds = 0;
  if (value.list != nullptr) {
    for (; rounds < value.list->size && flow == Flow::kGoOn; ++rounds) {
      flow = run_item(node, Value::of_int(static_cast<std::int64_t>(rounds)),
                      held(value.list->items[rounds]));
    }
  } else if (value.map != nullptr) {
    for (; rounds < value.map->size && flow == Flow::kGoOn; ++rounds) {
      const MapEntry& entry = value.map->entries[rounds];
      flow = run_item(node, Value::of_text(entry.key), held(entry.value));
    }
  } else if (value.is_integer()) {
    for (; static_cast<std::int64_t>(rounds) < value.integer && flow == Flow::kGoOn; ++rounds) {
      const Value number = Value::of_int(static_cast<std::int64_t>(rounds), value.kind);
      flow = run_item(node, number, number);
    }
  } else if (!value.is_nil()) {
    fail("range needs a list, a map or a whole number");
    return Flow::kError;
  }
  if (rounds == 0) return run_list(node.otherwise, dot);
  return flow == Flow::kBreak ? Flow::kGoOn : flow;
}

Evaluator::Flow Evaluator::run_template(const Node& node, const Value& dot) {
  const auto found = templates_.find(node.text);
  if (found == templates_.end() || depth_ >= kCallDepthMax) {
    fail(found == templates_.end() ? "there is no template" : "too deep in the template",
         node.text);
    return Flow::kError;
  }
  Value data;
  if (node.pipeline != nullptr && !pipeline(*node.pipeline, dot, data)) return Flow::kError;
  // It sees no variables but its own.
  std::vector<Variable> outer;
  outer.swap(variables_);
  variables_.push_back({.name = "$", .value = data});
  ++depth_;
  const Flow flow = run_list(found->second, data);
  --depth_;
  outer.swap(variables_);
  return flow;
}

bool Evaluator::pipeline(const Pipeline& pipeline, const Value& dot, Value& result) {
  const Value* final = nullptr;
  Value last;
  for (const Command& command : pipeline.commands) {
    Value next;
    if (!this->command(command, dot, final, next)) return false;
    last = next;
    last.held_nil = false;
    final = &last;
  }
  result = last;
  // `range` sets its variables round by round.
  for (const std::string& name : pipeline.variables) {
    if (pipeline.assigns) {
      Value* const known = variable(name);
      if (known != nullptr && pipeline.variables.size() == 1) *known = result;
    } else {
      variables_.push_back({.name = name, .value = result});
    }
  }
  return true;
}

bool Evaluator::command(const Command& command, const Value& dot, const Value* final,
                        Value& result) {
  const Operand& first = command.words.front();
  if (first.kind == Operand::Kind::kFunction) return call(command, dot, final, result);
  // Only functions take arguments.
  if (command.words.size() > 1 || final != nullptr) return fail("only functions take arguments");
  if (first.kind == Operand::Kind::kNil) return fail("nil is no command");
  return operand(first, dot, result);
}

bool Evaluator::names_in(const std::vector<std::string>& names, Value& value) {
  for (const std::string& name : names) {
    if (value.is_nil() && !value.held_nil) return true;
    if (value.kind != Value::Kind::kMap) return fail("what is no map has no field", name);
    const Value* const found = find(*value.map, name);
    value = found == nullptr ? Value{} : held(*found);
  }
  return true;
}

Value* Evaluator::variable(std::string_view name) {
  const auto found = std::find_if(variables_.rbegin(), variables_.rend(),
                                  [name](const Variable& known) { return known.name == name; });
  return found == variables_.rend() ? nullptr : &found->value;
}

bool Evaluator::operand(const Operand& operand, const Value& dot, Value& result) {
  if (!step()) return false;
  switch (operand.kind) {
    case Operand::Kind::kDot:
    case Operand::Kind::kField:
      result = dot;
      break;
    case Operand::Kind::kVariable: {
      const Value* const known = variable(operand.text);
      if (known == nullptr) return fail("there is no variable", operand.text);
      result = *known;
      break;
    }
    case Operand::Kind::kFunction: {
      // A function without arguments, as an argument.
      if (operand.function->run == nullptr || required(operand.function->parameters) != 0) {
        return fail("too few arguments for the function", operand.function->name);
      }
      Call call{.args = {}, .arena = arena_, .runtime = runtime_, .result = {}};
      if (!run_function(*operand.function, call))
        return fail("error in the function", operand.function->name);
      result = call.result;
      return true;
    }
    case Operand::Kind::kNil:
      result = {};
      return true;
    case Operand::Kind::kConstant:
      result = operand.constant.is_text() ? Value::of_text(operand.text) : operand.constant;
      return true;
    case Operand::Kind::kNumber:
      result = operand.constant;
      return true;
    case Operand::Kind::kPipeline:
      if (!pipeline(*operand.pipeline, dot, result)) return false;
      break;
  }
  return names_in(operand.names, result);
}

bool Evaluator::fits(const Value& value, char parameter) {
  using Kind = Value::Kind;
  switch (parameter) {
    case 's':
      return value.kind == Kind::kText;
    case 'i':
      return value.kind == Kind::kInt;
    case 'f':
      return value.kind == Kind::kFloat;
    case 'b':
      return value.kind == Kind::kBool;
    case 'l':
      return value.kind == Kind::kList;
    case 'm':
    case 'w':
      return value.kind == Kind::kMap;
    case 't':
      return value.kind == Kind::kTime;
    default:
      return true;
  }
}

bool Evaluator::argument(const Operand& operand, char parameter, const Value& dot, Value& result) {
  if (!this->operand(operand, dot, result)) return false;
  if (operand.kind == Operand::Kind::kNumber) {
    // A constant is of the type that its place asks for.
    if (parameter == 'f' && result.kind == Value::Kind::kInt) {
      result = Value::of_float(static_cast<double>(result.integer));
    } else if (parameter == 'i' && result.kind == Value::Kind::kFloat &&
               std::trunc(result.number) == result.number && std::abs(result.number) < 0x1p62) {
      result = Value::of_int(static_cast<std::int64_t>(result.number));
    }
  }
  return takes(parameter, result);
}

bool Evaluator::takes(char parameter, Value& value) {
  if (parameter == 'm' && value.is_nil() && !value.held_nil) {
    value = Value::of_map(make_map(arena_, 0));
  }
  return fits(value, parameter);
}

bool Evaluator::call(const Command& command, const Value& dot, const Value* final, Value& result) {
  const Function& function = *command.words.front().function;
  if (!step()) return false;
  const bool done = function.run == nullptr ? call_lazily(command, dot, final, result)
                                            : call_plainly(command, dot, final, result);
  return done || fail("wrong arguments for the function", function.name);
}

bool Evaluator::call_plainly(const Command& command, const Value& dot, const Value* final,
                             Value& result) {
  const Function& function = *command.words.front().function;
  const std::size_t given = command.words.size() - 1 + (final == nullptr ? 0 : 1);
  if (given < required(function.parameters)) return false;
  Value* const args = make_array<Value>(arena_, given);
  for (std::size_t i = 0; i + 1 < command.words.size(); ++i) {
    const char parameter = parameter_at(function.parameters, i);
    if (parameter == '\0' || !argument(command.words[i + 1], parameter, dot, args[i])) return false;
  }
  if (final != nullptr) {
    const char parameter = parameter_at(function.parameters, given - 1);
    args[given - 1] = *final;
    if (parameter == '\0' || !takes(parameter, args[given - 1])) return false;
  }
  Call call{.args = {args, given}, .arena = arena_, .runtime = runtime_, .result = {}};
  if (!run_function(function, call)) return fail("error in the function", function.name);
  result = call.result;
  return true;
}

// Functions cut off what is beyond the limits; that it is an error is said here.
bool Evaluator::run_function(const Function& function, Call& call) {
  // Long texts count as many steps: most functions go through all of their texts.
  constexpr std::size_t kBytesPerStep = 64;
  std::size_t bytes = 0;
  for (const Value& value : call.args)
    bytes += value.text.size();
  return runtime_.step(bytes / kBytesPerStep) && function.run(call) && !runtime_.is_spent();
}

// `and` and `or`: the first argument that decides, or the last.
bool Evaluator::call_lazily(const Command& command, const Value& dot, const Value* final,
                            Value& result) {
  const bool decides = command.words.front().function->name == "or";
  const std::size_t words = command.words.size();
  if (words == 1 && final == nullptr) return false;
  for (std::size_t i = 1; i < words; ++i) {
    if (!operand(command.words[i], dot, result)) return false;
    if (is_true(result) == decides) return true;
  }
  if (final != nullptr) result = *final;
  return true;
}

}  // namespace tailrace::pipeline::go_template
