// Cuts a template into text and the tokens of its actions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tailrace::pipeline::go_template {

struct Token {
  enum class Kind : std::uint8_t {
    kEnd,
    kError,  // text: what is wrong.
    kText,   // Outside of actions.
    kOpen,   // {{
    kClose,  // }}
    kSpace,
    kIdentifier,  // Also keywords, true, false and nil.
    kField,       // .name; text without the dot.
    kVariable,    // $name; text with the dollar.
    kDot,
    kNumber,
    kCharacter,  // With its quotes.
    kString,     // With its quotes, also raw ones.
    kDeclare,    // :=
    kAssign,     // =
    kPipe,
    kComma,
    kLeftParen,
    kRightParen,
  };
  Kind kind = Kind::kEnd;
  std::string_view text;
  std::size_t offset = 0;
};

// Gives one token after the other; trim markers and comments are dealt with here.
//
// Ownership: views the text.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Token next();

 private:
  Token make(Token::Kind kind, std::size_t begin, std::size_t end) const;
  Token error(std::string_view message);
  Token read_text();
  Token read_open();
  Token read_action();
  bool read_close(Token& token);
  bool skip_comment(std::string_view& problem);
  Token read_quoted(char quote, Token::Kind kind);
  Token read_number();
  Token read_word();
  bool ends_here(std::size_t at) const;
  std::size_t name_end(std::size_t at) const;

  const std::string_view text_;
  std::size_t at_ = 0;
  bool in_action_ = false;
  bool trims_next_text_ = false;
  int open_parens_ = 0;
};

}  // namespace tailrace::pipeline::go_template
