// A JMESPath expression as a tree: the parser, by precedence of operators.
#include "pipeline/jmespath/expression.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "pipeline/jmespath/lexer.h"

namespace tailrace::pipeline::jmespath {
namespace {

using Tree = std::unique_ptr<Expression>;
using TokenKind = Token::Kind;
using Kind = Expression::Kind;

// How strongly what follows binds to what stands before it.
constexpr int kPipePower = 1;
constexpr int kOrPower = 2;
constexpr int kAndPower = 3;
constexpr int kComparisonPower = 5;
constexpr int kFlattenPower = 9;
constexpr int kProjectionStop = 10;
constexpr int kStarPower = 20;
constexpr int kFilterPower = 21;
constexpr int kDotPower = 40;
constexpr int kNotPower = 45;
constexpr int kBracePower = 50;
constexpr int kBracketPower = 55;
constexpr int kParenPower = 60;

int power_of(TokenKind kind) {
  switch (kind) {
    case TokenKind::kPipe:
      return kPipePower;
    case TokenKind::kOr:
      return kOrPower;
    case TokenKind::kAnd:
      return kAndPower;
    case TokenKind::kEqual:
    case TokenKind::kNotEqual:
    case TokenKind::kLess:
    case TokenKind::kLessEqual:
    case TokenKind::kGreater:
    case TokenKind::kGreaterEqual:
      return kComparisonPower;
    case TokenKind::kFlatten:
      return kFlattenPower;
    case TokenKind::kStar:
      return kStarPower;
    case TokenKind::kFilter:
      return kFilterPower;
    case TokenKind::kDot:
      return kDotPower;
    case TokenKind::kNot:
      return kNotPower;
    case TokenKind::kLeftBrace:
      return kBracePower;
    case TokenKind::kLeftBracket:
      return kBracketPower;
    case TokenKind::kLeftParen:
      return kParenPower;
    default:
      return 0;
  }
}

Tree make(Kind kind) {
  auto tree = std::make_unique<Expression>();
  tree->kind = kind;
  return tree;
}

template <typename... Children>
Tree make(Kind kind, Children... children) {
  Tree tree = make(kind);
  (tree->children.push_back(std::move(children)), ...);
  return tree;
}

// Every function gives null after an error, which is in error_.
class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens)
      : text_(text), tokens_(std::move(tokens)) {}

  Result<Tree> parse() {
    Tree tree = expression(0);
    if (tree != nullptr && current().kind != TokenKind::kEnd) tree = refuse("unexpected token");
    if (tree == nullptr) return fail(error_);
    return tree;
  }

