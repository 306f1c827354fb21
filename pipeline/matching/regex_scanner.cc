// All matches of a Go regular expression in a text, one after the other, with all groups.
#include "pipeline/matching/regex_scanner.h"

#include <optional>
#include <utility>

#include <re2/re2.h>

#include "base/utf8.h"
#include "pipeline/matching/compile_re2.h"
#include "pipeline/matching/go_pattern.h"
#include "pipeline/matching/text_encoding.h"

namespace tailrace::pipeline {

struct RegexScanner::State {
  std::unique_ptr<re2::RE2> re2;
  std::vector<std::string> group_names;
  std::vector<re2::StringPiece> groups;

  RepairedText repaired;  // When the text is not valid UTF-8.
  bool is_repaired = false;
  std::string_view text;  // What RE2 sees.
  std::size_t at = 0;     // Beyond its end: there is no more.
  std::optional<std::size_t> last_end;

  // Offset in `text`.
  std::size_t offset_of(const char* place) const {
    return static_cast<std::size_t>(place - text.data());
  }
  std::size_t original(std::size_t offset) const {
    return is_repaired ? repaired.original_offset(offset) : offset;
  }
};

Result<std::unique_ptr<RegexScanner>> RegexScanner::create(std::string_view go_pattern) {
  Result<GroupedPattern> pattern = rewrite_all_groups(go_pattern);
  if (!pattern) return fail(pattern.error());
  Result<std::unique_ptr<re2::RE2>> re2 = compile_re2(pattern->re2_pattern);
  if (!re2) return fail(re2.error());
  auto state = std::make_unique<State>();
  state->re2 = std::move(*re2);
  state->group_names = std::move(pattern->group_names);
  state->groups.resize(static_cast<std::size_t>(state->re2->NumberOfCapturingGroups()) + 1);
  state->group_names.resize(state->groups.size());
  return std::make_unique<RegexScanner>(std::move(state));
}

RegexScanner::RegexScanner(std::unique_ptr<State> state) : state_(std::move(state)) {}
RegexScanner::~RegexScanner() = default;

void RegexScanner::start(std::string_view text) {
  if (text.data() == nullptr) text = "";
  state_->is_repaired = encoding_of(text) == TextEncoding::kInvalid;
  if (state_->is_repaired) {
    state_->repaired.assign(text);
    text = state_->repaired.text();
  }
  state_->text = text;
  state_->at = 0;
  state_->last_end.reset();
}

bool RegexScanner::next() {
  State& s = *state_;
  while (s.at <= s.text.size()) {
    const re2::StringPiece piece(s.text.data(), s.text.size());
    const bool found = s.re2->Match(piece, s.at, s.text.size(), re2::RE2::UNANCHORED,
                                    s.groups.data(), static_cast<int>(s.groups.size()));
    if (!found) {
      s.at = s.text.size() + 1;
      return false;
    }
    const std::size_t begin = s.offset_of(s.groups[0].data());
    const std::size_t end = begin + s.groups[0].size();
    const bool counts = end != s.at || begin != s.last_end;
    if (end == s.at) {
      // An empty match: go on behind the next character.
      const bool is_over = s.at == s.text.size();
      s.at += is_over ? 1 : utf8_sequence_bytes(s.text.substr(s.at));
    } else {
      s.at = end;
    }
    s.last_end = end;
    if (counts) return true;
  }
  return false;
}

RegexScanner::Span RegexScanner::group(std::size_t number) const {
  const re2::StringPiece& piece = state_->groups[number];
  if (piece.data() == nullptr) return {};
  const std::size_t begin = state_->offset_of(piece.data());
  return {.begin = state_->original(begin),
          .end = state_->original(begin + piece.size()),
          .took_part = true};
}

const std::vector<std::string>& RegexScanner::group_names() const {
  return state_->group_names;
}

}  // namespace tailrace::pipeline
