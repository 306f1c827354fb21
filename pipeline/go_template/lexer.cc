// Cuts a template into text and the tokens of its actions.
#include "pipeline/go_template/lexer.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/go_quote.h"

namespace tailrace::pipeline::go_template {
namespace {

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";
constexpr std::string_view kBlanks = " \t\r\n";

bool is_blank(char c) {
  return kBlanks.find(c) != std::string_view::npos;
}

// Letters and digits of any script: what is beyond ASCII counts as a letter.
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

Token Lexer::make(Token::Kind kind, std::size_t begin, std::size_t end) const {
  return {.kind = kind, .text = text_.substr(begin, end - begin), .offset = begin};
}

Token Lexer::error(std::string_view message) {
  const Token token{.kind = Token::Kind::kError, .text = message, .offset = at_};
  at_ = text_.size();
  in_action_ = false;
  return token;
}

Token Lexer::next() {
  return in_action_ ? read_action() : read_text();
}

Token Lexer::read_text() {
  if (trims_next_text_) {
    while (at_ < text_.size() && is_blank(text_[at_]))
      ++at_;
    trims_next_text_ = false;
  }
  if (at_ >= text_.size()) return make(Token::Kind::kEnd, text_.size(), text_.size());
  if (text_.substr(at_).starts_with(kOpen)) return read_open();
  const std::size_t begin = at_;
  at_ = std::min(text_.find(kOpen, at_), text_.size());
  std::size_t end = at_;
  const bool trims = at_ < text_.size() && at_ + 3 < text_.size() && text_[at_ + 2] == '-' &&
                     is_blank(text_[at_ + 3]);
  if (trims) {
    while (end > begin && is_blank(text_[end - 1]))
      --end;
  }
  if (end == begin) return next();
  return make(Token::Kind::kText, begin, end);
}

// At `{{`; may be a comment, which leaves no token.
Token Lexer::read_open() {
  const std::size_t begin = at_;
  at_ += kOpen.size();
  if (at_ + 1 < text_.size() && text_[at_] == '-' && is_blank(text_[at_ + 1])) at_ += 2;
  if (text_.substr(at_).starts_with("/*")) {
    std::string_view problem;
    if (!skip_comment(problem)) return error(problem);
    return read_text();
  }
  in_action_ = true;
  open_parens_ = 0;
  return make(Token::Kind::kOpen, begin, at_);
}

bool Lexer::skip_comment(std::string_view& problem) {
  const std::size_t end = text_.find("*/", at_ + 2);
  if (end == std::string_view::npos) {
    problem = "unclosed comment";
    return false;
  }
  at_ = end + 2;
  Token token;
  if (!read_close(token)) {
    problem = "comment ends before closing delimiter";
    return false;
  }
  return true;
}

// Takes `}}` or ` -}}`.
bool Lexer::read_close(Token& token) {
  const std::string_view rest = text_.substr(at_);
  std::size_t bytes = 0;
  if (rest.starts_with(kClose)) {
    bytes = kClose.size();
  } else if (rest.size() >= 4 && is_blank(rest[0]) && rest.substr(1).starts_with("-}}")) {
    bytes = 4;
    trims_next_text_ = true;
  } else {
    return false;
  }
  token = make(Token::Kind::kClose, at_, at_ + bytes);
  at_ += bytes;
  in_action_ = false;
  return true;
}

Token Lexer::read_action() {
  using Kind = Token::Kind;
  Token token;
  if (read_close(token)) {
    return open_parens_ == 0 ? token : error("unclosed left paren");
  }
  if (at_ >= text_.size()) return error("unclosed action");
  const std::size_t begin = at_;
  const char c = text_[at_];
  if (is_blank(c)) {
    // The blank of a closing trim marker belongs to the marker.
    while (at_ < text_.size() && is_blank(text_[at_]) &&
           !text_.substr(std::min(at_ + 1, text_.size())).starts_with("-}}")) {
      ++at_;
    }
    if (at_ == begin) return error("unclosed action");
    return make(Kind::kSpace, begin, at_);
  }
  const auto single = [&](Kind kind) { return make(kind, begin, ++at_); };
  switch (c) {
    case '=':
      return single(Kind::kAssign);
    case ':':
      if (text_.substr(at_).starts_with(":=")) {
        at_ += 2;
        return make(Kind::kDeclare, begin, at_);
      }
      return error("expected :=");
    case '|':
      return single(Kind::kPipe);
    case ',':
      return single(Kind::kComma);
    case '(':
      ++open_parens_;
      return single(Kind::kLeftParen);
    case ')':
      if (--open_parens_ < 0) return error("unexpected right paren");
      return single(Kind::kRightParen);
    case '"':
      return read_quoted('"', Kind::kString);
    case '`':
      return read_quoted('`', Kind::kString);
    case '\'':
      return read_quoted('\'', Kind::kCharacter);
    default:
      return read_word();
  }
}

Token Lexer::read_quoted(char quote, Token::Kind kind) {
  const std::size_t begin = at_++;
  for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
    if (quote == '`') continue;
    if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
    if (text_[at_] == '\n') break;
  }
  if (at_ >= text_.size() || text_[at_] != quote) return error("unterminated quoted text");
  ++at_;
  return make(kind, begin, at_);
}

// What may stand behind a word.
bool Lexer::ends_here(std::size_t at) const {
  if (at >= text_.size() || is_blank(text_[at])) return true;
  constexpr std::string_view kTerminators = ".,|:()=";
  return kTerminators.find(text_[at]) != std::string_view::npos ||
         text_.substr(at).starts_with(kClose);
}

std::size_t Lexer::name_end(std::size_t at) const {
  while (at < text_.size() && is_word(text_[at]))
    ++at;
  return at;
}

Token Lexer::read_number() {
  const std::size_t begin = at_;
  if (text_[at_] == '+' || text_[at_] == '-') ++at_;
  std::string_view digits = "0123456789_";
  std::string_view exponent = "eE";
  if (at_ + 1 < text_.size() && text_[at_] == '0') {
    const char base = static_cast<char>(text_[at_ + 1] | 0x20);
    if (base == 'x') digits = "0123456789abcdefABCDEF_";
    if (base == 'o') digits = "01234567_";
    if (base == 'b') digits = "01_";
    if (base == 'x' || base == 'o' || base == 'b') at_ += 2;
    if (base == 'x') exponent = "pP";
    if (base == 'o' || base == 'b') exponent = "";
  }
  const auto take = [&](std::string_view of) {
    while (at_ < text_.size() && of.find(text_[at_]) != std::string_view::npos)
      ++at_;
  };
  take(digits);
  if (at_ < text_.size() && text_[at_] == '.') {
    ++at_;
    take(digits);
  }
  if (at_ < text_.size() && exponent.find(text_[at_]) != std::string_view::npos) {
    ++at_;
    if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
    take("0123456789_");
  }
  if (at_ < text_.size() && is_word(text_[at_])) return error("bad number syntax");
  return make(Token::Kind::kNumber, begin, at_);
}

Token Lexer::read_word() {
  using Kind = Token::Kind;
  const std::size_t begin = at_;
  const char c = text_[at_];
  const char following = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
  if (is_digit(c) || c == '+' || c == '-' || (c == '.' && is_digit(following))) {
    return read_number();
  }
  if (c == '.') {
    at_ = name_end(at_ + 1);
    if (!ends_here(at_)) return error("bad character behind a field");
    const bool is_dot = at_ == begin + 1;
    return {.kind = is_dot ? Kind::kDot : Kind::kField,
            .text = text_.substr(begin + 1, at_ - begin - 1),
            .offset = begin};
  }
  if (c == '$') {
    at_ = name_end(at_ + 1);
    if (!ends_here(at_)) return error("bad character behind a variable");
    return make(Kind::kVariable, begin, at_);
  }
  if (!is_word(c)) return error("unexpected character in an action");
  at_ = name_end(at_);
  if (!ends_here(at_)) return error("bad character behind a name");
  return make(Kind::kIdentifier, begin, at_);
}

}  // namespace tailrace::pipeline::go_template
