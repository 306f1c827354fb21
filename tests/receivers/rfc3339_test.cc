// Times that are, and texts that only look like it.
#include "receivers/rfc3339.h"

#include <gtest/gtest.h>

namespace tailrace::receivers {
namespace {

TEST(Rfc3339, reads_times) {
  struct Case {
    const char* text;
    std::int64_t ns;
  };
  for (const Case& one :
       {Case{"1970-01-01T00:00:00Z", 0}, Case{"2023-11-14T22:13:20Z", 1'700'000'000'000'000'000},
        Case{"2023-11-14t22:13:20.5z", 1'700'000'000'500'000'000},
        Case{"2023-11-14T22:13:20.1234567891+00:00", 1'700'000'000'123'456'789},
        Case{"2023-11-15T00:13:20+02:00", 1'700'000'000'000'000'000},
        Case{"2023-11-14T19:43:20-02:30", 1'700'000'000'000'000'000},
        Case{"1969-12-31T23:59:59.999999999Z", -1},
        Case{"2016-12-31T23:59:60Z", 1483228800'000000000}}) {
    EXPECT_EQ(parse_rfc3339(one.text), one.ns) << one.text;
  }
}

TEST(Rfc3339, refuses_the_rest) {
  for (const char* text :
       {"", "2023", "2023-11-14", "2023-11-14T22:13:20", "2023-11-14 22:13:20Z",
        "2023-02-30T00:00:00Z", "2023-13-01T00:00:00Z", "2023-11-14T24:00:00Z",
        "2023-11-14T22:13:20.Z", "2023-11-14T22:13:20+02", "2023-11-14T22:13:20Zx",
        "23-11-14T22:13:20Z", "2023-11-14T22:13:61Z", "2023-1a-14T22:13:20Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

}  // namespace
}  // namespace tailrace::receivers
