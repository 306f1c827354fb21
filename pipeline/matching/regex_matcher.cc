// A regular expression of Go's dialect, compiled, with the groups that somebody reads.
//
// Which engine matches a text:
// - A text that is not valid UTF-8 is repaired (each invalid byte becomes U+FFFD, as Go sees it)
// and
//   RE2 searches the copy.
// - Otherwise, when the pattern has a tree (pattern_tree.h) and its shape says that a backtracking
//   engine gives the same captures (pattern_shape.h):
//   * anchored at the begin of the text: the machine code, once. Its match limit bounds the work;
//     where it gives up, RE2 takes the line, and the following lines too, more of them each time.
//   * not anchored, deterministic, and the text is short: the machine code tries place after place,
//     which costs at most the square of a short length.
//   * not anchored otherwise: RE2's automaton finds where the match begins, in linear time, and the
//     machine code finds the captures from there.
// - In all other cases RE2 alone.
#include "pipeline/matching/regex_matcher.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include <re2/re2.h>

#include "pipeline/matching/compile_re2.h"
#include "pipeline/matching/go_pattern.h"
#include "pipeline/matching/jit_matcher.h"
#include "pipeline/matching/pattern_shape.h"
#include "pipeline/matching/pattern_tree.h"
#include "pipeline/matching/text_encoding.h"

namespace tailrace::pipeline {
namespace {

// Longest text in which the machine code tries every place (at most a million steps, below 1 ms).
constexpr std::size_t kTryEveryPlaceMax = 1024;

// How many texts go to RE2 after the machine code gave up: 1, 2, 4 ... up to this many.
constexpr std::uint32_t kPenaltyMax = 1024;

}  // namespace

struct RegexMatcher::State {
  std::vector<std::string> group_names;
  std::vector<int> captures;  // By wanted group: number of the capture.

  std::unique_ptr<re2::RE2> re2;
  std::vector<re2::StringPiece> submatches;  // Whole match and captures.
  RepairedText repaired;

  PatternShape shape;
  // Null: RE2 alone. `at_offset` only for patterns that are not anchored.
  std::unique_ptr<JitMatcher> ascii_anywhere;
  std::unique_ptr<JitMatcher> ascii_at_offset;
  std::unique_ptr<JitMatcher> utf8_anywhere;
  std::unique_ptr<JitMatcher> utf8_at_offset;
  std::uint32_t penalty = 0;       // Length of the last one; shrinks by each text that is fine.
  std::uint32_t penalty_left = 0;  // Texts that still go to RE2.

  void accelerate();
  bool run_re2(std::string_view text, std::size_t submatch_count);
  bool search_re2(std::string_view text, std::span<std::string_view> out);
  bool search_repaired(std::string_view text, std::span<std::string_view> out);
  std::optional<bool> search_jit(std::string_view text, TextEncoding encoding,
                                 std::span<std::string_view> out);
  void gave_up();
};

void RegexMatcher::State::accelerate() {
  const std::optional<PatternTree> tree = parse_pattern(re2->pattern());
  if (!tree) return;
  shape = shape_of(*tree);
  if (!shape.same_captures) return;
  using Alphabet = JitMatcher::Alphabet;
  using Start = JitMatcher::Start;
  const auto make = [&](Alphabet alphabet, Start start) {
    return JitMatcher::create(*tree, {.alphabet = alphabet, .start = start});
  };
  const bool anywhere = shape.anchored || shape.deterministic;
  if (anywhere) ascii_anywhere = make(Alphabet::kAscii, Start::kAnywhere);
  if (!shape.anchored) ascii_at_offset = make(Alphabet::kAscii, Start::kAtOffset);
  if (!tree->holds_beyond_ascii) return;
  if (anywhere) utf8_anywhere = make(Alphabet::kUtf8, Start::kAnywhere);
  if (!shape.anchored) utf8_at_offset = make(Alphabet::kUtf8, Start::kAtOffset);
}

bool RegexMatcher::State::run_re2(std::string_view text, std::size_t submatch_count) {
  const re2::StringPiece piece(text.data(), text.size());
  return re2->Match(piece, 0, text.size(), re2::RE2::UNANCHORED, submatches.data(),
                    static_cast<int>(submatch_count));
}

bool RegexMatcher::State::search_re2(std::string_view text, std::span<std::string_view> out) {
  if (!run_re2(text, out.empty() ? 0 : submatches.size())) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const re2::StringPiece& piece = submatches[static_cast<std::size_t>(captures[i])];
    out[i] = std::string_view(piece.data(), piece.size());
  }
  return true;
}

