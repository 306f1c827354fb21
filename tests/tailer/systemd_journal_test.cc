// The journal as an input, on real journal files: rotation, vacuum, damage, matches.
#include "tailer/systemd_journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "tests/tailer/journal_file.h"
#include "tests/tailer/journal_rig.h"

namespace tailrace::tailer {
namespace {

using Texts = std::vector<std::string>;

class SystemdJournalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string missing = missing_journal_writer();
    if (!missing.empty() && peers_are_required()) FAIL() << missing;
    if (!missing.empty()) GTEST_SKIP() << missing;
    std::string pattern = ::testing::TempDir() + "tailrace-journal-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    rig_.options.path = folder_;
    rig_.options.labels = {{"job", "j"}};
  }
  void TearDown() override {
    rig_.reader.reset();
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  std::string path(const std::string& name) const { return folder_ + "/" + name + ".journal"; }
  void write(const std::string& name, const std::vector<WrittenEntry>& entries) {
    ASSERT_TRUE(append_to_journal(path(name), entries));
  }
  // Entries "first" to "last - 1", each of its own millisecond.
  static std::vector<WrittenEntry> numbered(int first, int last) {
    std::vector<WrittenEntry> entries;
    for (int i = first; i < last; ++i)
      entries.push_back(entry(i, {"MESSAGE=" + std::to_string(i), "_HOSTNAME=h"}));
    return entries;
  }
  static WrittenEntry entry(int at, std::vector<std::string> fields) {
    constexpr std::uint64_t kBegin = 1'767'225'600'000'000;  // FakeClock's.
    const auto offset = static_cast<std::uint64_t>(at) * 1000;
    return {std::move(fields), kBegin + offset, 1'000'000 + offset};
  }
  // Overwrites what lies between two texts in a file.
  void damage(const std::string& name, std::string_view from, std::string_view to) {
    std::fstream file(path(name), std::ios::in | std::ios::out | std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const std::size_t begin = bytes.find(from);
    const std::size_t end = bytes.find(to);
    ASSERT_LT(begin, end);
    ASSERT_NE(end, std::string::npos);
    file.seekp(static_cast<std::streamoff>(begin));
    file << std::string(end - begin, '\xff');
  }
  static Texts texts(int first, int last) {
    Texts result;
    for (int i = first; i < last; ++i)
      result.push_back(std::to_string(i));
    return result;
  }
  // Until the reader has something, which an event must tell.
  Texts take_soon() {
    Texts all;
    const auto end = std::chrono::seconds(20);
    const SystemClock clock;
    const SteadyTime deadline = clock.steady_now() + end;
    while (all.empty() && clock.steady_now() < deadline) {
      EXPECT_TRUE(rig_.loop->wait(clock, deadline));
      all = rig_.take_all();
    }
    return all;
  }

  std::string folder_;
  JournalRig rig_;
};

TEST_F(SystemdJournalTest, reads_all_and_goes_on_behind_what_it_read) {
  write("a", numbered(0, 10));
  rig_.start();
  EXPECT_EQ(rig_.take_all(), texts(0, 10));
  rig_.stop();
  rig_.start();
  EXPECT_TRUE(rig_.take_all().empty());
  rig_.stop();
  write("a", numbered(10, 12));
  rig_.start();
  EXPECT_EQ(rig_.take_all(), texts(10, 12));
}

TEST_F(SystemdJournalTest, every_place_in_a_block_can_be_gone_on_from) {
  write("a", numbered(0, 20));
  for (int i = 0; i < 20; ++i) {
    rig_.resume.reset();
    rig_.start();
    const auto lines = rig_.read();
    ASSERT_EQ(lines.size(), 20U);
    rig_.reader->consume(lines[static_cast<std::size_t>(i)]);
    rig_.stop();
    rig_.start();
    EXPECT_EQ(rig_.take_all(), texts(i + 1, 20));
  }
}

TEST_F(SystemdJournalTest, equal_entries_of_one_moment_all_count) {
  std::vector<WrittenEntry> entries(5, entry(0, {"MESSAGE=same"}));
  write("a", entries);
  rig_.start();
  const auto lines = rig_.read();
  ASSERT_EQ(lines.size(), 5U);
  rig_.reader->consume(lines[1]);
  rig_.stop();
  rig_.start();
  EXPECT_EQ(rig_.take_all(), Texts(3, "same"));
}

TEST_F(SystemdJournalTest, follows_files_that_grow_and_files_that_come) {
  write("a", numbered(0, 2));
  rig_.start();
  EXPECT_EQ(rig_.take_all(), texts(0, 2));
  write("a", numbered(2, 4));
  EXPECT_EQ(take_soon(), texts(2, 4));
  write("b", numbered(4, 6));
  EXPECT_EQ(take_soon(), texts(4, 6));
  std::filesystem::rename(path("b"), path("b@archived"));
  write("b", numbered(6, 8));
  EXPECT_EQ(take_soon(), texts(6, 8));
}

TEST_F(SystemdJournalTest, reads_to_the_end_of_files_that_are_deleted_meanwhile) {
  const int many = static_cast<int>(JournalReader::kLookedAtMax) + 100;
  write("a", numbered(0, many));
  rig_.start();
  Texts read;
  for (const Line& line : rig_.read())
    read.emplace_back(line.text);
  ASSERT_EQ(read.size(), JournalReader::kLookedAtMax);
  rig_.reader->consume(rig_.read().back());
  std::filesystem::remove(path("a"));
  write("b", numbered(many, many + 10));
  EXPECT_TRUE(rig_.loop->wait(rig_.clock, rig_.clock.steady_now()));
  while (read.size() < static_cast<std::size_t>(many)) {
    const Texts more = rig_.take_all();
    ASSERT_FALSE(more.empty());
    read.insert(read.end(), more.begin(), more.end());
  }
  if (read.size() == static_cast<std::size_t>(many)) {
    const Texts more = take_soon();
    read.insert(read.end(), more.begin(), more.end());
  }
  EXPECT_EQ(read, texts(0, many + 10));
}

TEST_F(SystemdJournalTest, goes_on_behind_a_cursor_whose_file_is_gone) {
  write("a", numbered(0, 10));
  write("b", numbered(10, 20));
  rig_.start();
  const auto lines = rig_.read();
  ASSERT_EQ(lines.size(), 20U);
  rig_.reader->consume(lines[4]);
  rig_.stop();
  std::filesystem::remove(path("a"));
  rig_.start();
  EXPECT_EQ(rig_.take_all(), texts(10, 20));
}

TEST_F(SystemdJournalTest, entries_that_were_moved_to_another_file_do_not_come_again) {
  write("a", numbered(0, 10));
  rig_.start();
  const auto lines = rig_.read();
  ASSERT_EQ(lines.size(), 10U);
  rig_.reader->consume(lines[4]);
  rig_.stop();
  std::filesystem::remove(path("a"));
  write("b", numbered(0, 12));
  rig_.start();
  EXPECT_EQ(rig_.take_all(), texts(5, 12));
}

// The boot of the cursor ends earlier in the only file that is left.
TEST_F(SystemdJournalTest, goes_on_in_a_later_boot_when_the_end_of_an_earlier_one_is_lost) {
  write("a", numbered(0, 10));
  rig_.start();
  EXPECT_EQ(rig_.take_all(), texts(0, 10));
  rig_.stop();
  std::filesystem::remove(path("a"));
  std::vector<WrittenEntry> entries = numbered(0, 5);
  for (int i = 20; i < 25; ++i) {
    entries.push_back(entry(i, {"MESSAGE=" + std::to_string(i)}));
    entries.back().boot = "d28621b32e804598bec093da34167a35";
    entries.back().monotonic_us = static_cast<std::uint64_t>(i);
  }
  write("b", entries);
  rig_.start();
  EXPECT_EQ(rig_.take_all(), texts(20, 25));
}

TEST_F(SystemdJournalTest, damaged_files_hold_up_nothing) {
  write("a", numbered(0, 300));
  write("b", numbered(300, 310));
  damage("a", "MESSAGE=100", "MESSAGE=200");
  std::ofstream(path("c")) << "no journal at all";
  rig_.start();
  Texts read = rig_.take_all();
  for (int i = 0; i < 10 && (read.empty() || read.back() != "309"); ++i) {
    rig_.clock.advance(std::chrono::minutes(2));
    const Texts more = rig_.take_all();
    read.insert(read.end(), more.begin(), more.end());
  }
  ASSERT_GE(read.size(), 10U);
  EXPECT_EQ(Texts(read.end() - 10, read.end()), texts(300, 310));
  EXPECT_LT(read.size(), 310U) << "nothing was damaged";
  write("d", numbered(310, 312));
  EXPECT_EQ(take_soon(), texts(310, 312));
}

TEST_F(SystemdJournalTest, matches_of_one_field_are_either_and_of_several_all) {
  write("a", {entry(0, {"MESSAGE=0", "UNIT=a", "PRIORITY=3"}),
              entry(1, {"MESSAGE=1", "UNIT=b", "PRIORITY=3"}),
              entry(2, {"MESSAGE=2", "UNIT=c", "PRIORITY=3"}),
              entry(3, {"MESSAGE=3", "UNIT=a", "PRIORITY=6"})});
  rig_.options.matches = {"UNIT=a", "PRIORITY=3", "UNIT=b"};
  rig_.start();
  EXPECT_EQ(rig_.take_all(), texts(0, 2));
  rig_.stop();
  rig_.options.matches = {"UNIT=a"};
  rig_.start();
  EXPECT_EQ(rig_.take_all(), texts(3, 4));
}

TEST_F(SystemdJournalTest, the_first_start_begins_max_age_ago) {
  write("a", numbered(0, 10));
  rig_.options.age_max = std::chrono::milliseconds(-5);
  rig_.start();
  EXPECT_EQ(rig_.take_all(), texts(5, 10));
}

TEST_F(SystemdJournalTest, compressed_messages_come_up_to_the_limit) {
  write("a", {entry(0, {"MESSAGE=" + std::string(5000, 'x')}), entry(1, {"MESSAGE=1"})});
  rig_.options.line_bytes_max = 4000;
  rig_.start();
  EXPECT_EQ(rig_.take_all(), (Texts{std::string(4000, 'x'), "1"}));
}

TEST_F(SystemdJournalTest, a_folder_that_comes_later_is_found) {
  rig_.options.path = folder_ + "/later";
  rig_.start();
  EXPECT_FALSE(rig_.reader->status().ready);
  EXPECT_NE(rig_.reader->status().trouble, "");
  std::filesystem::create_directory(rig_.options.path);
  write("later/a", numbered(0, 3));
  rig_.clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(rig_.take_all(), texts(0, 3));
  // And one that is made anew.
  std::filesystem::remove_all(rig_.options.path);
  EXPECT_TRUE(rig_.take_all().empty());
  std::filesystem::create_directory(rig_.options.path);
  write("later/a", numbered(3, 6));
  Texts read;
  for (int i = 0; i < 3 && read.empty(); ++i) {
    EXPECT_TRUE(rig_.loop->wait(rig_.clock, rig_.clock.steady_now()));
    rig_.clock.advance(std::chrono::minutes(2));
    read = rig_.take_all();
  }
  EXPECT_EQ(read, texts(3, 6));
}

}  // namespace
}  // namespace tailrace::tailer
