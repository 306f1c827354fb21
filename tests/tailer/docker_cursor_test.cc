// Wherever a reading ends, the next one goes on exactly there.
#include "tailer/docker_cursor.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::tailer {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::int64_t kT = 1'795'319'076 * kNanosPerSecond;
constexpr auto kOut = DockerStream::kStdout;
constexpr auto kErr = DockerStream::kStderr;
constexpr std::int64_t kNever = DockerFrames::kNever;

struct LogLine {
  DockerStream stream;
  std::int64_t time_ns;
};
using LogLines = std::vector<LogLine>;

DockerLine line(const LogLine& one) {
  return {.time_ns = one.time_ns, .stream = one.stream};
}

DockerCursor after(const LogLines& log, std::size_t consumed) {
  DockerCursor cursor;
  for (std::size_t i = 0; i < consumed; ++i)
    cursor.consume(line(log[i]), DockerFrames::Format::kFrames);
  return cursor;
}

std::int64_t since_ns(const DockerCursor& cursor) {
  const std::string since = cursor.since();
  if (since == "0") return 0;
  return std::stoll(since.substr(0, since.find('.'))) * kNanosPerSecond +
         std::stoll(since.substr(since.find('.') + 1));
}

// As dockerd filters: older ones each line by itself; newer ones give all from the first that is
// young enough.
enum class Daemon { kOld, kNew };

// Which lines of the log come as new in the next reading.
std::vector<std::size_t> new_lines(const LogLines& log, DockerCursor cursor, Daemon daemon) {
  cursor.rewind(kNever);
  const std::int64_t since = since_ns(cursor);
  std::vector<std::size_t> found;
  bool begun = false;
  for (std::size_t i = 0; i < log.size(); ++i) {
    const bool young = log[i].time_ns >= since;
    begun = begun || young;
    if (daemon == Daemon::kOld ? !young : !begun) continue;
    if (!cursor.knows_line(line(log[i]))) found.push_back(i);
  }
  return found;
}

// Wherever reading was broken off, and over a text, the next one goes on exactly there.
void expect_exact(const LogLines& log) {
  for (std::size_t consumed = 0; consumed <= log.size(); ++consumed) {
    std::vector<std::size_t> rest;
    for (std::size_t i = consumed; i < log.size(); ++i)
      rest.push_back(i);
    const DockerCursor cursor = after(log, consumed);
    for (const Daemon daemon : {Daemon::kOld, Daemon::kNew}) {
      EXPECT_EQ(new_lines(log, cursor, daemon), rest) << consumed;
      const auto again = DockerCursor::parse(cursor.details(kNever));
      ASSERT_TRUE(again);
      EXPECT_EQ(new_lines(log, *again, daemon), rest) << consumed;
    }
  }
}

TEST(DockerCursor, goes_on_behind_the_last_line) {
  expect_exact({{kOut, kT},
                {kOut, kT + 1},
                {kOut, kT + 5 * kNanosPerSecond},
                {kOut, kT + 3600 * kNanosPerSecond}});
}

TEST(DockerCursor, tells_lines_of_one_time_apart) {
  expect_exact({{kOut, kT},
                {kOut, kT},
                {kErr, kT},
                {kOut, kT},
                {kErr, kT},
                {kOut, kT + 1},
                {kErr, kT + 1},
                {kErr, kT + 1}});
}

TEST(DockerCursor, bears_streams_that_overtake_each_other) {
  expect_exact({{kOut, kT + 10},
                {kErr, kT + 5},
                {kOut, kT + 20},
                {kErr, kT + 6},
                {kErr, kT + 20},
                {kOut, kT + kNanosPerSecond},
                {kErr, kT + 21},
                {kOut, kT + kNanosPerSecond}});
}

TEST(DockerCursor, bears_a_stream_that_was_silent_for_long) {
  expect_exact({{kErr, kT},
                {kOut, kT + 60 * kNanosPerSecond},
                {kOut, kT + 9000 * kNanosPerSecond},
                {kErr, kT + 9000 * kNanosPerSecond},
                {kErr, kT + 9001 * kNanosPerSecond}});
}

TEST(DockerCursor, bears_a_clock_that_was_set_back) {
  LogLines log = {{kOut, kT + 100 * kNanosPerSecond}, {kErr, kT + 101 * kNanosPerSecond},
                  {kOut, kT + 102 * kNanosPerSecond}, {kOut, kT + 40 * kNanosPerSecond},
                  {kOut, kT + 41 * kNanosPerSecond},  {kErr, kT + 41 * kNanosPerSecond},
                  {kErr, kT + 42 * kNanosPerSecond},  {kOut, kT + 102 * kNanosPerSecond + 5}};
  // A daemon of the older kind does not give lines that are written before the cursor's time, so
  // the set-back itself must have been seen.
  for (std::size_t consumed = 0; consumed <= log.size(); ++consumed) {
    std::vector<std::size_t> rest;
    for (std::size_t i = consumed; i < log.size(); ++i)
      rest.push_back(i);
    EXPECT_EQ(new_lines(log, after(log, consumed), Daemon::kNew), rest) << consumed;
    if (consumed >= 4) {
      EXPECT_EQ(new_lines(log, after(log, consumed), Daemon::kOld), rest) << consumed;
    }
  }
}

