// The parser of `${...}`: a port of the observed grammar, including its oddities.
#include "config/expand_env.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "config/env_functions.h"
#include "config/yaml_document.h"

namespace tailrace::config {
namespace {

constexpr int kNestingMax = 32;

// Which backslash pairs an argument resolves.
enum class Escapes { kKeep, kResolve };

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Operators behind the name, longer ones first. `^,` and `,^` do nothing.
constexpr std::array<std::string_view, 19> kOperators = {":-", ":=", ":?", ":+", "^^", ",,", "^,",
                                                         ",^", "##", "%%", "//", "/#", "/%", "=",
                                                         "^",  ",",  "#",  "%",  "/"};

class Expander {
 public:
  Expander(std::string_view text, const EnvLookup& lookup)
      : text_(text.substr(0, text.find('\0'))), lookup_(lookup) {}

  // The top level; on failure failure() says why.
  bool run() {
    while (at_ < text_.size() && !failed_)
      step();
    return !failed_;
  }

  ExpandedText take_result() { return std::move(result_); }
  ExpandFailure failure() const { return failure_; }

 private:
  void step() {
    if (looking_at("$$")) {
      put(at_, "$");
      at_ += 2;
      mark_copied_from(at_);
    } else if (looking_at("${")) {
      const std::size_t begin = at_;
      const std::string value = substitution(0);
      if (failed_) return;
      result_.pieces.push_back({result_.text.size(), begin, false});
      result_.text += value;
      mark_copied_from(at_);
    } else if (looking_at("\\\\") || looking_at("\\/")) {
      put(at_ + 1, text_.substr(at_ + 1, 1));
      at_ += 2;
      mark_copied_from(at_);
    } else {
      if (result_.pieces.empty()) mark_copied_from(at_);
      result_.text += text_[at_++];
    }
    if (result_.text.size() > kConfigBytesMax) {
      fail_at(at_, fmt::format("the text grows beyond {} bytes", kConfigBytesMax));
    }
  }

  void put(std::size_t original, std::string_view text) {
    mark_copied_from(original);
    result_.text += text;
  }
  void mark_copied_from(std::size_t original) {
    result_.pieces.push_back({result_.text.size(), original, true});
  }

  bool looking_at(std::string_view text) const { return text_.substr(at_).starts_with(text); }
  bool ended() const { return at_ >= text_.size(); }

  std::string fail_at(std::size_t offset, std::string message) {
    if (!failed_) failure_ = {offset, std::move(message)};
    failed_ = true;
    return {};
  }

