// Patterns of Kafka topics: from Go's syntax to POSIX', which the Kafka client matches with.
//
// What means the same in both is copied; the classes \d, \w, \s and their like are spelt out,
// groups become plain ones, a lazy repetition becomes a greedy one (only whether it matches
// counts). What POSIX has no words for (flags, assertions, Unicode classes) is refused rather than
// matched wrong.
#include <cctype>
#include <optional>
#include <string>
#include <string_view>

#include "config/kafka_config.h"

namespace tailrace::config {
namespace {

constexpr std::string_view kWordClass = "A-Za-z0-9_";
constexpr std::string_view kSpecial = ".[]{}()\\*+?|^$";

class Translation {
 public:
  explicit Translation(std::string_view pattern) : rest_(pattern) {}

  std::string run() {
    while (ok_ && !rest_.empty())
      step();
    return ok_ && depth_ == 0 ? out_ : std::string();
  }

 private:
  bool take(std::string_view prefix) {
    if (!rest_.starts_with(prefix)) return false;
    rest_.remove_prefix(prefix.size());
    return true;
  }

  void step() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (c == '\\') return escape();
    if (c == '[') return bracket();
    if (c == '(') return group();
    if (c == ')') {
      ok_ = --depth_ >= 0;
    } else if (c == '*' || c == '+' || c == '?') {
      ok_ = can_repeat_;
      out_ += c;
      take("?");
      can_repeat_ = false;
      return;
    } else if (c == '{') {
      return repetition();
    }
    can_repeat_ = c != '|' && c != '^';
    out_ += c;
  }

  void group() {
    ++depth_;
    out_ += '(';
    can_repeat_ = false;
    if (take("?P<") || take("?<")) {
      const std::size_t end = rest_.find('>');
      ok_ = end != std::string_view::npos;
      if (ok_) rest_.remove_prefix(end + 1);
    } else if (!take("?:")) {
      ok_ = !rest_.starts_with("?");
    }
  }

  // {n}, {n,}, {n,m}; any other brace is itself.
  void repetition() {
    const std::size_t end = rest_.find('}');
    const std::string_view body = rest_.substr(0, end);
    const bool counted = end != std::string_view::npos && !body.empty() && body.front() != ',' &&
                         body.find_first_not_of("0123456789,") == std::string_view::npos &&
                         body.find(',') == body.rfind(',');
    if (!counted) {
      out_ += "\\{";
      can_repeat_ = true;
      return;
    }
    ok_ = can_repeat_;
    out_.append("{").append(body).append("}");
    rest_.remove_prefix(end + 1);
    take("?");
    can_repeat_ = false;
  }

  void escape() {
    ok_ = !rest_.empty();
    if (!ok_) return;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    can_repeat_ = true;
    switch (c) {
      case 'd':
        out_ += "[0-9]";
        return;
      case 'D':
        out_ += "[^0-9]";
        return;
      case 'w':
        out_.append("[").append(kWordClass).append("]");
        return;
      case 'W':
        out_.append("[^").append(kWordClass).append("]");
        return;
      case 's':
        out_ += "[[:space:]]";
        return;
      case 'S':
        out_ += "[^[:space:]]";
        return;
      default:
        break;
    }
    ok_ = std::isalnum(static_cast<unsigned char>(c)) == 0;
    if (kSpecial.find(c) != std::string_view::npos) out_ += '\\';
    out_ += c;
  }

  // One member of a bracket expression, unescaped; nothing when it was a class, or is a fault.
  std::optional<char> member() {
    char c = rest_.front();
    rest_.remove_prefix(1);
    if (c == '[' && rest_.starts_with(':')) {
      const std::size_t end = rest_.find(":]");
      ok_ = end != std::string_view::npos && rest_[1] != '^';
      if (ok_) members_.append("[").append(rest_.substr(0, end + 2));
      if (ok_) rest_.remove_prefix(end + 2);
      return std::nullopt;
    }
    if (c != '\\') return c;
    ok_ = !rest_.empty();
    if (!ok_) return std::nullopt;
    c = rest_.front();
    rest_.remove_prefix(1);
    if (c == 'd') members_ += "0-9";
    if (c == 'w') members_ += kWordClass;
    if (c == 's') members_ += "[:space:]";
    if (c == 'd' || c == 'w' || c == 's') return std::nullopt;
    ok_ = std::isalnum(static_cast<unsigned char>(c)) == 0;
    return ok_ ? std::optional(c) : std::nullopt;
  }

  // In POSIX a bracket has no escapes: ] goes first, - last, ^ anywhere but first.
  void bracket() {
    const bool negated = take("^");
    bool close = false, hyphen = false, caret = false, first = true;
    members_.clear();
    while (ok_ && (first || !rest_.starts_with("]"))) {
      first = false;
      ok_ = !rest_.empty();
      if (!ok_) return;
      const std::optional<char> from = member();
      if (!from) continue;
      if (rest_.size() >= 2 && rest_[0] == '-' && rest_[1] != ']') {
        rest_.remove_prefix(1);
        const std::optional<char> to = member();
        ok_ = ok_ && to.has_value() && std::isalnum(static_cast<unsigned char>(*from)) != 0 &&
              std::isalnum(static_cast<unsigned char>(*to)) != 0 && *from <= *to;
        if (ok_) members_.append(1, *from).append("-").append(1, *to);
        continue;
      }
      close = close || *from == ']';
      hyphen = hyphen || *from == '-';
      caret = caret || *from == '^';
      if (*from != ']' && *from != '-' && *from != '^') members_ += *from;
    }
    if (!ok_ || !take("]")) {
      ok_ = false;
      return;
    }
    out_ += negated ? "[^" : "[";
    if (close) out_ += ']';
    out_ += members_;
    // Topics have no caret: one that could not stand first is left out.
    if (caret && (close || negated || !members_.empty())) out_ += '^';
    if (hyphen) out_ += '-';
    ok_ = close || hyphen || !members_.empty() || (caret && negated);
    out_ += ']';
    can_repeat_ = true;
  }

  std::string_view rest_;
  std::string out_;
  std::string members_;  // Of the bracket at hand.
  int depth_ = 0;
  bool can_repeat_ = false;  // What stands before can be repeated.
  bool ok_ = true;
};

}  // namespace

std::string posix_topic_pattern(std::string_view pattern) {
  return Translation(pattern).run();
}

}  // namespace tailrace::config
