// The reader against a zone whose log is made of numbers, on a scripted transport.
#include "tailer/cloudflare_reader.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/scripted_transport.h"

namespace tailrace::tailer {
namespace {

using testing::FakeClock;
using testing::ScriptedTransport;

constexpr std::int64_t kSecondLine = 1'000'000'000;
constexpr std::int64_t kMinute = 60 * kSecondLine;
// A line of log every second; the one of second N is "N".
constexpr std::int64_t kNow = 1'700'000'040 * kSecondLine;

std::int64_t number_behind(const std::string& url, const std::string& name) {
  const std::size_t at = url.find(name + "=") + name.size() + 1;
  std::int64_t number = 0;
  std::from_chars(url.data() + at, url.data() + url.size(), number);
  return number;
}

std::string line_of(std::int64_t second) {
  return R"({"RayID":"r)" + std::to_string(second) + R"(","EdgeStartTimestamp":)" +
         std::to_string(second * kSecondLine) + "}";
}

struct Rig {
  Rig() {
    clock.step_wall(wall_time_from_unix(kNow) - clock.wall_now());
    transport.answer_with([this](const ScriptedTransport::Sent& sent) {
      ScriptedTransport::Reply reply{.status = 200};
      const std::int64_t begin = number_behind(sent.url, "start"),
                         end = number_behind(sent.url, "end");
      std::vector<std::string> lines;
      for (std::int64_t at = begin; at < end; ++at) {
        if (at % kSecondLine != 0) at += kSecondLine - at % kSecondLine;
        if (at < end) lines.push_back(line_of(at / kSecondLine));
      }
      if (reversed) std::reverse(lines.begin(), lines.end());
      for (const std::string& line : lines)
        reply.body += line + "\n";
      return reply;
    });
    options.id = 3;
    options.job = "cf";
    options.cloudflare.api_token = "secret";
    options.cloudflare.zone_id = "zone";
    options.cloudflare.labels = {{"job", "cf"}};
  }

  void start() {
    reader = std::make_unique<CloudflareReader>(
        options, CloudflareReader::World{clock, log, metrics, transport, table});
  }
  void turn(std::size_t lines_max = 1000) {
    reader->poll(clock.steady_now());
    if (!reader->ready()) return;
    block.clear();
    ASSERT_TRUE(reader->read(buffer, block));
    const std::size_t count = std::min(lines_max, block.lines.size());
    for (std::size_t i = 0; i < count; ++i) {
      texts.emplace_back(block.lines[i].text);
      times.push_back(block.lines[i].time_ns);
    }
    if (count != 0) reader->consume(block.lines[count - 1]);
  }
  void run(std::size_t turns = 20) {
    for (std::size_t i = 0; i < turns; ++i)
      turn();
  }
  void advance(std::chrono::nanoseconds time) { clock.advance(time); }

