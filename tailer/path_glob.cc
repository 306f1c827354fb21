// Patterns for paths: from text to segments, and matching by text. The walk is in path_walk.cc.
#include "tailer/path_glob.h"

#include <algorithm>
#include <cstddef>
#include <span>

#include "tailer/path_walk.h"

namespace tailrace::tailer {
namespace {

using Token = PathGlob::Token;
using Segment = PathGlob::Segment;
using Alternative = PathGlob::Alternative;

constexpr std::size_t kPatternBytesMax = 64U << 10U;
constexpr std::size_t kExpandedBytesMax = 4U << 20U;
constexpr std::size_t kNestingMax = 32;
constexpr char32_t kStrayByte = 0x110000;  // Above every code point: a byte that is not UTF-8.

// The character at text[at], which moves on behind it. A byte that does not belong to valid UTF-8
// is a character of its own.
char32_t next_character(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t index) {
    return static_cast<char32_t>(static_cast<unsigned char>(text[index]));
  };
  const char32_t lead = byte(at);
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  if (length == 1) {
    ++at;
    return lead;
  }
  char32_t value = length == 0 ? 0 : lead & (0xFFU >> (length + 1));
  bool valid = length != 0 && at + length <= text.size();
  for (std::size_t i = 1; valid && i < length; ++i) {
    valid = (byte(at + i) & 0xC0U) == 0x80;
    value = (value << 6U) | (byte(at + i) & 0x3FU);
  }
  if (!valid) {
    ++at;
    return kStrayByte + lead;
  }
  at += length;
  return value;
}

tl::unexpected<Error> malformed(std::string_view pattern, const char* what) {
  return fail(Error::kInvalid, "path pattern \"" + std::string(pattern) + "\": " + what);
}

// Behind the ']' that closes the class beginning at text[open]; npos when it is malformed.
std::size_t class_end(std::string_view text, std::size_t open) {
  std::size_t at = open + 1;
  if (at < text.size() && (text[at] == '!' || text[at] == '^')) ++at;
  if (at < text.size() && text[at] == ']') return std::string_view::npos;
  for (; at < text.size(); ++at) {
    if (text[at] == ']') return at + 1;
    if (text[at] == '\\') ++at;
  }
  return std::string_view::npos;
}

// The commas and the closing brace that belong to the brace at text[open]; empty when it is not
// closed or nests too deeply.
std::vector<std::size_t> brace_marks(std::string_view text, std::size_t open) {
  std::vector<std::size_t> marks;
  std::size_t depth = 1;
  for (std::size_t at = open + 1; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\') {
      ++at;
    } else if (c == '[') {
      const std::size_t end = class_end(text, at);
      if (end == std::string_view::npos) return {};
      at = end - 1;
    } else if (c == '{') {
      if (++depth > kNestingMax) return {};
    } else if (c == ',' && depth == 1) {
      marks.push_back(at);
    } else if (c == '}' && --depth == 0) {
      marks.push_back(at);
      return marks;
    }
  }
  return {};
}

// The first '{' or '}' that is neither escaped nor in a class.
Result<std::size_t> find_brace(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      if (++at == text.size()) return malformed(text, "a backslash ends it");
    } else if (text[at] == '[') {
      const std::size_t end = class_end(text, at);
      if (end == std::string_view::npos) return malformed(text, "a class is empty or not closed");
      at = end - 1;
    } else if (text[at] == '{' || text[at] == '}') {
      return at;
    }
  }
  return text.size();
}

// Writes out {a,b}: the patterns without alternation that `pattern` stands for, in order.
Result<std::vector<std::string>> expand_braces(std::string_view pattern) {
  std::vector<std::string> done;
  std::vector<std::string> open{std::string(pattern)};  // A stack; the next one is last.
  std::size_t bytes = 0;
  while (!open.empty()) {
    const std::string text = std::move(open.back());
    open.pop_back();
    const Result<std::size_t> brace = find_brace(text);
    if (!brace) return malformed(pattern, "a class or an escape is not complete");
    if (*brace == text.size()) {
      done.push_back(text);
      continue;
    }
    if (text[*brace] == '}') return malformed(pattern, "'}' without '{'");
    const std::vector<std::size_t> marks = brace_marks(text, *brace);
    if (marks.empty()) return malformed(pattern, "'{' is not closed, or nested too deeply");
    if (done.size() + open.size() + marks.size() > PathGlob::kAlternativesMax) {
      return malformed(pattern, "too many alternatives");
    }
    for (std::size_t i = marks.size(); i-- > 0;) {
      const std::size_t begin = (i == 0 ? *brace : marks[i - 1]) + 1;
      open.push_back(text.substr(0, *brace) + text.substr(begin, marks[i] - begin) +
                     text.substr(marks.back() + 1));
      bytes += open.back().size();
    }
    if (bytes > kExpandedBytesMax) return malformed(pattern, "too long when written out");
  }
  return done;
}

