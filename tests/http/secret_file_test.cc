// Secrets in files.
#include "http/secret_file.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"

namespace tailrace::http {
namespace {

using testing::FakeClock;
using testing::MemoryFileSystem;
using testing::Operation;

TEST(SecretFile, trims_white_space_around) {
  FakeClock clock;
  MemoryFileSystem files(clock);
  files.append("/s", " \n\ttop secret\r\n\v\f");
  EXPECT_EQ(SecretFile(files, "/s").read().value_or("?"), "top secret");
  files.append("/blank", " \n");
  EXPECT_EQ(SecretFile(files, "/blank").read().value_or("?"), "");
}

TEST(SecretFile, reads_again_only_when_the_file_changed) {
  FakeClock clock;
  MemoryFileSystem files(clock);
  files.append("/s", "old");
  SecretFile secret(files, "/s");
  ASSERT_TRUE(secret.read().has_value());
  files.fail_on(Operation::kOpen, "/s", EACCES);
  EXPECT_EQ(secret.read().value_or("?"), "old");
  files.clear_failures();
  clock.advance(std::chrono::seconds(1));
  files.overwrite("/s", "new");  // As long as before; only the time tells.
  EXPECT_EQ(secret.read().value_or("?"), "new");
  files.append("/s", "er");
  EXPECT_EQ(secret.read().value_or("?"), "newer");
}

TEST(SecretFile, sees_another_file_under_its_name) {
  FakeClock clock;
  MemoryFileSystem files(clock);
  files.append("/s", "old");
  files.append("/t", "new");
  SecretFile secret(files, "/s");
  ASSERT_TRUE(secret.read().has_value());
  ASSERT_TRUE(files.rename("/t", "/s").has_value());
  EXPECT_EQ(secret.read().value_or("?"), "new");
}

TEST(SecretFile, reads_in_pieces_and_not_without_end) {
  FakeClock clock;
  MemoryFileSystem files(clock);
  files.append("/long", std::string(10'000, 'x'));
  files.limit_reads_to(300);
  EXPECT_EQ(SecretFile(files, "/long").read().value_or("?"), std::string(10'000, 'x'));
  files.limit_reads_to(1U << 20U);
  files.append("/huge", std::string(3U << 20U, 'x'));
  EXPECT_LT(SecretFile(files, "/huge").read().value_or("").size(), 2U << 20U);
}

TEST(SecretFile, fails_with_the_systems_error) {
  FakeClock clock;
  MemoryFileSystem files(clock);
  SecretFile secret(files, "/s");
  EXPECT_EQ(secret.read().error().code, ENOENT);
  files.append("/s", "x");
  files.fail_on(Operation::kOpen, "/s", EACCES, 1);
  EXPECT_EQ(secret.read().error().code, EACCES);
  files.fail_on(Operation::kRead, "/s", EIO, 1);
  EXPECT_EQ(secret.read().error().code, EIO);
  EXPECT_EQ(secret.read().value_or("?"), "x");
}

}  // namespace
}  // namespace tailrace::http
