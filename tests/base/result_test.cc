// Results and the texts of system errors.
#include "base/result.h"

#include <cerrno>
#include <memory>

#include <gtest/gtest.h>

namespace tailrace {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return fail(Error::kInvalid, "odd");
  return number / 2;
}

TEST(Result, holds_a_value_or_an_error) {
  EXPECT_EQ(*half(8), 4);
  const Result<int> failed = half(3);
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().code, Error::kInvalid);
  EXPECT_EQ(failed.error().message, "odd");
}

TEST(Result, an_error_travels_on_whole) {
  const auto outer = []() -> Result<std::unique_ptr<int>> {
    const Result<int> inner = half(1);
    if (!inner) return fail(inner.error());
    return std::make_unique<int>(*inner);
  };
  EXPECT_EQ(outer().error().message, "odd");
}

TEST(Result, a_status_is_success_by_default) {
  EXPECT_TRUE(Status{}.has_value());
}

TEST(SystemFailure, says_what_was_tried_and_the_systems_reason) {
  const Error error = system_failure(EACCES, "open /var/log/a");
  EXPECT_EQ(error.code, EACCES);
  EXPECT_EQ(error.message, "open /var/log/a: Permission denied");
}

}  // namespace
}  // namespace tailrace