// The class at text[at], checked before by class_end(); `at` moves behind it.
Token parse_class(std::string_view text, std::size_t& at) {
  Token token{.kind = Token::Kind::kClass, .ranges = {}};
  const std::size_t end = class_end(text, at) - 1;
  ++at;
  if (text[at] == '!' || text[at] == '^') {
    token.negated = true;
    ++at;
  }
  const auto one = [&] {
    if (text[at] == '\\') ++at;
    return next_character(text, at);
  };
  while (at < end) {
    const char32_t low = one();
    char32_t high = low;
    if (at + 1 < end && text[at] == '-') {
      ++at;
      high = one();
    }
    token.ranges.emplace_back(low, high);
  }
  at = end + 1;
  return token;
}

// Ends a segment: decides its kind and applies it to those before ('.', '..' and nothing vanish).
void add_segment(std::vector<Segment>& segments, Segment segment) {
  using Kind = Token::Kind;
  const auto& tokens = segment.tokens;
  const auto is_run = [](const Token& token) { return token.kind == Kind::kRun; };
  const auto is_character = [](const Token& token) { return token.kind == Kind::kCharacter; };
  if (tokens.size() == 2 && std::all_of(tokens.begin(), tokens.end(), is_run)) {
    segment.kind = Segment::Kind::kAnyDepth;
  } else if (!std::all_of(tokens.begin(), tokens.end(), is_character)) {
    segment.kind = Segment::Kind::kWild;
  }
  if (segment.kind != Segment::Kind::kWild) segment.tokens.clear();
  if (segment.kind == Segment::Kind::kAnyDepth && !segments.empty() &&
      segments.back().kind == Segment::Kind::kAnyDepth) {
    return;
  }
  if (segment.kind == Segment::Kind::kLiteral) {
    if (segment.literal.empty() || segment.literal == ".") return;
    if (segment.literal == "..") {
      if (!segments.empty()) segments.pop_back();
      return;
    }
  }
  segments.push_back(std::move(segment));
}

void add_literal_path(std::vector<Segment>& segments, std::string_view path) {
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    add_segment(segments, {.kind = Segment::Kind::kLiteral,
                           .literal = std::string(path.substr(0, slash)),
                           .tokens = {}});
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
}

// `text` has no alternation any more, and its classes and escapes are complete.
Alternative compile(std::string_view text, const std::string& working_directory) {
  Alternative alternative;
  alternative.absolute = text.starts_with('/') || text.starts_with("\\/");
  if (!alternative.absolute && !working_directory.empty()) {
    add_literal_path(alternative.segments, working_directory);
    alternative.absolute = true;
  }
  Segment segment;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '*' || c == '?') {
      const auto kind = c == '*' ? Token::Kind::kRun : Token::Kind::kOne;
      segment.tokens.push_back({.kind = kind, .ranges = {}});
      ++at;
    } else if (c == '[') {
      segment.tokens.push_back(parse_class(text, at));
    } else {
      if (c == '\\') ++at;
      if (text[at] == '/') {
        ++at;
        add_segment(alternative.segments, std::move(segment));
        segment = {};
        continue;
      }
      const std::size_t begin = at;
      segment.tokens.push_back(
          {.kind = Token::Kind::kCharacter, .character = next_character(text, at), .ranges = {}});
      segment.literal += text.substr(begin, at - begin);
    }
  }
  add_segment(alternative.segments, std::move(segment));
  return alternative;
}

