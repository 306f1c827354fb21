// The values that JMESPath expressions find in a JSON object.
#include "pipeline/json/json_extractor.h"

#include <optional>
#include <utility>

#include "pipeline/jmespath/evaluate.h"
#include "pipeline/jmespath/expression.h"
#include "pipeline/json/field_scanner.h"
#include "pipeline/json/json_document.h"

namespace tailrace::pipeline {
namespace {

using json::Document;
using json::Node;

Value value_of(const jmespath::Value& found, const jmespath::Workspace& room) {
  using Kind = jmespath::Value::Kind;
  switch (found.kind) {
    case Kind::kNull:
    case Kind::kReference:
      return Value::nil();
    case Kind::kBool:
      return Value::of_bool(found.boolean);
    case Kind::kNumber:
      return Value::of(found.number);
    case Kind::kString:
      return Value::of(found.text);
    case Kind::kArray:
    case Kind::kObject:
      break;
  }
  room.text.clear();
  jmespath::append_json(room.text, found, jmespath::KeyOrder::kOfDocument, room.arena);
  return Value::of(room.arena.copy(room.text));
}

}  // namespace

struct JsonExtractor::State {
  std::vector<std::unique_ptr<jmespath::Expression>> expressions;
  bool only_paths = true;
  json::FieldScanner scanner;
  Document document;
  std::string text;  // Scratch.
};

Result<std::unique_ptr<JsonExtractor>> JsonExtractor::create(
    const std::vector<std::string>& jmespath_expressions) {
  std::vector<std::unique_ptr<jmespath::Expression>> expressions;
  std::vector<std::vector<std::string>> paths;
  bool only_paths = true;
  for (const std::string& text : jmespath_expressions) {
    Result<std::unique_ptr<jmespath::Expression>> expression = jmespath::parse_expression(text);
    if (!expression) return fail(expression.error());
    std::optional<std::vector<std::string>> path = jmespath::path_of(**expression);
    only_paths = only_paths && path.has_value();
    paths.push_back(std::move(path).value_or(std::vector<std::string>{"unused"}));
    expressions.push_back(std::move(*expression));
  }
  auto state = std::make_unique<State>(State{std::move(expressions), only_paths,
                                             json::FieldScanner(paths), Document(), std::string()});
  return std::make_unique<JsonExtractor>(std::move(state));
}

JsonExtractor::JsonExtractor(std::unique_ptr<State> state) : state_(std::move(state)) {}
JsonExtractor::~JsonExtractor() = default;

JsonExtractor::Outcome JsonExtractor::extract(std::string_view text, std::span<Value> out,
                                              Arena& arena) {
  if (!state_->only_paths) return extract_from_tree(text, out, arena);
  const auto outcome = state_->scanner.scan(text, out, arena);
  return outcome == json::FieldScanner::Outcome::kOk ? Outcome::kOk : Outcome::kMalformed;
}

std::string JsonExtractor::trouble(std::string_view text, Arena& arena) {
  Document& document = state_->document;
  if (document.parse(text, arena) == Document::Outcome::kOk) return "no JSON object";
  if (document.read_bytes() == text.size()) return "JSON that ends too early";
  return "malformed JSON at byte " + std::to_string(document.read_bytes());
}

JsonExtractor::Outcome JsonExtractor::extract_from_tree(std::string_view text, std::span<Value> out,
                                                        Arena& arena) {
  Document& document = state_->document;
  if (document.parse(text, arena) != Document::Outcome::kOk) return Outcome::kMalformed;
  const Node& root = document.root();
  if (root.kind != Node::Kind::kObject && root.kind != Node::Kind::kNull) {
    return Outcome::kMalformed;
  }
  const jmespath::Workspace room{arena, state_->text};
  for (std::size_t i = 0; i < state_->expressions.size(); ++i) {
    jmespath::Value found;
    const bool done = jmespath::evaluate(*state_->expressions[i],
                                         jmespath::Value::of(document, &root), room, found);
    out[i] = done ? value_of(found, room) : Value{};
  }
  return Outcome::kOk;
}

}  // namespace tailrace::pipeline