// One stream is silent after it: what it wrote then is older than the overlap of the other's last.
TEST(DockerCursor, bears_a_clock_that_was_set_back_with_a_stream_that_is_silent) {
  const LogLines log = {{kErr, kT + 101 * kNanosPerSecond}, {kErr, kT + 40 * kNanosPerSecond},
                        {kOut, kT + 41 * kNanosPerSecond},  {kOut, kT + 45 * kNanosPerSecond},
                        {kErr, kT + 46 * kNanosPerSecond},  {kErr, kT + 47 * kNanosPerSecond}};
  for (std::size_t consumed = 2; consumed <= log.size(); ++consumed) {
    std::vector<std::size_t> rest;
    for (std::size_t i = consumed; i < log.size(); ++i)
      rest.push_back(i);
    EXPECT_EQ(new_lines(log, after(log, consumed), Daemon::kOld), rest) << consumed;
  }
}

TEST(DockerCursor, goes_on_when_the_known_lines_were_rotated_away) {
  const LogLines log = {{kOut, kT}, {kOut, kT}, {kOut, kT}, {kOut, kT + 1}, {kOut, kT + 2}};
  const DockerCursor cursor = after(log, 3);
  const LogLines rest(log.begin() + 2, log.end());  // One of three is left.
  EXPECT_EQ(new_lines(rest, cursor, Daemon::kOld), (std::vector<std::size_t>{1, 2}));
}

TEST(DockerCursor, goes_back_to_what_was_open) {
  DockerCursor cursor = after({{kOut, kT}, {kErr, kT + 100 * kNanosPerSecond}}, 2);
  EXPECT_EQ(since_ns(cursor), kT + 98 * kNanosPerSecond);
  // A long line of stdout began, and its end is not there.
  const std::string details = cursor.details(kT + 50 * kNanosPerSecond);
  EXPECT_EQ(cursor.seconds(kT + 50 * kNanosPerSecond), "1795319126");
  cursor.rewind(kT + 50 * kNanosPerSecond);
  EXPECT_EQ(since_ns(cursor), kT + 48 * kNanosPerSecond);
  // Read again, it is no longer owed once it has come.
  EXPECT_FALSE(cursor.knows_line(line({kOut, kT + 49 * kNanosPerSecond})));
  cursor.rewind(kNever);
  EXPECT_EQ(since_ns(cursor), kT + 48 * kNanosPerSecond);
  cursor.on_open(kT + 50 * kNanosPerSecond);
  cursor.rewind(kNever);
  EXPECT_EQ(since_ns(cursor), kT + 98 * kNanosPerSecond);
  const auto restarted = DockerCursor::parse(details);
  ASSERT_TRUE(restarted);
  EXPECT_EQ(since_ns(*restarted), kT + 48 * kNanosPerSecond);
}

TEST(DockerCursor, does_not_go_back_for_ever_to_what_does_not_come) {
  DockerCursor cursor = after({{kOut, kT + 60 * kNanosPerSecond}}, 1);
  cursor.rewind(kT);
  cursor.knows_line(line({kErr, kT + 60 * kNanosPerSecond}));
  cursor.rewind(kNever);
  EXPECT_EQ(since_ns(cursor), kT + 58 * kNanosPerSecond);
}

TEST(DockerCursor, begins_behind_an_unterminated_last_line_of_raw_text) {
  DockerCursor cursor;
  DockerLine prompt = line({kOut, kT});
  prompt.unterminated = true;
  cursor.consume(prompt, DockerFrames::Format::kRaw);
  EXPECT_EQ(since_ns(cursor), kT + 1);
  EXPECT_EQ(since_ns(*DockerCursor::parse(cursor.details(kNever))), kT + 1);
  // With frames the next part is another line anyway.
  cursor.consume(prompt, DockerFrames::Format::kFrames);
  EXPECT_EQ(since_ns(cursor), kT - 2 * kNanosPerSecond);
}

TEST(DockerCursor, adopts_seconds_and_never_goes_before_them) {
  DockerCursor cursor = DockerCursor::from_seconds(kT / kNanosPerSecond);
  EXPECT_EQ(cursor.since(), "1795319076.000000000");
  EXPECT_EQ(cursor.seconds(kNever), "1795319076");
  cursor.consume(line({kOut, kT + 5}), DockerFrames::Format::kFrames);
  EXPECT_EQ(cursor.since(), "1795319076.000000000");
  cursor.consume(line({kOut, kT + 9 * kNanosPerSecond}), DockerFrames::Format::kFrames);
  EXPECT_EQ(cursor.since(), "1795319083.000000000");
  EXPECT_EQ(cursor.seconds(kNever), "1795319085");
  EXPECT_EQ(DockerCursor::from_seconds(-5).since(), "0");
}

TEST(DockerCursor, begins_at_the_beginning) {
  EXPECT_EQ(DockerCursor().since(), "0");
}

TEST(DockerCursor, refuses_texts_that_are_not_its_own) {
  const std::string good = DockerCursor().details(kNever);
  ASSERT_TRUE(DockerCursor::parse(good));
  for (std::size_t i = 0; i < good.size(); ++i)
    EXPECT_FALSE(DockerCursor::parse(std::string_view(good).substr(0, i))) << i;
  EXPECT_FALSE(DockerCursor::parse(good + "0 "));
  EXPECT_FALSE(DockerCursor::parse("left 2026"));
}

}  // namespace
}  // namespace tailrace::tailer
