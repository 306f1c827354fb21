// The part of the RE2 syntax that a second engine may match, as a tree.
//
// The parser is only ever given what RE2 has accepted, so it need not find errors. Whatever it does
// not know makes it give up, which costs speed and nothing else.
#include "pipeline/matching/pattern_tree.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/ascii.h"

namespace tailrace::pipeline {
namespace {

using Kind = PatternNode::Kind;
using NodePtr = std::unique_ptr<PatternNode>;

constexpr int kDepthMax = 100;

bool is_lower(int c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(int c) {
  return c >= 'A' && c <= 'Z';
}
bool is_letter(int c) {
  return is_lower(c) || is_upper(c);
}

std::bitset<128> range(int first, int last) {
  std::bitset<128> result;
  for (int c = first; c <= last; ++c)
    result.set(static_cast<std::size_t>(c));
  return result;
}

std::bitset<128> digits() {
  return range('0', '9');
}
std::bitset<128> letters() {
  return range('a', 'z') | range('A', 'Z');
}
std::bitset<128> word_characters() {
  return letters() | digits() | range('_', '_');
}
// The vertical tab is not among them, in RE2 and in Go.
std::bitset<128> blanks() {
  return range('\t', '\n') | range('\f', '\r') | range(' ', ' ');
}

std::optional<std::bitset<128>> named_class(std::string_view name) {
  if (name == "alnum") return letters() | digits();
  if (name == "alpha") return letters();
  if (name == "ascii") return range(0, 127);
  if (name == "blank") return range('\t', '\t') | range(' ', ' ');
  if (name == "cntrl") return range(0, 31) | range(127, 127);
  if (name == "digit") return digits();
  if (name == "graph") return range('!', '~');
  if (name == "lower") return range('a', 'z');
  if (name == "print") return range(' ', '~');
  if (name == "punct") return range('!', '~') & ~(letters() | digits());
  if (name == "space") return range('\t', '\r') | range(' ', ' ');
  if (name == "upper") return range('A', 'Z');
  if (name == "word") return word_characters();
  if (name == "xdigit") return digits() | range('a', 'f') | range('A', 'F');
  return std::nullopt;
}

struct Flags {
  bool fold_case = false;    // i
  bool multi_line = false;   // m
  bool dot_newline = false;  // s
  bool ungreedy = false;     // U
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::optional<PatternTree> parse() {
    Flags flags;
    NodePtr root = alternation(flags, 0);
    if (failed_ || at_ != text_.size()) return std::nullopt;
    return PatternTree{std::move(root), holds_beyond_ascii_};
  }

 private:
  bool done() const { return failed_ || at_ >= text_.size(); }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool take(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }
  NodePtr give_up() {
    failed_ = true;
    return std::make_unique<PatternNode>(Kind::kEmpty);
  }

  // Until the end or a closing parenthesis, which stays. `flags` are those of the enclosing group:
  // a change inside, (?i), lasts until its end.
  NodePtr alternation(Flags& flags, int depth) {
    if (depth > kDepthMax) return give_up();
    auto result = std::make_unique<PatternNode>(Kind::kAlternate);
    auto branch = std::make_unique<PatternNode>(Kind::kConcat);
    while (!done() && peek() != ')') {
      if (take("|")) {
        result->children.push_back(
            std::exchange(branch, std::make_unique<PatternNode>(Kind::kConcat)));
        continue;
      }
      if (take("\\Q")) {
        quoted(*branch, flags);
        continue;
      }
      if (NodePtr item = term(flags, depth))
        branch->children.push_back(repeated(std::move(item), flags));
    }
    if (result->children.empty()) return branch;
    result->children.push_back(std::move(branch));
    return result;
  }

  void quoted(PatternNode& branch, const Flags& flags) {
    while (!done() && !take("\\E"))
      branch.children.push_back(literal(text_[at_++], flags));
    // A repetition behind \E applies to the last quoted character.
    if (!branch.children.empty()) {
      NodePtr last = std::move(branch.children.back());
      branch.children.back() = repeated(std::move(last), flags);
    }
  }

  NodePtr literal(char c, const Flags& flags) {
    if (static_cast<unsigned char>(c) >= 128) return give_up();
    CharacterSet set;
    set.ascii.set(static_cast<std::size_t>(c));
    return set_node(set, flags);
  }

  // Takes over a set as written (not negated), folding case where the flags say so.
  NodePtr set_node(CharacterSet set, const Flags& flags) {
    if (flags.fold_case) fold(set);
    auto node = std::make_unique<PatternNode>(Kind::kSet);
    node->set = set;
    return node;
  }

  void fold(CharacterSet& set) {
    for (int c = 'a'; c <= 'z'; ++c) {
      const auto lower = static_cast<std::size_t>(c);
      const auto upper = static_cast<std::size_t>(c - 'a' + 'A');
      if (!set.ascii[lower] && !set.ascii[upper]) continue;
      set.ascii.set(lower);
      set.ascii.set(upper);
      if (c == 'k' || c == 's') holds_beyond_ascii_ = false;
    }
  }

  // Null for what matches nothing by itself: a change of flags.
  NodePtr term(Flags& flags, int depth) {
    const char c = text_[at_];
    switch (c) {
      case '(':
        return group(flags, depth);
      case '[':
        return bracket(flags);
      case '\\':
        return escape(flags);
      case '^':
        ++at_;
        return std::make_unique<PatternNode>(flags.multi_line ? Kind::kBeginLine
                                                              : Kind::kBeginText);
      case '$':
        ++at_;
        return std::make_unique<PatternNode>(flags.multi_line ? Kind::kEndLine : Kind::kEndText);
      case '.': {
        ++at_;
        auto node = std::make_unique<PatternNode>(Kind::kSet);
        node->set.ascii.set();
        node->set.beyond_ascii = true;
        if (!flags.dot_newline) node->set.ascii.reset('\n');
        return node;
      }
      case '*':
      case '+':
      case '?':
        return give_up();  // Behind a change of flags, where the operand stands before it.
      case '{': {
        int min = 0;
        int max = 0;
        if (counted(min, max)) return give_up();
        ++at_;
        return literal(c, flags);
      }
      default:
        ++at_;
        return literal(c, flags);
    }
  }

  NodePtr group(Flags& flags, int depth) {
    ++at_;
    if (peek() != '?') {
      auto capture = std::make_unique<PatternNode>(Kind::kCapture);
      Flags inner = flags;
      capture->children.push_back(alternation(inner, depth + 1));
      if (!take(")")) return give_up();
      return capture;
    }
    ++at_;
    Flags changed = flags;
    bool value = true;
    while (!done() && peek() != ')' && peek() != ':') {
      switch (text_[at_++]) {
        case 'i':
          changed.fold_case = value;
          break;
        case 'm':
          changed.multi_line = value;
          break;
        case 's':
          changed.dot_newline = value;
          break;
        case 'U':
          changed.ungreedy = value;
          break;
        case '-':
          value = false;
          break;
        default:
          return give_up();
      }
    }
    if (take(")")) {
      flags = changed;
      return nullptr;
    }
    if (!take(":")) return give_up();
    NodePtr inside = alternation(changed, depth + 1);
    if (!take(")")) return give_up();
    return inside;
  }

  // \d \D \s \S \w \W as sets; the case of the letter says whether it is negated.
  static std::optional<std::bitset<128>> perl_class(char c) {
    switch (c) {
      case 'd':
      case 'D':
        return digits();
      case 's':
      case 'S':
        return blanks();
      case 'w':
      case 'W':
        return word_characters();
      default:
        return std::nullopt;
    }
  }

  static CharacterSet negated(CharacterSet set) {
    set.ascii = ~set.ascii;
    set.beyond_ascii = !set.beyond_ascii;
    return set;
  }

  CharacterSet perl_set(char c, std::bitset<128> ascii, const Flags& flags) {
    CharacterSet set{ascii, false};
    if (flags.fold_case) fold(set);
    return is_upper(c) ? negated(set) : set;
  }

  NodePtr escape(const Flags& flags) {
    const char c = peek(1);
    const auto zero_width = [&](Kind kind) {
      at_ += 2;
      return std::make_unique<PatternNode>(kind);
    };
    switch (c) {
      case 'A':
        return zero_width(Kind::kBeginText);
      case 'z':
        return zero_width(Kind::kEndText);
      case 'b':
        return zero_width(Kind::kWordBoundary);
      case 'B':
        return zero_width(Kind::kNoWordBoundary);
      default:
        break;
    }
    if (const auto ascii = perl_class(c)) {
      at_ += 2;
      auto node = std::make_unique<PatternNode>(Kind::kSet);
      node->set = perl_set(c, *ascii, flags);
      return node;
    }
    const std::optional<int> character = escaped_character();
    if (!character) return give_up();
    return literal(static_cast<char>(*character), flags);
  }

  // Reads an escape that stands for one ASCII character.
  std::optional<int> escaped_character() {
    const char c = peek(1);
    if (c == '\0' || static_cast<unsigned char>(c) >= 128) return std::nullopt;
    at_ += 2;
    switch (c) {
      case 'a':
        return 7;
      case 'f':
        return '\f';
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      case 'v':
        return 11;
      case 'x':
        return hexadecimal();
      default:
        break;
    }
    if (is_letter(c) || is_digit(c)) return std::nullopt;
    return c;
  }

  std::optional<int> hexadecimal() {
    std::string_view number = text_.substr(at_, 2);
    std::size_t length = 2;
    if (peek() == '{') {
      const std::size_t end = text_.find('}', at_);
      if (end == std::string_view::npos) return std::nullopt;
      number = text_.substr(at_ + 1, end - at_ - 1);
      length = number.size() + 2;
    }
    int value = 0;
    for (const char digit : number) {
      const int low = digit | 0x20;
      if (is_digit(digit)) {
        value = value * 16 + (digit - '0');
      } else if (low >= 'a' && low <= 'f') {
        value = value * 16 + (low - 'a' + 10);
      } else {
        return std::nullopt;
      }
      if (value >= 128) return std::nullopt;
    }
    at_ += length;
    return value;
  }

  NodePtr bracket(const Flags& flags) {
    ++at_;
    const bool is_negated = take("^");
    CharacterSet set;
    bool first = true;
    while (!done() && (first || peek() != ']')) {
      first = false;
      if (!bracket_item(set, flags)) return give_up();
    }
    if (!take("]")) return give_up();
    // Case is folded before the set is negated: (?i)[^a] matches no A.
    NodePtr node = set_node(set, flags);
    if (is_negated) node->set = negated(node->set);
    return node;
  }

  bool bracket_item(CharacterSet& set, const Flags& flags) {
    if (text_.substr(at_, 2) == "[:") {
      if (const std::size_t end = text_.find(":]", at_ + 2); end != std::string_view::npos) {
        std::string_view name = text_.substr(at_ + 2, end - at_ - 2);
        const bool is_negated = !name.empty() && name.front() == '^';
        if (is_negated) name.remove_prefix(1);
        const auto ascii = named_class(name);
        if (!ascii) return false;
        at_ = end + 2;
        CharacterSet named{*ascii, false};
        if (flags.fold_case) fold(named);
        add(set, is_negated ? negated(named) : named);
        return true;
      }
    }
    if (peek() == '\\') {
      if (const auto ascii = perl_class(peek(1))) {
        const CharacterSet perl = perl_set(peek(1), *ascii, flags);
        at_ += 2;
        add(set, perl);
        return true;
      }
    }
    const std::optional<int> low = bracket_character();
    if (!low) return false;
    std::optional<int> high = low;
    if (peek() == '-' && peek(1) != ']' && at_ + 1 < text_.size()) {
      ++at_;
      high = bracket_character();
      if (!high || *high < *low) return false;
    }
    set.ascii |= range(*low, *high);
    return true;
  }

  static void add(CharacterSet& set, const CharacterSet& other) {
    set.ascii |= other.ascii;
    set.beyond_ascii = set.beyond_ascii || other.beyond_ascii;
  }

  std::optional<int> bracket_character() {
    if (done()) return std::nullopt;
    if (peek() == '\\') return escaped_character();
    const char c = text_[at_++];
    if (static_cast<unsigned char>(c) >= 128) return std::nullopt;
    return c;
  }

  // The repetition behind `item`, if there is one.
  NodePtr repeated(NodePtr item, const Flags& flags) {
    if (done()) return item;
    int min = 0;
    int max = PatternNode::kUnbounded;
    if (take("*")) {
    } else if (take("+")) {
      min = 1;
    } else if (take("?")) {
      max = 1;
    } else if (!counted(min, max)) {
      return item;
    }
    bool lazy = flags.ungreedy;
    if (take("?")) lazy = !lazy;
    auto node = std::make_unique<PatternNode>(Kind::kRepeat);
    node->children.push_back(std::move(item));
    node->min = min;
    node->max = max;
    node->greed = lazy ? PatternNode::Greed::kLazy : PatternNode::Greed::kGreedy;
    // Two repetitions in a row are refused by RE2; should one come, it is left to it.
    if (peek() == '*' || peek() == '+' || peek() == '?') return give_up();
    return node;
  }

  // {n}, {n,} or {n,m}; anything else in braces is literal text.
  bool counted(int& min, int& max) {
    if (peek() != '{') return false;
    std::size_t i = at_ + 1;
    const auto number = [&]() -> int {
      int value = -1;
      while (i < text_.size() && is_digit(text_[i]) && value < 100'000) {
        value = std::max(value, 0) * 10 + (text_[i++] - '0');
      }
      return value;
    };
    const int low = number();
    if (low < 0) return false;
    int high = low;
    if (i < text_.size() && text_[i] == ',') {
      ++i;
      high = number();
      if (high < 0) high = PatternNode::kUnbounded;
    }
    if (i >= text_.size() || text_[i] != '}') return false;
    at_ = i + 1;
    min = low;
    max = high;
    return true;
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  bool failed_ = false;
  bool holds_beyond_ascii_ = true;
};

}  // namespace

std::optional<PatternTree> parse_pattern(std::string_view re2_pattern) {
  return Parser(re2_pattern).parse();
}

}  // namespace tailrace::pipeline
