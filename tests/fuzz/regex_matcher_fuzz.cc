// Fuzzes RegexMatcher: the first line is the pattern, the rest the text; RE2 alone has to agree.
// libraries: tailrace_pipeline_matching PkgConfig::RE2
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <re2/re2.h>

#include "pipeline/matching/regex_matcher.h"
#include "pipeline/matching/text_encoding.h"

namespace tailrace::regex_matcher_fuzz {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using tailrace::pipeline::RegexMatcher;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\n');
  if (end == std::string_view::npos || end > 200) return 0;
  const std::string pattern(input.substr(0, end));
  const std::string_view text = input.substr(end + 1);

  const auto names_only = RegexMatcher::create(pattern, {});
  if (!names_only) return 0;
  const std::vector<std::string> wanted = (*names_only)->group_names();
  const auto regex = RegexMatcher::create(pattern, {.wanted_groups = wanted});
  if (!regex) std::abort();
  std::vector<std::string_view> captures(wanted.size());
  const bool found = (*regex)->search(text, captures);
  if (found != (*names_only)->matches(text)) std::abort();

  re2::RE2::Options options;
  options.set_log_errors(false);
  const re2::RE2 reference(pattern, options);
  if (!reference.ok()) return 0;  // Go's own ways to write groups.
  if (tailrace::pipeline::encoding_of(text) == tailrace::pipeline::TextEncoding::kInvalid) return 0;
  std::vector<re2::StringPiece> pieces(
      static_cast<std::size_t>(reference.NumberOfCapturingGroups()) + 1);
  const bool expected =
      reference.Match({text.data(), text.size()}, 0, text.size(), re2::RE2::UNANCHORED,
                      pieces.data(), static_cast<int>(pieces.size()));
  if (found != expected) std::abort();
  if (!found) return 0;
  // Of groups with one name the last one counts, as in Go.
  std::map<std::string, std::string_view> expected_captures;
  for (const auto& [number, name] : reference.CapturingGroupNames()) {
    const re2::StringPiece& piece = pieces[static_cast<std::size_t>(number)];
    expected_captures[name] = {piece.data(), piece.size()};
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (captures[i] != expected_captures.at(wanted[i])) std::abort();
  }
  return 0;
}

}  // namespace tailrace::regex_matcher_fuzz
