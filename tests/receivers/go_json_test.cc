// Numbers and text as Go's encoding/json writes them.
#include "receivers/go_json.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::receivers {
namespace {

TEST(GoJson, writes_numbers) {
  const std::vector<std::pair<double, std::string>> cases = {
      {0, "0"},
      {-0.0, "-0"},
      {1, "1"},
      {-1.5, "-1.5"},
      {100, "100"},
      {1e20, "100000000000000000000"},
      {1e21, "1e+21"},
      {1e-6, "0.000001"},
      {1e-7, "1e-7"},
      {1.25e-10, "1.25e-10"},
      {12345678901234567890.0, "12345678901234567000"},
      {1385053862.3072, "1385053862.3072"},
      {1e300, "1e+300"},
      {0.1, "0.1"}};
  for (const auto& [value, wanted] : cases) {
    std::string out;
    append_go_json_number(out, value);
    EXPECT_EQ(out, wanted);
  }
}

TEST(GoJson, writes_text) {
  std::string out;
  append_go_json_text(out, "a\"\\\n\r\t\b\f\x01<>&\xc3\xa9\xff\xe2\x80\xa8\xe2\x80\xa9");
  EXPECT_EQ(out,
            "\"a\\\"\\\\\\n\\r\\t\\b\\f\\u0001\\u003c\\u003e\\u0026\xc3\xa9\xef\xbf\xbd"
            "\\u2028\\u2029\"");
}

}  // namespace
}  // namespace tailrace::receivers
