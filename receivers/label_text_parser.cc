// A scan from brace to brace; only values with a backslash are copied.
#include "receivers/label_text_parser.h"

#include <fmt/format.h>

#include "base/go_quote.h"
#include "model/label_set.h"

namespace tailrace::receivers {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

// The begin of foreign text, for a message.
std::string shown(std::string_view text) {
  constexpr std::size_t kShownMax = 200;
  std::string out;
  append_go_quoted(out, text.substr(0, kShownMax));
  return out;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  // Whether the next character is this one, which is then behind us.
  bool take(char wanted) {
    skip_blanks();
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view name() {
    skip_blanks();
    std::size_t end = 0;
    while (end < rest_.size() && rest_[end] != '=' &&
           kBlanks.find(rest_[end]) == std::string_view::npos) {
      ++end;
    }
    return take_off(end);
  }
  // A constant with its quotes; empty: there is none.
  std::string_view constant() {
    skip_blanks();
    if (rest_.empty() || (rest_.front() != '"' && rest_.front() != '`')) return {};
    const char quote = rest_.front();
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == quote) return take_off(i + 1);
      if (rest_[i] == '\\' && quote == '"') ++i;
    }
    return {};
  }
  bool at_end() {
    skip_blanks();
    return rest_.empty();
  }

 private:
  void skip_blanks() {
    while (!rest_.empty() && kBlanks.find(rest_.front()) != std::string_view::npos)
      rest_.remove_prefix(1);
  }
  std::string_view take_off(std::size_t count) {
    const std::string_view result = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return result;
  }

  std::string_view rest_;
};

}  // namespace

Status parse_label_text(std::string_view text, PushedLines& lines) {
  Scanner scanner(text);
  const auto bad = [text] { return fail(Error::kInvalid, "these are no labels: " + shown(text)); };
  if (!scanner.take('{')) return bad();
  while (!scanner.take('}')) {
    const std::string_view name = scanner.name();
    if (!is_label_name(name) || !scanner.take('=')) return bad();
    const std::string_view constant = scanner.constant();
    if (constant.empty()) return bad();
    std::string_view value = constant.substr(1, constant.size() - 2);
    if (value.find_first_of("\\\n\r") != std::string_view::npos) {
      const auto unquoted = unquote_go(constant);
      if (!unquoted) return bad();
      value = lines.keep(*unquoted);
    }
    lines.add_label(name, value);
    if (scanner.take(',')) continue;
    if (!scanner.take('}')) return bad();
    break;
  }
  if (!scanner.at_end()) return bad();
  return {};
}

}  // namespace tailrace::receivers
