// Cuts a JMESPath expression into tokens.
#include "pipeline/jmespath/lexer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "pipeline/json/json_text.h"

namespace tailrace::pipeline::jmespath {
namespace {

using TokenKind = Token::Kind;

struct Mark {
  std::string_view text;
  TokenKind kind;
};
// Where several fit, the first of them is meant.
constexpr auto kMarks = std::to_array<Mark>({{"[?", TokenKind::kFilter},
                                             {"[]", TokenKind::kFlatten},
                                             {"[", TokenKind::kLeftBracket},
                                             {"]", TokenKind::kRightBracket},
                                             {"{", TokenKind::kLeftBrace},
                                             {"}", TokenKind::kRightBrace},
                                             {"(", TokenKind::kLeftParen},
                                             {")", TokenKind::kRightParen},
                                             {",", TokenKind::kComma},
                                             {":", TokenKind::kColon},
                                             {".", TokenKind::kDot},
                                             {"*", TokenKind::kStar},
                                             {"@", TokenKind::kCurrent},
                                             {"&&", TokenKind::kAnd},
                                             {"&", TokenKind::kReference},
                                             {"||", TokenKind::kOr},
                                             {"|", TokenKind::kPipe},
                                             {"!=", TokenKind::kNotEqual},
                                             {"!", TokenKind::kNot},
                                             {"==", TokenKind::kEqual},
                                             {"<=", TokenKind::kLessEqual},
                                             {"<", TokenKind::kLess},
                                             {">=", TokenKind::kGreaterEqual},
                                             {">", TokenKind::kGreater},
                                             {"", TokenKind::kEnd}});

bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool continues_name(char c) {
  return begins_name(c) || is_digit(c);
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> read() {
    std::vector<Token> tokens;
    do {
      Result<Token> token = next();
      if (!token) return fail(token.error());
      tokens.push_back(std::move(*token));
    } while (tokens.back().kind != TokenKind::kEnd);
    return tokens;
  }

 private:
  Result<Token> next() {
    while (at_ < text_.size() &&
           std::string_view(" \t\n\r").find(text_[at_]) != std::string_view::npos) {
      ++at_;
    }
    const std::size_t begin = at_;
    if (at_ == text_.size()) return make(TokenKind::kEnd, {}, begin);
    const char c = text_[at_];
    if (begins_name(c)) {
      while (at_ < text_.size() && continues_name(text_[at_]))
        ++at_;
      return make(TokenKind::kName, std::string(text_.substr(begin, at_ - begin)), begin);
    }
    if (is_digit(c) || c == '-') return number();
    if (c == '"') return quoted_name();
    if (c == '\'') return delimited('\'', TokenKind::kRawString);
    if (c == '`') return delimited('`', TokenKind::kLiteral);
    const auto mark = std::find_if(kMarks.begin(), kMarks.end(), [this](const Mark& candidate) {
      return text_.substr(at_).starts_with(candidate.text);
    });
    if (mark->kind == TokenKind::kEnd) {
      return fail(syntax_error(text_, begin, fmt::format("unexpected character '{}'", c)));
    }
    at_ += mark->text.size();
    return make(mark->kind, {}, begin);
  }

  static Token make(TokenKind kind, std::string text, std::size_t at) {
    Token token;
    token.kind = kind;
    token.text = std::move(text);
    token.at = at;
    return token;
  }

  Result<Token> number() {
    const std::size_t begin = at_++;
    while (at_ < text_.size() && is_digit(text_[at_]))
      ++at_;
    Token token = make(TokenKind::kNumber, {}, begin);
    const auto [end, error] =
        std::from_chars(text_.data() + begin, text_.data() + at_, token.number);
    if (error != std::errc{} || end != text_.data() + at_) {
      return fail(syntax_error(text_, begin, "bad number"));
    }
    return token;
  }

  // A name in double quotes is a JSON string.
  Result<Token> quoted_name() {
    const std::size_t begin = at_;
    std::size_t end = begin + 1;
    while (end < text_.size() && text_[end] != '"')
      end += text_[end] == '\\' ? 2U : 1U;
    if (end >= text_.size()) return fail(syntax_error(text_, begin, "unclosed quote"));
    const std::optional<std::string> name =
        json::unescaped(text_.substr(begin + 1, end - begin - 1));
    if (!name) return fail(syntax_error(text_, begin, "bad quoted name"));
    at_ = end + 1;
    return make(TokenKind::kQuotedName, *name, begin);
  }

  // Up to the delimiter, which a backslash makes a part of the text.
  Result<Token> delimited(char delimiter, TokenKind kind) {
    const std::size_t begin = at_++;
    std::string text;
    for (; at_ < text_.size() && text_[at_] != delimiter; ++at_) {
      const bool escapes = text_[at_] == '\\' && at_ + 1 < text_.size();
      if (escapes && text_[at_ + 1] == delimiter) {
        ++at_;
      } else if (escapes) {
        text += text_[at_++];
      }
      text += text_[at_];
    }
    if (at_ >= text_.size()) return fail(syntax_error(text_, begin, "unclosed quote"));
    ++at_;
    return make(kind, std::move(text), begin);
  }

  const std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Error syntax_error(std::string_view expression, std::size_t at, std::string_view what) {
  return {Error::kInvalid,
          fmt::format("JMESPath expression \"{}\": {} at byte {}", expression, what, at)};
}

Result<std::vector<Token>> tokens_of(std::string_view expression) {
  return Reader(expression).read();
}

}  // namespace tailrace::pipeline::jmespath
