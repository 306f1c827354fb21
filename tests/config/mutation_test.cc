// Damaged configurations: nothing crashes, and what is refused is refused with a place in the file.
#include <algorithm>
#include <array>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "config/load.h"
#include "tests/config/case_file.h"

namespace tailrace::config {
namespace {

using Lines = std::vector<std::string>;

constexpr int kMutations = 1000;

Lines split(const std::string& text) {
  Lines lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  return lines;
}

std::string join(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines)
    text += line + "\n";
  return text;
}

// A line that is more than a comment, so that a change shows.
std::size_t pick_line(const Lines& lines, Random& random) {
  for (int tries = 0; tries < 20; ++tries) {
    const std::size_t at = random.below(lines.size());
    const std::size_t first = lines[at].find_first_not_of(' ');
    if (first != std::string::npos && lines[at][first] != '#') return at;
  }
  return random.below(lines.size());
}

void flip_byte(Lines& lines, std::size_t at, Random& random) {
  std::string& line = lines[at];
  if (line.empty()) return;
  char& c = line[random.below(line.size())];
  c = static_cast<char>(static_cast<unsigned char>(c) ^ (1U << random.below(8)));
}

void indent(Lines& lines, std::size_t at, Random& random) {
  constexpr std::array<const char*, 4> kSpaces = {" ", "  ", "    ", "\t"};
  if (random.below(2) == 0 && lines[at].starts_with(' ')) {
    lines[at].erase(0, 1 + random.below(2));
  } else {
    lines[at].insert(0, kSpaces[random.below(kSpaces.size())]);
  }
}

void rename_key(Lines& lines, std::size_t at, Random& random) {
  const std::size_t colon = lines[at].find(':');
  if (colon == std::string::npos || colon == 0) return;
  constexpr std::array<const char*, 5> kEndings = {"s", "_x", "S", "", ":"};
  lines[at].replace(colon - 1, random.below(2), kEndings[random.below(kEndings.size())]);
}

void replace_scalar(Lines& lines, std::size_t at, Random& random) {
  constexpr std::array<const char*, 18> kScalars = {"",
                                                    "~",
                                                    "true",
                                                    "-1",
                                                    "1e400",
                                                    "0x",
                                                    "1d",
                                                    "[]",
                                                    "{}",
                                                    "\"\"",
                                                    "'a: b'",
                                                    "*a",
                                                    "&a [*a]",
                                                    "[a, {}]",
                                                    "|",
                                                    "!!int",
                                                    "99999999999999999999",
                                                    "{<<: a}"};
  const std::size_t colon = lines[at].find(": ");
  if (colon == std::string::npos) {
    lines[at] += kScalars[random.below(kScalars.size())];
  } else {
    lines[at] = lines[at].substr(0, colon + 2) + kScalars[random.below(kScalars.size())];
  }
}

void mutate(Lines& lines, Random& random) {
  const std::size_t at = pick_line(lines, random);
  const auto where = lines.begin() + static_cast<std::ptrdiff_t>(at);
  switch (random.below(7)) {
    case 0:
      flip_byte(lines, at, random);
      break;
    case 1:
      lines.erase(where);
      break;
    case 2:
      lines.insert(where, std::string(*where));
      break;
    case 3:
      indent(lines, at, random);
      break;
    case 4:
      rename_key(lines, at, random);
      break;
    case 5:
      replace_scalar(lines, at, random);
      break;
    default:
      std::swap(*where, lines[pick_line(lines, random)]);
      break;
  }
}

// Everything that must hold of a result, whatever the text. Says whether the text was refused.
bool check_result(const std::string& text) {
  const LoadResult result = load_text(text, "mutated.yaml", Overrides{});
  int errors = 0;
  int placed = 0;
  for (const Diagnostic& diagnostic : result.diagnostics) {
    EXPECT_FALSE(diagnostic.message.empty());
    if (diagnostic.severity != Diagnostic::Severity::kError) continue;
    ++errors;
    if (diagnostic.location.line > 0) ++placed;
    EXPECT_LE(diagnostic.location.line, 1 + std::count(text.begin(), text.end(), '\n'));
  }
  EXPECT_EQ(result.config.has_value(), errors == 0);
  EXPECT_EQ(placed, errors) << format_diagnostics(result.diagnostics, "mutated.yaml", text);
  EXPECT_EQ(format_diagnostics(result.diagnostics, "mutated.yaml", text).empty(),
            result.diagnostics.empty());
  return errors > 0;
}

TEST(ConfigMutations, are_taken_or_refused_with_a_place) {
  const auto paths = case_paths("good");
  Random random(20'261'121);
  int refused = 0;
  for (int i = 0; i < kMutations && !testing::Test::HasFailure(); ++i) {
    const auto& path = paths[static_cast<std::size_t>(i) % paths.size()];
    Lines lines = split(read_case(path).text);
    for (std::uint64_t changes = 1 + random.below(3); changes > 0 && !lines.empty(); --changes)
      mutate(lines, random);
    const std::string text = join(lines);
    SCOPED_TRACE(path.filename().string() + ", mutation " + std::to_string(i) + ":\n" + text);
    if (check_result(text)) ++refused;
  }
  // Both happen often; else the mutations are too tame or too wild.
  EXPECT_GT(refused, kMutations / 4);
  EXPECT_LT(refused, kMutations * 19 / 20);
}

}  // namespace
}  // namespace tailrace::config