  std::string take_name() {
    const std::size_t begin = at_;
    while (!ended() && is_name_byte(text_[at_]))
      ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  // `${` ... `}`, at_ before it. Returns the value and leaves at_ behind the brace.
  std::string substitution(int depth) {
    const std::size_t begin = at_;
    at_ += 2;
    if (depth >= kNestingMax) return fail_at(begin, "nested too deep");
    if (looking_at("#")) return length(begin);
    const std::string name = take_name();
    if (name.empty()) return fail_at(begin, "unable to parse variable name");
    std::string value = lookup_(name).value_or(std::string());
    if (looking_at("}")) {
      ++at_;
      return value;
    }
    const std::string_view name_of_operator = take_operator();
    if (name_of_operator.empty()) return fail_at(begin, "missing closing brace");
    std::vector<std::string> arguments = take_arguments(name_of_operator, begin, depth);
    if (failed_) return {};
    if (!looking_at("}")) {
      const bool known =
          name_of_operator[0] == '^' || name_of_operator[0] == ',' || name_of_operator[0] == '/';
      return fail_at(begin, known ? "bad substitution" : "missing closing brace");
    }
    ++at_;
    return apply_env_function(name_of_operator, std::move(value), arguments);
  }

  std::string length(std::size_t begin) {
    ++at_;
    const std::string name = take_name();
    if (name.empty() || !looking_at("}")) return fail_at(begin, "bad substitution");
    ++at_;
    return fmt::format("{}", lookup_(name).value_or(std::string()).size());
  }

  std::string_view take_operator() {
    for (const std::string_view candidate : kOperators) {
      if (looking_at(candidate)) {
        at_ += candidate.size();
        return candidate;
      }
    }
    if (!looking_at(":")) return {};
    ++at_;
    return ":";
  }

  std::vector<std::string> take_arguments(std::string_view name, std::size_t begin, int depth) {
    std::vector<std::string> arguments;
    switch (name[0]) {
      case '^':
      case ',':
        return arguments;
      case '=':
        return take_default(depth);
      case '/':
        return take_replacement(begin, depth);
      case ':':
        if (name.size() > 1) return take_default(depth);
        return take_position(begin, depth);
      default:
        if (looking_at("}")) {
          fail_at(begin, "unable to parse substitution within function");
          return arguments;
        }
        arguments.push_back(take_argument("}", Escapes::kKeep, depth));
        return arguments;
    }
  }

  // Text and nested substitutions up to the brace.
  std::vector<std::string> take_default(int depth) {
    std::vector<std::string> parts;
    while (!failed_ && !ended() && !looking_at("}")) {
      parts.push_back(take_argument("}", Escapes::kKeep, depth));
    }
    return parts;
  }

  std::vector<std::string> take_position(std::size_t begin, int depth) {
    std::vector<std::string> arguments;
    if (looking_at("}") || looking_at(":")) {
      fail_at(begin, "unable to parse substitution within function");
      return arguments;
    }
    const bool nested = looking_at("${");
    arguments.push_back(take_argument(":}", Escapes::kKeep, depth));
    if (!failed_ && !nested && !is_substring_position(arguments[0])) {
      result_.warnings.push_back(
          {begin, fmt::format("`:{0}` takes a part of the value; a default is written `:-{0}`",
                              arguments[0])});
    }
    if (failed_ || !looking_at(":")) return arguments;
    ++at_;
    if (looking_at("}")) {
      fail_at(begin, "unable to parse substitution within function");
      return arguments;
    }
    arguments.push_back(take_argument("}", Escapes::kKeep, depth));
    return arguments;
  }

  // `old/new`: each one text or one nested substitution.
  std::vector<std::string> take_replacement(std::size_t begin, int depth) {
    std::vector<std::string> arguments;
    if (looking_at("}") || looking_at("/")) {
      fail_at(begin, looking_at("}") ? "bad substitution"
                                     : "unable to parse substitution within function");
      return arguments;
    }
    arguments.push_back(take_argument("/}", Escapes::kResolve, depth));
    if (failed_) return arguments;
    if (!looking_at("/")) {
      fail_at(begin, "bad substitution");
      return arguments;
    }
    ++at_;
    arguments.push_back(looking_at("}") ? std::string()
                                        : take_argument("}", Escapes::kResolve, depth));
    return arguments;
  }

  // A nested substitution, or text up to one of `ends` or a `${`.
  std::string take_argument(std::string_view ends, Escapes escapes, int depth) {
    if (looking_at("${")) return substitution(depth + 1);
    std::string text;
    while (!ended() && ends.find(text_[at_]) == std::string_view::npos && !looking_at("${")) {
      const bool pair = looking_at("\\\\") || looking_at("\\/");
      if (pair && escapes == Escapes::kResolve) ++at_;
      text += text_[at_++];
    }
    if (ended()) return fail_at(at_, "missing closing brace");
    return text;
  }

  const std::string_view text_;
  const EnvLookup& lookup_;
  std::size_t at_ = 0;
  ExpandedText result_;
  bool failed_ = false;
  ExpandFailure failure_;
};

}  // namespace

std::size_t ExpandedText::original_offset(std::size_t expanded_offset) const {
  const auto after = std::upper_bound(
      pieces.begin(), pieces.end(), expanded_offset,
      [](std::size_t offset, const Piece& piece) { return offset < piece.expanded; });
  if (after == pieces.begin()) return expanded_offset;
  const Piece& piece = *std::prev(after);
  return piece.original + (piece.copied ? expanded_offset - piece.expanded : 0);
}

tl::expected<ExpandedText, ExpandFailure> expand_env_mapped(std::string_view text,
                                                            const EnvLookup& lookup) {
  Expander expander(text, lookup);
  if (!expander.run()) return tl::unexpected(expander.failure());
  return expander.take_result();
}

Result<std::string> expand_env(std::string_view text, const EnvLookup& lookup) {
  auto expanded = expand_env_mapped(text, lookup);
  if (expanded) return std::move(expanded->text);
  const SourceLocation location = location_at(text, expanded.error().offset);
  return fail(Error::kInvalid,
              fmt::format("{}:{}: {}", location.line, location.column, expanded.error().message));
}

std::size_t offset_at(std::string_view text, const SourceLocation& location) {
  std::size_t begin = 0;
  for (int line = 1; line < location.line; ++line) {
    const std::size_t newline = text.find('\n', begin);
    if (newline == std::string_view::npos) return text.size();
    begin = newline + 1;
  }
  return begin + static_cast<std::size_t>(std::max(location.column, 1) - 1);
}

SourceLocation location_at(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t newline = before.rfind('\n');
  SourceLocation location;
  location.line = 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
  location.column =
      1 + static_cast<int>(newline == std::string_view::npos ? before.size()
                                                             : before.size() - newline - 1);
  return location;
}

}  // namespace tailrace::config
