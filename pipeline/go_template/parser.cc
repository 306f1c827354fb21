// From the text of a template to its tree.
#include "pipeline/go_template/parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/go_quote.h"
#include "pipeline/go_template/functions.h"
#include "pipeline/go_template/lexer.h"
#include "pipeline/go_template/numbers.h"

namespace tailrace::pipeline::go_template {
namespace {

using TokenKind = Token::Kind;

// How a list of nodes ended.
enum class Ending { kEndOfText, kEnd, kElse };

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), lexer_(text) { advance(); }

  Result<TemplateSet> parse() {
    NodeList root;
    Ending ending = Ending::kEndOfText;
    if (!parse_list(root, ending)) return fail(std::move(error_));
    if (ending != Ending::kEndOfText) {
      refuse(fmt::format("unexpected {{{{{}}}}}", ending == Ending::kEnd ? "end" : "else"));
      return fail(std::move(error_));
    }
    templates_.insert_or_assign("", std::move(root));
    return std::move(templates_);
  }

 private:
  bool refuse(std::string message) {
    if (!error_.message.empty()) return false;
    const auto line =
        1 + std::count(
                text_.begin(),
                text_.begin() + static_cast<std::ptrdiff_t>(std::min(token_.offset, text_.size())),
                '\n');
    error_ = {Error::kInvalid, fmt::format("template: line {}: {}", line, message)};
    return false;
  }
  bool unexpected(std::string_view context) {
    if (token_.kind == TokenKind::kError) return refuse(std::string(token_.text));
    if (token_.kind == TokenKind::kEnd) return refuse(fmt::format("unexpected end in {}", context));
    return refuse(fmt::format("unexpected \"{}\" in {}", token_.text, context));
  }

  void advance() { token_ = lexer_.next(); }
  void skip_space() {
    while (token_.kind == TokenKind::kSpace)
      advance();
  }
  bool is_word(std::string_view word) const {
    return token_.kind == TokenKind::kIdentifier && token_.text == word;
  }
  bool close(std::string_view context) {
    skip_space();
    if (token_.kind != TokenKind::kClose) return unexpected(context);
    advance();
    return true;
  }

  // Nodes up to the end of the text, `end` or `else`, whose word has been taken.
  bool parse_list(NodeList& nodes, Ending& ending) {
    if (++depth_ > kNestingMax) return refuse("nested too deep");
    while (true) {
      if (token_.kind == TokenKind::kEnd) {
        ending = Ending::kEndOfText;
        break;
      }
      if (token_.kind == TokenKind::kText) {
        nodes.emplace_back();
        nodes.back().text = token_.text;
        advance();
        continue;
      }
      if (token_.kind != TokenKind::kOpen) return unexpected("template");
      advance();
      skip_space();
      if (is_word("end")) {
        advance();
        ending = Ending::kEnd;
        --depth_;
        return close("end");
      }
      if (is_word("else")) {
        advance();
        ending = Ending::kElse;
        break;
      }
      if (!parse_action(nodes)) return false;
    }
    --depth_;
    return true;
  }

  bool parse_action(NodeList& nodes) {
    const std::size_t variables = variables_.size();
    if (is_word("define")) return depth_ == 1 ? parse_define() : unexpected("a nested place");
    if (is_word("block")) return parse_block(nodes);
    if (is_word("template")) return parse_template_call(nodes);
    if (is_word("break") || is_word("continue")) return parse_jump(nodes);
    Node node;
    if (is_word("if") || is_word("with") || is_word("range")) {
      if (!parse_control(node)) return false;
      variables_.resize(variables);
    } else {
      node.kind = Node::Kind::kAction;
      if (!parse_pipeline(node, TokenKind::kClose, "command")) return false;
      advance();
    }
    nodes.push_back(std::move(node));
    return true;
  }

  bool parse_jump(NodeList& nodes) {
    if (ranges_ == 0) return refuse(fmt::format("{{{{{}}}}} outside {{{{range}}}}", token_.text));
    nodes.emplace_back();
    nodes.back().kind = is_word("break") ? Node::Kind::kBreak : Node::Kind::kContinue;
    advance();
    return close("break or continue");
  }

