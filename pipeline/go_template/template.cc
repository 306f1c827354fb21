// Go's text/template with the functions that Promtail gives its templates.
#include "pipeline/go_template/template.h"

#include <utility>

#include "pipeline/go_template/evaluator.h"
#include "pipeline/go_template/parser.h"
#include "pipeline/go_template/runtime.h"

namespace tailrace::pipeline::go_template {
namespace {

// Finds out which keys of the data a template can read.
class DataUse {
 public:
  void look_at(const TemplateSet& templates) {
    for (const auto& [name, nodes] : templates) {
      // In a definition the dot is what it was called with; when that is all of the data, the call
      // says so.
      look_at(nodes, name.empty());
    }
  }

  std::set<std::string, std::less<>> names;
  bool everything = false;

 private:
  // `dot_is_data`: a bare dot means all of the data here.
  void look_at(const NodeList& nodes, bool dot_is_data) {
    for (const Node& node : nodes) {
      if (node.pipeline != nullptr) look_at(*node.pipeline, dot_is_data);
      const bool rebinds = node.kind == Node::Kind::kWith || node.kind == Node::Kind::kRange;
      look_at(node.body, dot_is_data && !rebinds);
      look_at(node.otherwise, dot_is_data);
    }
  }

  void look_at(const Pipeline& pipeline, bool dot_is_data) {
    for (const Command& command : pipeline.commands) {
      const std::size_t by_name = indexes_by_name(command) ? 1 : 0;
      if (by_name != 0) names.insert(command.words[2].text);
      for (std::size_t i = 0; i < command.words.size(); ++i) {
        if (by_name == 0 || i != 1) look_at(command.words[i], dot_is_data);
      }
    }
  }

  // `index . "name"`, `get $ "name"`, `hasKey . "name"`.
  static bool indexes_by_name(const Command& command) {
    if (command.words.size() < 3 || command.words[0].kind != Operand::Kind::kFunction) return false;
    const std::string& name = command.words[0].text;
    if (name != "index" && name != "get" && name != "hasKey") return false;
    const Operand& from = command.words[1];
    const Operand& key = command.words[2];
    const bool from_data =
        from.kind == Operand::Kind::kDot ||
        (from.kind == Operand::Kind::kVariable && from.text == "$" && from.names.empty());
    return from_data && key.kind == Operand::Kind::kConstant && key.constant.is_text();
  }

  void look_at(const Operand& operand, bool dot_is_data) {
    switch (operand.kind) {
      case Operand::Kind::kField:
        names.insert(operand.names.front());
        break;
      case Operand::Kind::kVariable:
        if (operand.text != "$") break;
        if (operand.names.empty()) {
          everything = true;
        } else {
          names.insert(operand.names.front());
        }
        break;
      case Operand::Kind::kDot:
        everything = everything || dot_is_data;
        break;
      case Operand::Kind::kPipeline:
        look_at(*operand.pipeline, dot_is_data);
        break;
      default:
        break;
    }
  }
};

}  // namespace

struct Template::State {
  explicit State(Surroundings surroundings) : runtime(std::move(surroundings)) {}

  TemplateSet templates;
  DataUse use;
  Runtime runtime;
  Evaluator::Buffers buffers;
};

Result<std::unique_ptr<Template>> Template::create(std::string_view text,
                                                   Surroundings surroundings) {
  Result<TemplateSet> templates = parse_template(text);
  if (!templates) return fail(templates.error());
  auto state = std::make_unique<State>(std::move(surroundings));
  state->templates = std::move(*templates);
  state->use.look_at(state->templates);
  return std::make_unique<Template>(std::move(state));
}

Template::Template(std::unique_ptr<State> state) : state_(std::move(state)) {}
Template::~Template() = default;

const std::set<std::string, std::less<>>& Template::names() const {
  return state_->use.names;
}

bool Template::needs_everything() const {
  return state_->use.everything;
}

std::string Template::last_error() const {
  const Evaluator::Fault& fault = state_->buffers.fault;
  if (fault.name.empty()) return std::string(fault.what);
  return std::string(fault.what) + " \"" + std::string(fault.name) + "\"";
}

std::optional<std::string_view> Template::execute(Map& data, Arena& arena) {
  state_->runtime.restart();
  Evaluator evaluator(state_->templates, state_->runtime, arena, state_->buffers);
  if (!evaluator.run(Value::of_map(&data))) return std::nullopt;
  return state_->buffers.out;
}

}  // namespace tailrace::pipeline::go_template
