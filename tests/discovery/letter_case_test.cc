// Letter case beyond ASCII.
#include "discovery/letter_case.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::discovery {
namespace {

struct CaseCase {
  std::string text;
  std::string lower;
  std::string upper;
};

TEST(LetterCase, knows_all_alphabets) {
  const std::vector<CaseCase> cases = {
      {"", "", ""},
      {"Az@[`{09", "az@[`{09", "AZ@[`{09"},
      {"\xc3\x84\xc3\xa4", "\xc3\xa4\xc3\xa4", "\xc3\x84\xc3\x84"},     // A-umlaut.
      {"\xd0\x96\xd0\xb6", "\xd0\xb6\xd0\xb6", "\xd0\x96\xd0\x96"},     // Cyrillic.
      {"\xe1\xb8\x80", "\xe1\xb8\x81", "\xe1\xb8\x80"},                 // Three bytes.
      {"\xf0\x90\x90\x80x", "\xf0\x90\x90\xa8x", "\xf0\x90\x90\x80X"},  // Four bytes.
      {"\xe6\x97\xa5", "\xe6\x97\xa5", "\xe6\x97\xa5"},                 // No case.
      {"A\xff", "a\xef\xbf\xbd", "A\xef\xbf\xbd"},                      // Not UTF-8.
  };
  for (const CaseCase& one : cases) {
    EXPECT_EQ(to_case(one.text, LetterCase::kLower), one.lower) << one.text;
    EXPECT_EQ(to_case(one.text, LetterCase::kUpper), one.upper) << one.text;
  }
}

}  // namespace
}  // namespace tailrace::discovery