 private:
  const Token& current() const { return tokens_[at_]; }
  TokenKind kind_at(std::size_t ahead) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)].kind;
  }
  void advance() {
    if (at_ + 1 < tokens_.size()) ++at_;
  }
  Tree refuse(std::string_view what) {
    if (error_.message.empty()) error_ = syntax_error(text_, current().at, what);
    return nullptr;
  }
  bool take(TokenKind kind) {
    if (current().kind != kind) return false;
    advance();
    return true;
  }

  Tree expression(int power) {
    if (++depth_ > kNestingMax) return refuse("nested too deep");
    Tree left = begin();
    while (left != nullptr && power < power_of(current().kind))
      left = follow(std::move(left));
    --depth_;
    return left;
  }

  // What can begin an expression.
  Tree begin() {
    const Token& token = current();
    switch (token.kind) {
      case TokenKind::kName:
      case TokenKind::kQuotedName:
        return field();
      case TokenKind::kLiteral:
        return literal();
      case TokenKind::kRawString: {
        Tree tree = make(Kind::kRawString);
        tree->name = token.text;
        advance();
        return tree;
      }
      case TokenKind::kStar: {
        advance();
        Tree right = projected(kStarPower);
        return right == nullptr
                   ? nullptr
                   : make(Kind::kValueProjection, make(Kind::kIdentity), std::move(right));
      }
      case TokenKind::kFilter:
        advance();
        return filter(make(Kind::kIdentity));
      case TokenKind::kLeftBrace:
        advance();
        return hash();
      case TokenKind::kLeftParen: {
        advance();
        Tree tree = expression(0);
        if (tree == nullptr) return nullptr;
        return take(TokenKind::kRightParen) ? std::move(tree) : refuse("`)` is missing");
      }
      case TokenKind::kFlatten:
        advance();
        return flatten(make(Kind::kIdentity));
      case TokenKind::kNot: {
        advance();
        Tree tree = expression(kNotPower);
        return tree == nullptr ? nullptr : make(Kind::kNot, std::move(tree));
      }
      case TokenKind::kLeftBracket:
        advance();
        return bracket();
      case TokenKind::kCurrent:
        advance();
        return make(Kind::kCurrent);
      case TokenKind::kReference: {
        advance();
        Tree tree = expression(0);
        return tree == nullptr ? nullptr : make(Kind::kReference, std::move(tree));
      }
      default:
        return refuse(token.kind == TokenKind::kEnd ? "unexpected end" : "unexpected token");
    }
  }

  // What goes on behind `left`.
  Tree follow(Tree left) {
    const TokenKind kind = current().kind;
    switch (kind) {
      case TokenKind::kDot:
        return behind_dot(std::move(left));
      case TokenKind::kPipe:
        return binary(Kind::kPipe, std::move(left), kPipePower);
      case TokenKind::kOr:
        return binary(Kind::kOr, std::move(left), kOrPower);
      case TokenKind::kAnd:
        return binary(Kind::kAnd, std::move(left), kAndPower);
      case TokenKind::kEqual:
      case TokenKind::kNotEqual:
      case TokenKind::kLess:
      case TokenKind::kLessEqual:
      case TokenKind::kGreater:
      case TokenKind::kGreaterEqual: {
        Tree tree = binary(Kind::kComparison, std::move(left), kComparisonPower);
        if (tree != nullptr) {
          tree->comparator =
              static_cast<Comparator>(static_cast<int>(kind) - static_cast<int>(TokenKind::kEqual));
        }
        return tree;
      }
      case TokenKind::kFlatten:
        advance();
        return flatten(std::move(left));
      case TokenKind::kFilter:
        advance();
        return filter(std::move(left));
      case TokenKind::kLeftBracket:
        advance();
        return index_or_star(std::move(left));
      case TokenKind::kLeftParen:
        return arguments(std::move(left));
      default:
        return refuse("unexpected token");
    }
  }

  Tree binary(Kind kind, Tree left, int power) {
    advance();
    Tree right = expression(power);
    return right == nullptr ? nullptr : make(kind, std::move(left), std::move(right));
  }

  Tree field() {
    Tree tree = make(Kind::kField);
    tree->name = current().text;
    const bool quoted = current().kind == TokenKind::kQuotedName;
    advance();
    if (quoted && current().kind == TokenKind::kLeftParen) {
      return refuse("a quoted name is no function");
    }
    return tree;
  }

  Tree literal() {
    Tree tree = make(Kind::kLiteral);
    tree->literal = std::make_unique<Literal>(current().text.size() + 64);
    Literal& value = *tree->literal;
    value.text = current().text;
    if (value.document.parse(value.text, value.arena) != json::Document::Outcome::kOk) {
      return refuse("the literal is no JSON");
    }
    advance();
    return tree;
  }

  Tree behind_dot(Tree left) {
    advance();
    if (current().kind == TokenKind::kStar) {
      advance();
      Tree right = projected(kDotPower);
      return right == nullptr ? nullptr
                              : make(Kind::kValueProjection, std::move(left), std::move(right));
    }
    Tree right = dotted(kDotPower);
    return right == nullptr ? nullptr
                            : make(Kind::kSubexpression, std::move(left), std::move(right));
  }

  // Behind a dot: a name, a star, or a multi-select.
  Tree dotted(int power) {
    switch (current().kind) {
      case TokenKind::kName:
      case TokenKind::kQuotedName:
      case TokenKind::kStar:
        return expression(power);
      case TokenKind::kLeftBracket:
        advance();
        return list();
      case TokenKind::kLeftBrace:
        advance();
        return hash();
      default:
        return refuse("a name is missing");
    }
  }

  // What is done with each item of a projection.
  Tree projected(int power) {
    if (power_of(current().kind) < kProjectionStop) return make(Kind::kIdentity);
    if (current().kind == TokenKind::kLeftBracket || current().kind == TokenKind::kFilter) {
      return expression(power);
    }
    if (take(TokenKind::kDot)) return dotted(power);
    return refuse("unexpected token");
  }

  Tree flatten(Tree left) {
    Tree right = projected(kFlattenPower);
    if (right == nullptr) return nullptr;
    return make(Kind::kProjection, make(Kind::kFlatten, std::move(left)), std::move(right));
  }

  // Behind `[?`.
  Tree filter(Tree left) {
    Tree condition = expression(0);
    if (condition == nullptr) return nullptr;
    if (!take(TokenKind::kRightBracket)) return refuse("`]` is missing");
    Tree right =
        current().kind == TokenKind::kFlatten ? make(Kind::kIdentity) : projected(kFilterPower);
    if (right == nullptr) return nullptr;
    return make(Kind::kFilterProjection, std::move(left), std::move(right), std::move(condition));
  }

  bool at_index() const {
    return current().kind == TokenKind::kNumber || current().kind == TokenKind::kColon;
  }

  // Behind a `[` that begins an expression.
  Tree bracket() {
    if (at_index()) return index(make(Kind::kIdentity));
    if (current().kind == TokenKind::kStar && kind_at(1) == TokenKind::kRightBracket) {
      return index_or_star(make(Kind::kIdentity));
    }
    return list();
  }

  // Behind a `[` that follows something.
  Tree index_or_star(Tree left) {
    if (at_index()) return index(std::move(left));
    if (!take(TokenKind::kStar) || !take(TokenKind::kRightBracket)) {
      return refuse("an index, a slice or `*]` is missing");
    }
    Tree right = projected(kStarPower);
    return right == nullptr ? nullptr : make(Kind::kProjection, std::move(left), std::move(right));
  }

  Tree index(Tree left) {
    if (kind_at(0) == TokenKind::kNumber && kind_at(1) == TokenKind::kRightBracket) {
      Tree tree = make(Kind::kIndex);
      tree->index = current().number;
      advance();
      advance();
      return make(Kind::kSubexpression, std::move(left), std::move(tree));
    }
    Tree slice = make(Kind::kSlice);
    int part = 0;
    while (current().kind != TokenKind::kRightBracket) {
      if (current().kind == TokenKind::kColon) {
        if (++part == 3) return refuse("a slice has three parts at most");
      } else if (current().kind == TokenKind::kNumber && !slice->slice[part]) {
        slice->slice[part] = current().number;
      } else {
        return refuse("a slice is made of numbers");
      }
      advance();
    }
    advance();
    Tree right = projected(kStarPower);
    if (right == nullptr) return nullptr;
    return make(Kind::kProjection, make(Kind::kSubexpression, std::move(left), std::move(slice)),
                std::move(right));
  }

  // Behind `[`: expressions with commas between.
  Tree list() {
    Tree tree = make(Kind::kMultiSelectList);
    do {
      Tree item = expression(0);
      if (item == nullptr) return nullptr;
      tree->children.push_back(std::move(item));
    } while (take(TokenKind::kComma));
    return take(TokenKind::kRightBracket) ? std::move(tree) : refuse("`]` is missing");
  }

  // Behind `{`.
  Tree hash() {
    Tree tree = make(Kind::kMultiSelectHash);
    do {
      if (current().kind != TokenKind::kName && current().kind != TokenKind::kQuotedName) {
        return refuse("a name is missing");
      }
      tree->names.push_back(current().text);
      advance();
      if (!take(TokenKind::kColon)) return refuse("`:` is missing");
      Tree item = expression(0);
      if (item == nullptr) return nullptr;
      tree->children.push_back(std::move(item));
    } while (take(TokenKind::kComma));
    return take(TokenKind::kRightBrace) ? std::move(tree) : refuse("`}` is missing");
  }

  Tree arguments(Tree left) {
    if (left->kind != Kind::kField) return refuse("only a name can be called");
    advance();
    Tree tree = make(Kind::kFunction);
    tree->name = left->name;
    if (take(TokenKind::kRightParen)) return tree;
    do {
      Tree item = expression(0);
      if (item == nullptr) return nullptr;
      tree->children.push_back(std::move(item));
    } while (take(TokenKind::kComma));
    return take(TokenKind::kRightParen) ? std::move(tree) : refuse("`)` is missing");
  }

  const std::string_view text_;
  const std::vector<Token> tokens_;
  std::size_t at_ = 0;
  Error error_{Error::kInvalid, ""};
  int depth_ = 0;
};

bool append_path(const Expression& expression, std::vector<std::string>& path) {
  if (expression.kind == Kind::kSubexpression) {
    return append_path(*expression.children[0], path) && append_path(*expression.children[1], path);
  }
  path.push_back(expression.name);
  return expression.kind == Kind::kField;
}

}  // namespace

Result<std::unique_ptr<Expression>> parse_expression(std::string_view text) {
  if (text.size() > kExpressionBytesMax) {
    return fail(syntax_error(text.substr(0, 64), 0, "expression too long"));
  }
  Result<std::vector<Token>> tokens = tokens_of(text);
  if (!tokens) return fail(tokens.error());
  return Parser(text, std::move(*tokens)).parse();
}

std::optional<std::vector<std::string>> path_of(const Expression& expression) {
  std::vector<std::string> path;
  if (!append_path(expression, path)) return std::nullopt;
  return path;
}

}  // namespace tailrace::pipeline::jmespath