  // if, with, range; also what follows `else`.
  bool parse_control(Node& node) {
    const std::size_t variables = variables_.size();
    const std::string word(token_.text);
    node.kind = word == "if"     ? Node::Kind::kIf
                : word == "with" ? Node::Kind::kWith
                                 : Node::Kind::kRange;
    advance();
    if (!parse_pipeline(node, TokenKind::kClose, word)) return false;
    advance();
    const bool loops = node.kind == Node::Kind::kRange;
    ranges_ += loops ? 1 : 0;
    Ending ending = Ending::kEndOfText;
    if (!parse_list(node.body, ending)) return false;
    ranges_ -= loops ? 1 : 0;
    if (ending == Ending::kElse && !parse_else(node, ending)) return false;
    if (ending != Ending::kEnd) return unexpected(word);
    variables_.resize(variables);
    return true;
  }

  // Behind the word `else`.
  bool parse_else(Node& node, Ending& ending) {
    skip_space();
    const bool chains = (node.kind == Node::Kind::kIf && is_word("if")) ||
                        (node.kind == Node::Kind::kWith && is_word("with"));
    if (chains) {
      if (++depth_ > kNestingMax) return refuse("nested too deep");
      node.otherwise.emplace_back();
      if (!parse_control(node.otherwise.back())) return false;
      --depth_;
      ending = Ending::kEnd;  // One `end` ends the whole chain.
      return true;
    }
    if (!close("else")) return false;
    if (!parse_list(node.otherwise, ending)) return false;
    return ending == Ending::kEnd || refuse("expected end; found else or the end of the text");
  }

  bool parse_name(std::string& name) {
    skip_space();
    if (token_.kind != TokenKind::kString) return unexpected("template clause");
    const std::optional<std::string> text = unquote_go(token_.text);
    if (!text) return refuse("bad quoted text");
    name = *text;
    advance();
    skip_space();
    return true;
  }

  // The body of a definition knows no variables but `$`.
  bool parse_body(const std::string& name) {
    std::vector<std::string> outer = std::exchange(variables_, {"$"});
    const int ranges = std::exchange(ranges_, 0);
    NodeList body;
    Ending ending = Ending::kEndOfText;
    if (!parse_list(body, ending)) return false;
    if (ending != Ending::kEnd) return unexpected("define");
    variables_ = std::move(outer);
    ranges_ = ranges;
    templates_.insert_or_assign(name, std::move(body));
    return true;
  }

  bool parse_define() {
    advance();
    std::string name;
    return parse_name(name) && close("define clause") && parse_body(name);
  }

  bool parse_block(NodeList& nodes) {
    advance();
    Node node;
    node.kind = Node::Kind::kTemplate;
    if (!parse_name(node.text)) return false;
    if (!parse_pipeline(node, TokenKind::kClose, "block clause")) return false;
    advance();
    const std::string name = node.text;
    nodes.push_back(std::move(node));
    return parse_body(name);
  }

  bool parse_template_call(NodeList& nodes) {
    advance();
    Node node;
    node.kind = Node::Kind::kTemplate;
    if (!parse_name(node.text)) return false;
    if (token_.kind != TokenKind::kClose &&
        !parse_pipeline(node, TokenKind::kClose, "template clause")) {
      return false;
    }
    advance();
    nodes.push_back(std::move(node));
    return true;
  }

  bool parse_pipeline(Node& node, TokenKind end, std::string_view context) {
    node.pipeline = std::make_unique<Pipeline>();
    return parse_pipeline(*node.pipeline, end, context);
  }

  // Up to `end`, which is the token at hand afterwards.
  bool parse_pipeline(Pipeline& pipeline, TokenKind end, std::string_view context) {
    if (++depth_ > kNestingMax) return refuse("nested too deep");
    skip_space();
    Command first;
    if (token_.kind == TokenKind::kVariable && !parse_declaration(pipeline, first, context)) {
      return false;
    }
    if (!parse_commands(pipeline, std::move(first), end, context)) return false;
    for (const std::string& name : pending_)
      variables_.push_back(name);
    pending_.clear();
    --depth_;
    return true;
  }

