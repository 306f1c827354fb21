// Log lines: form, quoting, levels, folding.
#include "base/log.h"

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"

namespace tailrace {
namespace {

class LogTest : public ::testing::Test {
 protected:
  LogTest() { start({}); }

  void start(Log::Options options) {
    log_.emplace(clock_, options, [this](std::string_view line) { lines_.emplace_back(line); });
  }
  // The last line without the part that all have.
  std::string rest() const {
    const std::string prefix = "ts=2026-01-01T00:00:00.000Z msg=";
    const std::string& line = lines_.back();
    return line.substr(line.find(prefix) + prefix.size());
  }

  testing::FakeClock clock_;
  std::optional<Log> log_;
  std::vector<std::string> lines_;
};

TEST_F(LogTest, a_line_has_level_time_message_and_fields_in_this_order) {
  clock_.advance(std::chrono::milliseconds(45'296'789));
  log_->info("file opened", {{"path", "/var/log/a b.log"}, {"size", "12"}});
  EXPECT_EQ(lines_.at(0),
            "level=info ts=2026-01-01T12:34:56.789Z msg=\"file opened\" path=\"/var/log/a b.log\" "
            "size=12\n");
}

TEST_F(LogTest, time_is_cut_to_milliseconds_also_before_1970) {
  clock_.advance(std::chrono::nanoseconds(1'999'999));
  log_->info("a");
  EXPECT_NE(lines_.at(0).find("T00:00:00.001Z"), std::string::npos);
  clock_.step_wall(wall_time_from_unix(-1) - clock_.wall_now());
  log_->info("a");
  EXPECT_NE(lines_.at(1).find("ts=1969-12-31T23:59:59.999Z"), std::string::npos);
}

TEST_F(LogTest, quotes_what_readers_of_logfmt_would_misread) {
  struct Case {
    std::string value;
    std::string shown;
  };
  for (const Case& c : std::vector<Case>{
           {"plain", "plain"},
           {"a/b:c,d", "a/b:c,d"},
           {"", "\"\""},
           {"a b", "\"a b\""},
           {"a=b", "\"a=b\""},
           {"say \"hi\"", "\"say \\\"hi\\\"\""},
           {"back\\slash", "\"back\\\\slash\""},
           {"line\nend\r\t", "\"line\\nend\\r\\t\""},
           {std::string("\x01\x1F\x7F\0", 4), "\"\\u0001\\u001f\\u007f\\u0000\""},
           {"caf\xC3\xA9", "caf\xC3\xA9"},
           {"bad\xFF", "\"bad\xEF\xBF\xBD\""},
       }) {
    log_->info("m", {{"v", c.value}});
    EXPECT_EQ(rest(), "m v=" + c.shown + "\n");
  }
}

TEST_F(LogTest, json_has_the_same_members_as_text) {
  start({.format = LogFormat::kJson});
  log_->error("it \"failed\"", {{"path", "a\nb"}});
  log_->error("it \"failed\"", {{"path", "a\nb"}});
  EXPECT_EQ(lines_.at(0),
            "{\"level\":\"error\",\"ts\":\"2026-01-01T00:00:00.000Z\",\"msg\":\"it "
            "\\\"failed\\\"\",\"path\":\"a\\nb\"}\n");
  EXPECT_TRUE(lines_.at(1).ends_with(",\"repeated\":\"2\"}\n"));
}

TEST_F(LogTest, writes_its_level_and_what_is_worse) {
  const std::vector<std::string> all = {"debug", "info", "warn", "error"};
  for (std::size_t level = 0; level < all.size(); ++level) {
    lines_.clear();
    start({.level = static_cast<LogLevel>(level)});
    log_->debug("m");
    log_->info("m");
    log_->warn("m");
    log_->error("m");
    ASSERT_EQ(lines_.size(), all.size() - level);
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      EXPECT_TRUE(lines_[i].starts_with("level=" + all[level + i] + " "));
    }
  }
}

TEST_F(LogTest, options_change_while_it_runs) {
  log_->debug("unseen");
  log_->set_options({.level = LogLevel::kDebug, .format = LogFormat::kJson});
  log_->debug("seen");
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_TRUE(lines_[0].starts_with("{\"level\":\"debug\""));
}

TEST_F(LogTest, a_repeated_warning_appears_at_powers_of_two_with_its_count) {
  for (int i = 0; i < 10; ++i)
    log_->warn("disk full", {{"path", "/a"}});
  ASSERT_EQ(lines_.size(), 4U);
  EXPECT_EQ(lines_[0].find("repeated"), std::string::npos);
  EXPECT_TRUE(lines_[1].ends_with(" path=/a repeated=2\n"));
  EXPECT_TRUE(lines_[2].ends_with(" repeated=4\n"));
  EXPECT_TRUE(lines_[3].ends_with(" repeated=8\n"));
}

TEST_F(LogTest, other_text_fields_or_level_is_another_message) {
  log_->warn("m", {{"k", "1"}});
  log_->warn("m", {{"k", "2"}});
  log_->warn("n", {{"k", "1"}});
  log_->error("m", {{"k", "1"}});
  EXPECT_EQ(lines_.size(), 4U);
}

TEST_F(LogTest, info_and_debug_are_never_folded) {
  start({.level = LogLevel::kDebug});
  for (int i = 0; i < 5; ++i)
    log_->info("m");
  for (int i = 0; i < 5; ++i)
    log_->debug("m");
  EXPECT_EQ(lines_.size(), 10U);
}

TEST_F(LogTest, what_repeats_is_still_folded_among_thousands_of_other_texts) {
  for (int i = 0; i < 2000; ++i) {
    log_->warn("often");
    log_->warn("once", {{"number", std::to_string(i)}});
  }
  // 2,000 texts of their own, and the 1st, 2nd, 4th ... 1,024th of the other.
  EXPECT_EQ(lines_.size(), 2000U + 11U);
}

TEST_F(LogTest, remembers_256_texts_and_then_forgets_the_rarest) {
  for (int i = 0; i < 255; ++i)
    log_->warn("text", {{"number", std::to_string(i)}});
  log_->warn("text", {{"number", "0"}});
  log_->warn("text", {{"number", "255"}});  // The 256th: all are still known.
  log_->warn("text", {{"number", "0"}});
  EXPECT_EQ(lines_.size(), 257U);           // The third "0" is folded.
  log_->warn("text", {{"number", "256"}});  // One too many: those seen once go.
  log_->warn("text", {{"number", "0"}});
  EXPECT_TRUE(lines_.back().ends_with(" repeated=4\n"));
  log_->warn("text", {{"number", "1"}});
  EXPECT_TRUE(lines_.back().ends_with(" number=1\n"));
}

TEST_F(LogTest, lines_of_two_threads_do_not_mix) {
  const auto write = [this](std::string text) {
    for (int i = 0; i < 200; ++i)
      log_->info(text);
  };
  std::thread other(write, std::string(100, 'a'));
  write(std::string(100, 'b'));
  other.join();
  ASSERT_EQ(lines_.size(), 400U);
  for (const std::string& line : lines_)
    EXPECT_EQ(line.size(), lines_[0].size());
}

TEST_F(LogTest, messages_are_counted_by_level_also_those_not_written) {
  log_->debug("below the level");
  for (int i = 0; i < 3; ++i)
    log_->warn("folded");
  log_->info("written");
  EXPECT_EQ(log_->messages(LogLevel::kDebug), 1U);
  EXPECT_EQ(log_->messages(LogLevel::kInfo), 1U);
  EXPECT_EQ(log_->messages(LogLevel::kWarn), 3U);
  EXPECT_EQ(log_->messages(LogLevel::kError), 0U);
  EXPECT_EQ(lines_.size(), 3U);
}

TEST(Log, discard_writes_nothing) {
  const testing::FakeClock clock;
  Log::discard(clock).error("unseen");
}

}  // namespace
}  // namespace tailrace