bool RegexMatcher::State::search_repaired(std::string_view text, std::span<std::string_view> out) {
  repaired.assign(text);
  const std::string_view copy = repaired.text();
  if (!search_re2(copy, out)) return false;
  for (std::string_view& capture : out) {
    if (capture.data() == nullptr) continue;
    const auto begin = static_cast<std::size_t>(capture.data() - copy.data());
    const std::size_t from = repaired.original_offset(begin);
    const std::size_t to = repaired.original_offset(begin + capture.size());
    capture = text.substr(from, to - from);
  }
  return true;
}

void RegexMatcher::State::gave_up() {
  penalty = std::min(std::max(penalty * 2, 1U), kPenaltyMax);
  penalty_left = penalty;
}

// Nothing: the machine code cannot say.
std::optional<bool> RegexMatcher::State::search_jit(std::string_view text, TextEncoding encoding,
                                                    std::span<std::string_view> out) {
  if (penalty_left > 0) {
    --penalty_left;
    return std::nullopt;
  }
  const bool ascii = encoding == TextEncoding::kAscii;
  JitMatcher* jit = (ascii ? ascii_anywhere : utf8_anywhere).get();
  std::size_t offset = 0;
  if (!shape.anchored && (!shape.deterministic || text.size() > kTryEveryPlaceMax)) {
    jit = (ascii ? ascii_at_offset : utf8_at_offset).get();
    if (jit == nullptr || out.empty()) return std::nullopt;
    if (!run_re2(text, 1)) return false;
    offset = static_cast<std::size_t>(submatches.front().data() - text.data());
  }
  if (jit == nullptr) return std::nullopt;
  const JitMatcher::Outcome outcome = jit->search(text, offset);
  if (outcome == JitMatcher::Outcome::kGaveUp) {
    gave_up();
    return std::nullopt;
  }
  if (penalty > 0) --penalty;
  if (outcome == JitMatcher::Outcome::kNoMatch) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = jit->capture(text, static_cast<std::size_t>(captures[i]));
  }
  return true;
}

Result<std::unique_ptr<RegexMatcher>> RegexMatcher::create(std::string_view go_pattern,
                                                           const Options& options) {
  Result<GoPattern> pattern = rewrite_go_pattern(go_pattern, options.wanted_groups);
  if (!pattern) return fail(pattern.error());
  Result<std::unique_ptr<re2::RE2>> re2 = compile_re2(pattern->re2_pattern);
  if (!re2) return fail(re2.error());
  auto state = std::make_unique<State>();
  state->group_names = std::move(pattern->group_names);
  state->captures = std::move(pattern->captures);
  state->re2 = std::move(*re2);
  state->submatches.resize(static_cast<std::size_t>(state->re2->NumberOfCapturingGroups()) + 1);
  state->accelerate();
  return std::make_unique<RegexMatcher>(std::move(state));
}

RegexMatcher::RegexMatcher(std::unique_ptr<State> state) : state_(std::move(state)) {}
RegexMatcher::~RegexMatcher() = default;

bool RegexMatcher::search(std::string_view text, std::span<std::string_view> captures) {
  if (text.data() == nullptr) text = "";
  const TextEncoding encoding = encoding_of(text);
  if (encoding == TextEncoding::kInvalid) return state_->search_repaired(text, captures);
  if (const std::optional<bool> found = state_->search_jit(text, encoding, captures)) return *found;
  return state_->search_re2(text, captures);
}

bool RegexMatcher::matches(std::string_view text) {
  return search(text, {});
}

const std::vector<std::string>& RegexMatcher::group_names() const {
  return state_->group_names;
}

bool RegexMatcher::accelerated() const {
  return state_->ascii_anywhere != nullptr || state_->ascii_at_offset != nullptr;
}

}  // namespace tailrace::pipeline