  // A variable begins the pipeline: either `$x :=`, `$x =`, `$i, $x :=`, or it is an operand, which
  // then begins `first`.
  bool parse_declaration(Pipeline& pipeline, Command& first, std::string_view context) {
    const Token variable = token_;
    advance();
    const bool spaced = token_.kind == TokenKind::kSpace;
    skip_space();
    if (token_.kind == TokenKind::kDeclare || token_.kind == TokenKind::kAssign) {
      pipeline.variables.emplace_back(variable.text);
      return finish_declaration(pipeline);
    }
    if (token_.kind == TokenKind::kComma && context == "range") {
      advance();
      skip_space();
      if (token_.kind != TokenKind::kVariable) return unexpected("range");
      pipeline.variables.emplace_back(variable.text);
      pipeline.variables.emplace_back(token_.text);
      advance();
      skip_space();
      if (token_.kind != TokenKind::kDeclare && token_.kind != TokenKind::kAssign) {
        return unexpected("range");
      }
      return finish_declaration(pipeline);
    }
    Operand operand;
    if (!variable_operand(variable, operand)) return false;
    if (!spaced) parse_names(operand);
    first.words.push_back(std::move(operand));
    return true;
  }

  bool finish_declaration(Pipeline& pipeline) {
    pipeline.assigns = token_.kind == TokenKind::kAssign;
    for (const std::string& name : pipeline.variables) {
      if (!pipeline.assigns) {
        pending_.push_back(name);
      } else if (!is_known(name)) {
        return refuse(fmt::format("undefined variable \"{}\"", name));
      }
    }
    // Visible in the pipeline itself too, as in Go.
    for (const std::string& name : pending_)
      variables_.push_back(name);
    pending_.clear();
    advance();
    skip_space();
    return true;
  }

  bool parse_commands(Pipeline& pipeline, Command command, TokenKind end,
                      std::string_view context) {
    while (true) {
      if (!parse_command(command, context)) return false;
      if (command.words.empty()) {
        return refuse(pipeline.commands.empty() && token_.kind == end
                          ? fmt::format("missing value for {}", context)
                          : fmt::format("empty command in {}", context));
      }
      const Operand::Kind kind = command.words.front().kind;
      const bool is_constant = kind == Operand::Kind::kConstant || kind == Operand::Kind::kNumber ||
                               kind == Operand::Kind::kNil || kind == Operand::Kind::kDot;
      if (!pipeline.commands.empty() && is_constant) {
        return refuse(fmt::format("non executable command in pipeline stage {}",
                                  pipeline.commands.size() + 1));
      }
      pipeline.commands.push_back(std::move(command));
      command = {};
      if (token_.kind == end) return true;
      if (token_.kind != TokenKind::kPipe) return unexpected(context);
      advance();
      skip_space();
    }
  }

  // Words with blanks between them.
  bool parse_command(Command& command, std::string_view context) {
    skip_space();
    while (true) {
      Operand operand;
      bool found = false;
      if (!parse_operand(operand, found, context)) return false;
      if (!found) return true;
      command.words.push_back(std::move(operand));
      const bool goes_on = token_.kind == TokenKind::kSpace;
      skip_space();
      const bool ends = token_.kind == TokenKind::kClose || token_.kind == TokenKind::kRightParen ||
                        token_.kind == TokenKind::kPipe;
      if (ends) return true;
      if (!goes_on && token_.kind != TokenKind::kLeftParen) return unexpected("operand");
    }
  }

