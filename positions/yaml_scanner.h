// Reads scalars and flow maps of YAML 1.1 character by character, with their places.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tailrace::positions {

struct YamlScalar {
  std::string text;
  bool plain = false;  // Not quoted and not tagged: may mean null.
  bool is_null() const;
};

struct YamlPair {
  YamlScalar key;
  YamlScalar value;
  std::string comment;  // Behind the value on its line, without '#' and blanks.
  std::size_t line = 0;
  std::size_t column = 0;
};

// A cursor over a text. Exactly the part of YAML that positions files use; all else fails with
// kInvalid and the place.
//
// Threading: confined to one thread. Views into the text, which outlives it.
class YamlScanner {
 public:
  YamlScanner(std::string_view text, std::string_view name) : text_(text), name_(name) {}

  // Control characters, NUL and broken UTF-8 anywhere in the text.
  Status check_characters() const;

  bool at_end() const { return at_ >= text_.size(); }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  // Columns count from 0 inside, from 1 in messages.
  std::size_t line() const { return line_; }
  std::size_t column() const { return at_ - line_start_; }
  bool starts_line_with(std::string_view marker) const;  // "---" and "..." stand alone.
  void skip(std::size_t characters) { at_ += characters; }

  // Over blanks, line ends and comments to the next character that means something. Fails on tabs
  // used as indentation.
  Status skip_to_token();
  void skip_blanks();
  // The rest of the line holds nothing but blanks and a comment; returns the comment.
  Result<std::string> end_line();

  // A scalar that begins here. Lines that continue it are indented by more than `parent_indent`
  // (-1 at the top); a simple key is on one line.
  enum class Place { kBlockKey, kBlockValue, kFlow };
  Result<YamlScalar> scalar(Place place, int parent_indent);
  // { key: value, ... }; the cursor is on '{'.
  Result<std::vector<YamlPair>> flow_map();
  // Over ':' behind a key; fails when it is not there.
  Status colon(Place place);

  tl::unexpected<Error> error(std::string_view reason) const;
  tl::unexpected<Error> error_at(std::size_t line, std::size_t column,
                                 std::string_view reason) const;

 private:
  void newline();
  Result<YamlScalar> plain(Place place, int parent_indent);
  Result<YamlScalar> quoted(Place place);
  Status escape(std::string& out);
  Status fold(std::string& out, std::size_t keep);
  bool plain_goes_on(Place place, int parent_indent) const;
  bool ends_plain(Place place) const;

  std::string_view text_;
  std::string_view name_;
  std::size_t at_ = 0;
  std::size_t line_ = 0;
  std::size_t line_start_ = 0;
};

// nullopt when it is no base64.
std::optional<std::string> decode_base64(std::string_view text);
std::string encode_base64(std::string_view bytes);

}  // namespace tailrace::positions
