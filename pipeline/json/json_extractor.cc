// The values that JMESPath expressions find in a JSON object.
#include "pipeline/json/json_extractor.h"

#include <utility>

#include "pipeline/jmespath/expression.h"
#include "pipeline/json/field_scanner.h"
#include "pipeline/json/json_document.h"

namespace tailrace::pipeline {
namespace {

using json::Document;
using json::Node;

// Null: the expression gives nothing.
const Node* evaluate(const jmespath::Expression& expression, const Document& document,
                     const Node* node) {
  if (node == nullptr) return nullptr;
  switch (expression.kind) {
    case jmespath::Expression::Kind::kField:
      return document.member(*node, expression.name);
    case jmespath::Expression::Kind::kSubexpression:
      return evaluate(*expression.right, document, evaluate(*expression.left, document, node));
  }
  return nullptr;
}

Value value_of(const Node* node, const Document& document, Arena& arena) {
  if (node == nullptr) return Value::nil();
  switch (node->kind) {
    case Node::Kind::kNull:
      return Value::nil();
    case Node::Kind::kFalse:
      return Value::of_bool(false);
    case Node::Kind::kTrue:
      return Value::of_bool(true);
    case Node::Kind::kNumber:
      return Value::of(node->number);
    case Node::Kind::kString:
      return Value::of(node->text);
    default:
      break;
  }
  std::string text;
  document.append_text(text, *node);
  return Value::of(arena.copy(text));
}

}  // namespace

struct JsonExtractor::State {
  std::vector<std::unique_ptr<jmespath::Expression>> expressions;
  json::FieldScanner scanner;
  Document document;
};

Result<std::unique_ptr<JsonExtractor>> JsonExtractor::create(
    std::vector<std::string> jmespath_expressions) {
  std::vector<std::unique_ptr<jmespath::Expression>> expressions;
  std::vector<std::vector<std::string>> paths;
  for (const std::string& text : jmespath_expressions) {
    Result<std::unique_ptr<jmespath::Expression>> expression = jmespath::parse_expression(text);
    if (!expression) return fail(expression.error());
    paths.push_back(jmespath::path_of(**expression));
    expressions.push_back(std::move(*expression));
  }
  auto state =
      std::make_unique<State>(State{std::move(expressions), json::FieldScanner(paths), Document()});
  return std::make_unique<JsonExtractor>(std::move(state));
}

JsonExtractor::JsonExtractor(std::unique_ptr<State> state) : state_(std::move(state)) {}
JsonExtractor::~JsonExtractor() = default;

JsonExtractor::Outcome JsonExtractor::extract(std::string_view text, std::span<Value> out,
                                              Arena& arena) {
  const auto outcome = state_->scanner.scan(text, out, arena);
  return outcome == json::FieldScanner::Outcome::kOk ? Outcome::kOk : Outcome::kMalformed;
}

JsonExtractor::Outcome JsonExtractor::extract_from_tree(std::string_view text, std::span<Value> out,
                                                        Arena& arena) {
  Document& document = state_->document;
  if (document.parse(text, arena) != Document::Outcome::kOk) return Outcome::kMalformed;
  const Node& root = document.root();
  if (root.kind != Node::Kind::kObject && root.kind != Node::Kind::kNull) {
    return Outcome::kMalformed;
  }
  for (std::size_t i = 0; i < state_->expressions.size(); ++i) {
    out[i] = value_of(evaluate(*state_->expressions[i], document, &root), document, arena);
  }
  return Outcome::kOk;
}

}  // namespace tailrace::pipeline