  bool parse_operand(Operand& operand, bool& found, std::string_view context) {
    found = true;
    switch (token_.kind) {
      case TokenKind::kIdentifier:
        return parse_identifier(operand);
      case TokenKind::kDot:
        advance();
        break;
      case TokenKind::kField:
        operand.kind = Operand::Kind::kField;
        parse_names(operand);
        return true;
      case TokenKind::kVariable: {
        const Token variable = token_;
        advance();
        if (!variable_operand(variable, operand)) return false;
        parse_names(operand);
        return true;
      }
      case TokenKind::kLeftParen:
        advance();
        operand.kind = Operand::Kind::kPipeline;
        operand.pipeline = std::make_unique<Pipeline>();
        if (!parse_pipeline(*operand.pipeline, TokenKind::kRightParen, "parenthesized pipeline")) {
          return false;
        }
        advance();
        parse_names(operand);
        return true;
      case TokenKind::kString:
        return parse_text(operand);
      case TokenKind::kNumber:
      case TokenKind::kCharacter:
        return parse_number(operand);
      case TokenKind::kClose:
      case TokenKind::kRightParen:
      case TokenKind::kPipe:
        found = false;
        return true;
      default:
        return unexpected(context);
    }
    if (token_.kind == TokenKind::kField) return refuse("unexpected . after term \".\"");
    return true;
  }

  void parse_names(Operand& operand) {
    while (token_.kind == TokenKind::kField) {
      operand.names.emplace_back(token_.text);
      advance();
    }
  }

  bool is_known(std::string_view name) const {
    return std::find(variables_.begin(), variables_.end(), name) != variables_.end();
  }

  bool variable_operand(const Token& variable, Operand& operand) {
    operand.kind = Operand::Kind::kVariable;
    operand.text = variable.text;
    return is_known(operand.text) || refuse(fmt::format("undefined variable \"{}\"", operand.text));
  }

  bool parse_identifier(Operand& operand) {
    constexpr std::array<std::string_view, 11> kKeywords = {
        "if",       "else",  "end",   "range",    "with", "define",
        "template", "block", "break", "continue", ""};
    const std::string_view word = token_.text;
    if (std::find(kKeywords.begin(), kKeywords.end(), word) != kKeywords.end()) {
      return unexpected("command");
    }
    if (word == "nil") {
      operand.kind = Operand::Kind::kNil;
    } else if (word == "true" || word == "false") {
      operand.kind = Operand::Kind::kConstant;
      operand.constant = Value::of_bool(word == "true");
    } else {
      operand.kind = Operand::Kind::kFunction;
      operand.text = word;
      operand.function = find_function(word);
      if (operand.function == nullptr) {
        return refuse(is_unsupported_function(word)
                          ? fmt::format("function \"{}\" is not supported", word)
                          : fmt::format("function \"{}\" not defined", word));
      }
    }
    advance();
    if (token_.kind == TokenKind::kField) {
      return refuse(fmt::format("unexpected . after term \"{}\"", word));
    }
    return true;
  }

  bool parse_text(Operand& operand) {
    std::optional<std::string> text = unquote_go(token_.text);
    if (!text) return refuse(fmt::format("invalid syntax in {}", token_.text));
    operand.kind = Operand::Kind::kConstant;
    operand.text = std::move(*text);
    operand.constant = Value::of_text({});  // The text moves with the tree; see the evaluator.
    advance();
    return token_.kind != TokenKind::kField || refuse("unexpected . after a text");
  }

  bool parse_number(Operand& operand) {
    operand.kind = Operand::Kind::kNumber;
    operand.text = token_.text;
    if (token_.kind == TokenKind::kCharacter) {
      const auto character = unquote_go_character(token_.text);
      if (!character) return refuse(fmt::format("malformed character constant: {}", token_.text));
      operand.constant = Value::of_int(*character);
    } else if (!number_constant(token_.text, operand.constant)) {
      return refuse(fmt::format("bad number syntax: \"{}\"", token_.text));
    }
    advance();
    return token_.kind != TokenKind::kField || refuse("unexpected . after a number");
  }

  const std::string_view text_;
  Lexer lexer_;
  Token token_;
  Error error_{Error::kInvalid, ""};
  TemplateSet templates_;
  std::vector<std::string> variables_ = {"$"};
  std::vector<std::string> pending_;
  int depth_ = 0;
  int ranges_ = 0;
};

}  // namespace

Result<TemplateSet> parse_template(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace tailrace::pipeline::go_template