  FakeClock clock;
  Log log = Log::discard(clock);
  Metrics metrics;
  ScriptedTransport transport{clock};
  LabelSetTable table;
  CloudflareReader::Options options;
  std::unique_ptr<CloudflareReader> reader;
  ReadBuffer buffer;
  LineBlock block;
  bool reversed = false;
  std::vector<std::string> texts;
  std::vector<std::int64_t> times;
};

std::vector<std::string> each_second(std::int64_t begin, std::int64_t end) {
  std::vector<std::string> lines;
  for (std::int64_t second = begin; second < end; ++second)
    lines.push_back(line_of(second));
  return lines;
}

constexpr std::int64_t kFirstLine = kNow / kSecondLine - 120;  // Of the first window.

TEST(CloudflareReader, begins_with_the_last_minute_but_one_and_goes_on) {
  Rig rig;
  rig.start();
  rig.run();
  EXPECT_EQ(rig.texts, each_second(kFirstLine, kFirstLine + 60));
  EXPECT_EQ(rig.times.front(), kFirstLine * kSecondLine);
  EXPECT_EQ(rig.transport.sent().size(), 3U);  // One per worker.
  EXPECT_EQ(rig.transport.sent()[0].header("Authorization"), "Bearer secret");
  rig.run();
  EXPECT_EQ(rig.transport.sent().size(), 3U);  // The next window is not over.
  EXPECT_EQ(rig.reader->next_deadline(), rig.clock.steady_now() + std::chrono::minutes(1));
  rig.advance(std::chrono::minutes(1));
  rig.run();
  EXPECT_EQ(rig.texts, each_second(kFirstLine, kFirstLine + 120));
  EXPECT_EQ(rig.metrics.counter("promtail_cloudflare_target_entries_total", "").value(), 120);
}

TEST(CloudflareReader, its_position_is_the_end_of_the_next_window) {
  Rig rig;
  rig.start();
  rig.run();
  ResumePoint point;
  rig.reader->fill_resume_point(point);
  EXPECT_EQ(point.path, "cursor-zone");
  EXPECT_EQ(point.cursor, std::to_string(kNow));
  Rig again;
  again.options.stored_cursor = std::to_string(kNow - 10 * kMinute);
  again.options.resume = point;
  again.start();
  again.run(200);
  EXPECT_EQ(again.texts, each_second(kFirstLine - 9 * 60, kFirstLine + 60));
}

// At every line of a window: what ran is not given again, also when the answer is in another order.
TEST(CloudflareReader, goes_on_behind_any_line) {
  for (const std::size_t stop : {0U, 1U, 19U, 20U, 21U, 59U, 60U}) {
    Rig rig;
    rig.start();
    while (rig.texts.size() < stop)
      rig.turn(std::min<std::size_t>(stop - rig.texts.size(), 7));
    ResumePoint point;
    rig.reader->fill_resume_point(point);
    Rig again;
    again.reversed = true;
    if (stop != 0) again.options.resume = point;
    again.options.cloudflare.pull_range = std::chrono::seconds(20);  // Changes nothing of it.
    if (stop == 0)
      again.options.stored_cursor = std::to_string(kFirstLine * kSecondLine + 20 * kSecondLine);
    again.texts = rig.texts;
    again.start();
    again.run(50);
    EXPECT_EQ(again.texts, each_second(kFirstLine, kFirstLine + 60)) << stop;
  }
}

TEST(CloudflareReader, tries_again_without_end_and_as_late_as_it_is_told) {
  Rig rig;
  for (int i = 0; i < 3; ++i)
    rig.transport.reply({.status = 429, .retry_after = std::chrono::seconds(30)});
  rig.start();
  rig.run();
  EXPECT_FALSE(rig.reader->status().ready);
  EXPECT_EQ(rig.transport.sent().size(), 3U);
  rig.advance(std::chrono::seconds(29));
  rig.run();
  EXPECT_EQ(rig.transport.sent().size(), 3U);
  for (int i = 0; i < 30; ++i)
    rig.transport.reply(i % 2 == 0 ? 500 : 403);
  for (int i = 0; i < 40; ++i) {
    rig.advance(std::chrono::minutes(1));
    rig.turn();
  }
  rig.run(400);
  EXPECT_TRUE(rig.reader->status().ready);
  ASSERT_GE(rig.texts.size(), 60U);
  EXPECT_EQ(rig.texts,
            each_second(kFirstLine, kFirstLine + static_cast<std::int64_t>(rig.texts.size())));
}

TEST(CloudflareReader, halves_a_slice_whose_answer_is_too_long) {
  Rig rig;
  rig.options.cloudflare.workers = 1;
  rig.transport.reply({.status = 0, .error = "too long", .too_long = true});
  rig.transport.reply({.status = 0, .error = "too long", .too_long = true});
  rig.start();
  rig.run();
  EXPECT_EQ(rig.texts, each_second(kFirstLine, kFirstLine + 60));
  EXPECT_EQ(rig.transport.sent().size(), 5U);
  EXPECT_TRUE(rig.reader->status().ready);
}

TEST(CloudflareReader, skips_what_is_not_kept_any_more) {
  Rig rig;
  rig.options.stored_cursor = std::to_string(kNow - 8 * 24 * 60 * kMinute);
  rig.options.cloudflare.pull_range = std::chrono::hours(1);
  rig.start();
  rig.turn();
  EXPECT_GT(rig.metrics.counter("tailrace_cloudflare_skipped_seconds_total", "").value(), 80'000);
  EXPECT_GE(number_behind(rig.transport.sent()[0].url, "start"), kNow - 7 * 24 * 60 * kMinute);
}

TEST(CloudflareReader, gives_up_a_window_that_is_refused_until_it_is_too_old) {
  Rig rig;
  rig.options.stored_cursor = std::to_string(kNow - 8 * 24 * 60 * kMinute);
  rig.options.cloudflare.workers = 1;
  rig.transport.reply({.status = 429, .retry_after = std::chrono::minutes(5)});
  rig.start();
  rig.turn();
  rig.turn();
  rig.advance(std::chrono::minutes(6));
  rig.run();
  const std::vector<ScriptedTransport::Sent>& sent = rig.transport.sent();
  ASSERT_GE(sent.size(), 2U);
  EXPECT_GE(number_behind(sent[1].url, "start"), kNow + 6 * kMinute - 7 * 24 * 60 * kMinute);
}

TEST(CloudflareReader, halves_a_second_too) {
  Rig rig;
  rig.options.cloudflare.workers = 2;
  for (int i = 0; i < 12; ++i)
    rig.transport.reply({.status = 0, .error = "too long", .too_long = true});
  rig.start();
  rig.run(60);
  EXPECT_EQ(rig.texts, each_second(kFirstLine, kFirstLine + 60));
}

TEST(CloudflareReader, sleeps_while_all_that_it_may_ask_for_is_on_its_way) {
  Rig rig;
  rig.options.cloudflare.workers = 1;
  rig.transport.reply({.status = 0, .error = "too long", .too_long = true});
  rig.transport.reply({.never = true});
  rig.start();
  rig.turn();
  rig.turn();
  EXPECT_GT(rig.reader->next_deadline(), rig.clock.steady_now());
}

TEST(CloudflareReader, a_line_without_a_time_is_given_and_a_long_one_is_cut) {
  Rig rig;
  rig.options.cloudflare.workers = 1;
  rig.options.line_bytes_max = 12;
  rig.transport.reply(
      {.status = 200, .body = "no json\r\n\n{\"EdgeStartTimestamp\":\"2023-11-14T22:13:20Z\"}"});
  rig.start();
  rig.run();
  EXPECT_EQ(rig.texts, (std::vector<std::string>{"no json", "{\"EdgeStartT"}));
  EXPECT_EQ(rig.times, (std::vector<std::int64_t>{0, 1'700'000'000 * kSecondLine}));
}

TEST(CloudflareReader, ends_at_once) {
  Rig rig;
  rig.transport.reply({.status = 200, .never = true});
  rig.start();
  rig.turn();
  rig.reader->begin_stop();
  EXPECT_TRUE(rig.reader->ready());
  rig.block.clear();
  EXPECT_EQ(*rig.reader->read(rig.buffer, rig.block), Source::Outcome::kEnded);
}

TEST(CloudflareFields, each_set_has_those_before_it) {
  using Type = config::CloudflareConfig::FieldsType;
  config::CloudflareConfig cloudflare;
  std::string last;
  for (const Type type : {Type::kDefault, Type::kMinimal, Type::kExtended, Type::kAll}) {
    cloudflare.fields_type = type;
    const std::string fields = cloudflare_fields(cloudflare);
    EXPECT_TRUE(fields.starts_with(last));
    EXPECT_GT(fields.size(), last.size());
    last = fields;
  }
  cloudflare.additional_fields = {"RayID", "Cookies"};
  EXPECT_EQ(cloudflare_fields(cloudflare), last + ",Cookies");
  cloudflare.fields_type = Type::kCustom;
  EXPECT_EQ(cloudflare_fields(cloudflare), "RayID,Cookies");
}

}  // namespace
}  // namespace tailrace::tailer