bool matches_one(const Token& token, char32_t character) {
  if (token.kind == Token::Kind::kOne) return true;
  if (token.kind == Token::Kind::kCharacter) return token.character == character;
  const bool inside = std::any_of(token.ranges.begin(), token.ranges.end(), [&](const auto& range) {
    return range.first <= character && character <= range.second;
  });
  return inside != token.negated;
}

}  // namespace

// After the last `*` nothing before it needs to be tried again: one place to come back to is
// enough.
bool matches_name(const Segment& segment, std::string_view name) {
  if (segment.kind == Segment::Kind::kLiteral) return name == segment.literal;
  const std::vector<Token>& tokens = segment.tokens;
  std::size_t token = 0;
  std::size_t at = 0;
  std::size_t run = tokens.size();  // The last kRun passed; tokens.size(): none.
  std::size_t run_end = 0;          // Where its text ends so far.
  while (at < name.size()) {
    if (token < tokens.size() && tokens[token].kind == Token::Kind::kRun) {
      run = token++;
      run_end = at;
      continue;
    }
    std::size_t next = at;
    const char32_t character = next_character(name, next);
    if (token < tokens.size() && matches_one(tokens[token], character)) {
      ++token;
      at = next;
      continue;
    }
    if (run == tokens.size()) return false;
    next_character(name, run_end);
    at = run_end;
    token = run + 1;
  }
  while (token < tokens.size() && tokens[token].kind == Token::Kind::kRun)
    ++token;
  return token == tokens.size();
}

namespace {

// The same algorithm one level up: `**` among segments is what `*` is among characters.
bool matches_path(const std::vector<Segment>& segments, std::span<const std::string_view> names) {
  constexpr auto kAnyDepth = Segment::Kind::kAnyDepth;
  std::size_t segment = 0;
  std::size_t at = 0;
  std::size_t any = segments.size();
  std::size_t any_end = 0;
  while (at < names.size()) {
    if (segment < segments.size() && segments[segment].kind == kAnyDepth) {
      any = segment++;
      any_end = at;
    } else if (segment < segments.size() && matches_name(segments[segment], names[at])) {
      ++segment;
      ++at;
    } else if (any != segments.size()) {
      at = ++any_end;
      segment = any + 1;
    } else {
      return false;
    }
  }
  while (segment < segments.size() && segments[segment].kind == kAnyDepth)
    ++segment;
  return segment == segments.size();
}

}  // namespace

Result<PathGlob> PathGlob::parse(std::string_view pattern) {
  return parse(pattern, Options{});
}

Result<PathGlob> PathGlob::parse(std::string_view pattern, const Options& options) {
  if (pattern.empty()) return malformed(pattern, "it is empty");
  if (pattern.size() > kPatternBytesMax) return malformed(pattern.substr(0, 80), "it is too long");
  const auto expanded = expand_braces(pattern);
  if (!expanded) return fail(expanded.error());
  PathGlob glob;
  glob.text_ = pattern;
  glob.literal_path_ = pattern;
  if (!pattern.starts_with('/') && !options.working_directory.empty()) {
    glob.literal_path_ = options.working_directory + "/" + glob.text_;
  }
  for (const std::string& text : *expanded) {
    glob.alternatives_.push_back(compile(text, options.working_directory));
  }
  return glob;
}

bool PathGlob::matches(std::string_view path) const {
  if (!path.starts_with('/')) return false;
  if (path == literal_path_) return true;
  std::vector<std::string_view> names;
  for (std::string_view rest = path.substr(1); !rest.empty();) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    names.push_back(rest.substr(0, slash));
    rest.remove_prefix(std::min(slash + 1, rest.size()));
  }
  return std::any_of(alternatives_.begin(), alternatives_.end(), [&](const Alternative& one) {
    return one.absolute && matches_path(one.segments, names);
  });
}

PathGlob::Matches PathGlob::find(FileSystem& file_system) const {
  PathWalk walk(file_system);
  if (!walk.take_literal(literal_path_)) {
    for (const Alternative& alternative : alternatives_)
      walk.take(alternative);
  }
  return walk.finish();
}

std::vector<std::string> PathGlob::expand(FileSystem& file_system) const {
  return find(file_system).files;
}

std::vector<std::string> PathGlob::watch_directories(FileSystem& file_system) const {
  return find(file_system).directories;
}

}  // namespace tailrace::tailer
