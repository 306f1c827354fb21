// A JMESPath expression as a tree: the tokens and the recursive-descent parser.
#include "pipeline/jmespath/expression.h"

#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "pipeline/json/json_text.h"

namespace tailrace::pipeline::jmespath {
namespace {

// A path longer than this is a mistake; the bound keeps the tree's depth small.
constexpr std::size_t kExpressionBytesMax = 4096;

struct Token {
  enum class Kind { kName, kDot, kEnd };
  Kind kind = Kind::kEnd;
  std::string name;
  std::size_t at = 0;
};

// What a character begins that the parser does not know yet.
struct Construct {
  std::string_view begin;
  std::string_view name;
};
constexpr std::array<Construct, 15> kNotYet = {{
    {"[", "indexes, slices, filters and multi-select lists"},
    {"*", "wildcards"},
    {"{", "multi-select hashes"},
    {"||", "or expressions"},
    {"|", "pipes"},
    {"&&", "and expressions"},
    {"&", "expression references"},
    {"!", "not expressions and comparisons"},
    {"=", "comparisons"},
    {"<", "comparisons"},
    {">", "comparisons"},
    {"(", "functions and parentheses"},
    {"`", "literals"},
    {"'", "raw strings"},
    {"@", "the current node"},
}};

bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool continues_name(char c) {
  return begins_name(c) || (c >= '0' && c <= '9');
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<std::unique_ptr<Expression>> parse() {
    if (text_.size() > kExpressionBytesMax) return syntax_error(0, "expression too long");
    Result<std::unique_ptr<Expression>> left = field();
    while (left) {
      const Result<Token> token = next();
      if (!token) return fail(token.error());
      if (token->kind == Token::Kind::kEnd) return left;
      if (token->kind == Token::Kind::kName) return syntax_error(token->at, "unexpected name");
      Result<std::unique_ptr<Expression>> right = field();
      if (!right) return right;
      auto both = std::make_unique<Expression>();
      both->kind = Expression::Kind::kSubexpression;
      both->left = std::move(*left);
      both->right = std::move(*right);
      left = std::move(both);
    }
    return left;
  }

 private:
  tl::unexpected<Error> syntax_error(std::size_t at, std::string_view what) const {
    return fail(Error::kInvalid,
                fmt::format("JMESPath expression \"{}\": {} at byte {}", text_, what, at));
  }

  Result<std::unique_ptr<Expression>> field() {
    Result<Token> token = next();
    if (!token) return fail(token.error());
    if (token->kind != Token::Kind::kName) return syntax_error(token->at, "a name is missing");
    auto result = std::make_unique<Expression>();
    result->name = std::move(token->name);
    return result;
  }

  Result<Token> next() {
    while (at_ < text_.size() &&
           std::string_view(" \t\n\r").find(text_[at_]) != std::string_view::npos) {
      ++at_;
    }
    const std::size_t begin = at_;
    if (at_ == text_.size()) return Token{Token::Kind::kEnd, {}, begin};
    const char c = text_[at_];
    if (c == '.') {
      ++at_;
      return Token{Token::Kind::kDot, {}, begin};
    }
    if (c == '"') return quoted_name();
    if (begins_name(c)) {
      while (at_ < text_.size() && continues_name(text_[at_]))
        ++at_;
      return Token{Token::Kind::kName, std::string(text_.substr(begin, at_ - begin)), begin};
    }
    for (const Construct& construct : kNotYet) {
      if (text_.substr(begin, construct.begin.size()) != construct.begin) continue;
      return syntax_error(
          begin, fmt::format("'{}' ({}) is not supported yet", construct.begin, construct.name));
    }
    return syntax_error(begin, fmt::format("unexpected character '{}'", c));
  }

  // A name in double quotes is a JSON string.
  Result<Token> quoted_name() {
    const std::size_t begin = at_;
    std::size_t end = begin + 1;
    while (end < text_.size() && text_[end] != '"')
      end += text_[end] == '\\' ? 2U : 1U;
    if (end >= text_.size()) return syntax_error(begin, "unclosed quote");
    const std::string_view raw = text_.substr(begin + 1, end - begin - 1);
    const std::optional<std::string> name = json::unescaped(raw);
    if (!name) return syntax_error(begin, "bad quoted name");
    at_ = end + 1;
    return Token{Token::Kind::kName, *name, begin};
  }

  const std::string_view text_;
  std::size_t at_ = 0;
};

void append_path(const Expression& expression, std::vector<std::string>& path) {
  if (expression.kind == Expression::Kind::kSubexpression) {
    append_path(*expression.left, path);
    append_path(*expression.right, path);
    return;
  }
  path.push_back(expression.name);
}

}  // namespace

Result<std::unique_ptr<Expression>> parse_expression(std::string_view text) {
  return Parser(text).parse();
}

std::vector<std::string> path_of(const Expression& expression) {
  std::vector<std::string> path;
  append_path(expression, path);
  return path;
}

}  // namespace tailrace::pipeline::jmespath
