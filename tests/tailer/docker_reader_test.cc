// A container read from a daemon that answers as told.
#include "tailer/docker_reader.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"
#include "tests/fakes/scripted_transport.h"

namespace tailrace::tailer {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using Goes = testing::ScriptedTransport::StreamGoes;
using ReadOutcome = Source::Outcome;
using Strings = std::vector<std::string>;

constexpr std::uint32_t kLineBytesMax = 100'000;

std::string log_frame(int stream, std::string_view payload) {
  std::string out(8, '\0');
  out[0] = static_cast<char>(stream);
  for (unsigned i = 0; i < 4; ++i)
    out[4 + i] = static_cast<char>((payload.size() >> (8U * (3 - i))) & 0xffU);
  return out + std::string(payload);
}

// "2026-11-22T03:00:07.000000000Z " for 7.
std::string stamp(int second) {
  return "2026-11-22T03:0" + std::to_string(second / 60) + ":" + (second % 60 < 10 ? "0" : "") +
         std::to_string(second % 60) + ".000000000Z ";
}
constexpr std::int64_t kBase = 1'795'316'400;

std::string out(int second, std::string_view text) {
  return log_frame(1, stamp(second) + std::string(text) + "\n");
}
std::string err(int second, std::string_view text) {
  return log_frame(2, stamp(second) + std::string(text) + "\n");
}

// A reader, and a daemon that answers as the test says.
class DockerReaderTest : public ::testing::Test {
 protected:
  DockerReaderTest() {
    transport_.answer_with([this](const testing::ScriptedTransport::Sent& sent) {
      if (away_) return testing::ScriptedTransport::Reply{.status = 0, .error = "refused"};
      const bool look = sent.url.ends_with("/json");
      if (look && !exists_) {
        return testing::ScriptedTransport::Reply{.status = 404, .body = R"({"message":"gone"})"};
      }
      if (look) return testing::ScriptedTransport::Reply{.status = 200, .body = description()};
      return log_reply_;
    });
    const LabelPair stdout_labels[] = {{"stream", "stdout"}};
    const LabelPair stderr_labels[] = {{"stream", "stderr"}};
    options_.id = 7;
    options_.job = "docker";
    options_.name = "cursor-abc";
    options_.container_id = "abc";
    options_.container_name = "/web";
    options_.endpoint = *discovery::docker_endpoint("unix:///run/docker.sock", {});
    options_.labels = {&table_.intern(stdout_labels), &table_.intern(stderr_labels)};
    options_.line_bytes_max = kLineBytesMax;
  }

  std::string description() const {
    return std::string(R"({"State":{"Running":)") + (running_ ? "true" : "false") +
           R"(,"StartedAt":")" + started_at_ + R"("},"Config":{"Tty":)" +
           (tty_ ? "true" : "false") + "}}";
  }

  void start() {
    reader_ = std::make_unique<DockerReader>(
        options_,
        DockerReader::World{.api = {clock_, files_, transport_}, .log = log_, .metrics = metrics_});
  }
  // Ends the reader as a restart does, and starts the next where it was.
  void restart() {
    ResumePoint point;
    reader_->fill_resume_point(point);
    options_.resume = point;
    options_.stored_cursor.reset();
    reader_.reset();
    start();
  }

  // Until nothing happens any more at this time.
  void settle() {
    for (int i = 0; i < 20; ++i)
      reader_->poll(clock_.steady_now());
  }
  void settle_after(std::chrono::nanoseconds wait) {
    clock_.advance(wait);
    settle();
  }

  // "o:text" of all that comes now, consumed.
  Strings lines() {
    Strings texts;
    settle();
    while (reader_->ready()) {
      LineBlock block;
      const auto outcome = reader_->read(buffer_, block);
      EXPECT_TRUE(outcome);
      last_outcome_ = *outcome;
      for (const Line& line : block.lines) {
        const bool is_out = line.labels == options_.labels[0];
        texts.push_back((is_out ? "o:" : "e:") + std::string(line.text));
        last_time_ns_ = line.time_ns;
      }
      if (!block.lines.empty()) reader_->consume(block.lines.back());
      if (*outcome == ReadOutcome::kEnded) break;
      settle();
    }
    return texts;
  }

  std::string last_url() const { return transport_.sent().back().url; }
  http::RequestTag log_tag() const { return transport_.sent().back().tag; }
  std::size_t requests() const { return transport_.sent().size(); }
  std::string cursor() const {
    ResumePoint point;
    reader_->fill_resume_point(point);
    return point.cursor;
  }

  testing::FakeClock clock_;
  testing::MemoryFileSystem files_{clock_};
  testing::ScriptedTransport transport_{clock_};
  Log log_ = Log::discard(clock_);
  Metrics metrics_;
  LabelSetTable table_;
  ReadBuffer buffer_;
  DockerReader::Options options_;
  std::unique_ptr<DockerReader> reader_;
  ReadOutcome last_outcome_ = ReadOutcome::kUpToDate;
  std::int64_t last_time_ns_ = 0;

  bool away_ = false;
  bool exists_ = true;
  bool running_ = true;
  bool tty_ = false;
  std::string started_at_ = "2026-11-22T03:00:00Z";
  testing::ScriptedTransport::Reply log_reply_{.status = 200, .never = true};
};

TEST_F(DockerReaderTest, follows_the_log_from_its_beginning) {
  start();
  settle();
  ASSERT_EQ(requests(), 2U);
  EXPECT_EQ(transport_.sent()[0].url, "http://docker/containers/abc/json");
  EXPECT_EQ(last_url(),
            "http://docker/containers/abc/logs?follow=1&timestamps=1&stdout=1&stderr=1&since=0");
  EXPECT_EQ(transport_.endpoints()[0].unix_socket, "/run/docker.sock");
  transport_.stream(log_tag(), out(1, "one") + err(2, "two"));
  EXPECT_EQ(lines(), (Strings{"o:one", "e:two"}));
  EXPECT_EQ(last_time_ns_, (kBase + 2) * 1'000'000'000);
  EXPECT_EQ(cursor(), std::to_string(kBase + 2));
  EXPECT_TRUE(reader_->status().ready);
  EXPECT_NE(metrics_.serialize().find("promtail_docker_target_entries_total 2"), std::string::npos);
}

TEST_F(DockerReaderTest, goes_on_exactly_behind_the_last_line_when_the_connection_breaks) {
  start();
  settle();
  transport_.stream(log_tag(), out(1, "one") + out(1, "one") + err(1, "two"));
  EXPECT_EQ(lines().size(), 3U);
  transport_.reset();
  settle();
  EXPECT_FALSE(reader_->status().trouble.empty());
  settle_after(seconds(1));
  EXPECT_TRUE(last_url().ends_with("since=1795316399.000000000")) << last_url();
  transport_.stream(log_tag(),
                    out(1, "one") + out(1, "one") + err(1, "two") + out(1, "one") + err(3, "four"));
  EXPECT_EQ(lines(), (Strings{"o:one", "e:four"}));
  EXPECT_TRUE(reader_->status().trouble.empty());
}

TEST_F(DockerReaderTest, goes_on_exactly_over_a_restart) {
  start();
  settle();
  transport_.stream(log_tag(), out(1, "one") + out(1, "two") + out(1, "three"));
  settle();
  LineBlock block;
  ASSERT_TRUE(reader_->read(buffer_, block));
  ASSERT_EQ(block.lines.size(), 3U);
  reader_->consume(block.lines[1]);
  restart();
  settle();
  transport_.stream(log_tag(), out(1, "one") + out(1, "two") + out(1, "three"));
  EXPECT_EQ(lines(), (Strings{"o:three"}));
}

TEST_F(DockerReaderTest, reads_a_block_again_that_was_left_in_the_middle) {
  start();
  settle();
  transport_.stream(log_tag(), out(1, "one") + out(2, "two"));
  settle();
  LineBlock block;
  ASSERT_TRUE(reader_->read(buffer_, block));
  reader_->consume(block.lines[0]);
  EXPECT_EQ(lines(), (Strings{"o:two"}));
}

TEST_F(DockerReaderTest, a_long_line_that_a_break_cuts_is_read_again_whole) {
  const std::string part(16384, 'a');
  const std::string first = log_frame(1, stamp(1) + part);
  const std::string second = log_frame(1, stamp(1) + "end\n");
  start();
  settle();
  transport_.stream(log_tag(), first + err(50, "other"));
  EXPECT_EQ(lines(), (Strings{"e:other"}));
  EXPECT_EQ(cursor(), std::to_string(kBase + 1));  // Promtail would go on here.
  for (int i = 0; i < 2; ++i) {
    restart();
    settle();
    EXPECT_TRUE(last_url().ends_with("since=1795316399.000000000")) << last_url();
  }
  transport_.stream(log_tag(), first + err(50, "other") + second);
  EXPECT_EQ(lines(), (Strings{"o:" + part + "end"}));
}

TEST_F(DockerReaderTest, reads_a_stopped_container_to_its_end_and_waits_for_its_next_run) {
  start();
  settle();
  transport_.stream(log_tag(), out(1, "one") + log_frame(1, stamp(2) + "last words"));
  EXPECT_EQ(lines(), (Strings{"o:one"}));
  running_ = false;
  transport_.stream(log_tag(), "", Goes::kToItsEnd);
  settle();
  ASSERT_NE(last_url().find("logs?follow=0"), std::string::npos) << last_url();
  // What the stream had not given yet is here.
  transport_.stream(log_tag(),
                    out(1, "one") + log_frame(1, stamp(2) + "last words") + err(3, "late"),
                    Goes::kToItsEnd);
  EXPECT_EQ(lines(), (Strings{"e:late", "o:last words"}));
  EXPECT_FALSE(reader_->ready());
  const std::size_t asked = requests();
  settle_after(seconds(2));
  EXPECT_EQ(requests(), asked + 1) << "only looks";
  settle_after(seconds(2));
  EXPECT_EQ(requests(), asked + 2);
  running_ = true;
  started_at_ = "2026-11-22T03:01:00Z";
  settle_after(minutes(5));
  ASSERT_NE(last_url().find("logs?follow=1"), std::string::npos) << last_url();
  transport_.stream(log_tag(),
                    log_frame(1, stamp(2) + "last words") + err(3, "late") + out(70, "again"));
  EXPECT_EQ(lines(), (Strings{"o:again"}));
}

TEST_F(DockerReaderTest, a_container_that_was_restarted_at_once_is_followed_on) {
  start();
  settle();
  transport_.stream(log_tag(), out(1, "one"), Goes::kToItsEnd);
  EXPECT_EQ(lines(), (Strings{"o:one"}));
  settle();
  ASSERT_NE(last_url().find("logs?follow=1"), std::string::npos);
  EXPECT_EQ(requests(), 4U);
}

TEST_F(DockerReaderTest, ends_when_the_container_is_gone_and_loses_none_of_what_came) {
  start();
  settle();
  exists_ = false;
  transport_.stream(log_tag(), out(1, "one") + log_frame(1, stamp(2) + "last words"),
                    Goes::kToItsEnd);
  EXPECT_EQ(lines(), (Strings{"o:one", "o:last words"}));
  EXPECT_EQ(last_outcome_, ReadOutcome::kEnded);
  ResumePoint point;
  reader_->fill_resume_point(point);
  EXPECT_TRUE(point.finished);
  EXPECT_EQ(point.kind, SourceKind::kDocker);
  EXPECT_EQ(point.path, "cursor-abc");
}

TEST_F(DockerReaderTest, asks_again_without_end_while_the_daemon_is_away) {
  away_ = true;
  start();
  settle();
  EXPECT_EQ(reader_->status().trouble, "refused");
  EXPECT_FALSE(reader_->status().ready);
  for (int i = 0; i < 10; ++i)
    settle_after(seconds(31));
  EXPECT_GE(requests(), 10U);
  EXPECT_LE(requests(), 12U);
  EXPECT_GT(reader_->next_deadline(), clock_.steady_now());
  away_ = false;
  settle_after(seconds(31));
  transport_.stream(log_tag(), out(1, "one"));
  EXPECT_EQ(lines(), (Strings{"o:one"}));
  EXPECT_TRUE(reader_->status().ready);
}

TEST_F(DockerReaderTest, says_why_a_log_cannot_be_read) {
  log_reply_ = {.status = 500, .body = R"({"message":"configured logging driver does not"})"};
  start();
  settle();
  EXPECT_EQ(reader_->status().trouble, "configured logging driver does not");
  settle_after(seconds(1));
  EXPECT_EQ(requests(), 4U);
  EXPECT_EQ(reader_->status().trouble, "configured logging driver does not");
}

TEST_F(DockerReaderTest, an_error_inside_of_the_stream_is_trouble_and_no_line) {
  start();
  settle();
  transport_.stream(log_tag(), out(1, "one") + log_frame(3, "invalid character"), Goes::kToItsEnd);
  EXPECT_EQ(lines(), (Strings{"o:one"}));
  EXPECT_EQ(reader_->status().trouble, "invalid character");
}

TEST_F(DockerReaderTest, reads_a_terminal_as_raw_text) {
  tty_ = true;
  start();
  settle();
  transport_.stream(log_tag(), stamp(1) + "one\r\n" + stamp(2) + "$ ");
  EXPECT_EQ(lines(), (Strings{"o:one"}));
  running_ = false;
  transport_.stream(log_tag(), "", Goes::kToItsEnd);
  settle();
  transport_.stream(log_tag(), stamp(1) + "one\r\n" + stamp(2) + "$ ", Goes::kToItsEnd);
  EXPECT_EQ(lines(), (Strings{"o:$ "}));
  // The next run's first line stands right behind it.
  running_ = true;
  started_at_ = "2026-11-22T03:01:00Z";
  settle_after(minutes(5));
  EXPECT_TRUE(last_url().ends_with("since=1795316402.000000001")) << last_url();
}

TEST_F(DockerReaderTest, leaves_a_container_alone_that_stood_still_before_until_it_runs) {
  options_.still = DockerReader::Options::Still::kLeave;
  running_ = false;
  start();
  for (int i = 0; i < 5; ++i)
    settle_after(minutes(6));
  EXPECT_EQ(requests(), 5U);
  EXPECT_EQ(cursor(), "");
  restart();
  settle_after(minutes(6));
  EXPECT_EQ(requests(), 6U);
  EXPECT_TRUE(last_url().ends_with("/json"));
  // A run that began and ended while nobody looked is not left.
  started_at_ = "2026-11-22T03:01:00Z";
  restart();
  settle();
  EXPECT_NE(last_url().find("logs?follow=0"), std::string::npos);
}

TEST_F(DockerReaderTest, reads_the_rest_of_a_container_that_ended_while_nobody_read) {
  start();
  settle();
  restart();
  running_ = false;
  settle();
  options_.still = DockerReader::Options::Still::kLeave;
  restart();
  settle();
  EXPECT_NE(last_url().find("logs?follow=0"), std::string::npos) << last_url();
}

TEST_F(DockerReaderTest, adopts_the_position_of_promtail) {
  options_.stored_cursor = "1795316401";
  start();
  settle();
  EXPECT_TRUE(last_url().ends_with("since=1795316401.000000000")) << last_url();
  EXPECT_EQ(cursor(), "1795316401");
}

TEST_F(DockerReaderTest, a_position_that_is_no_number_is_not_used) {
  options_.stored_cursor = "yesterday";
  start();
  settle();
  EXPECT_TRUE(last_url().ends_with("since=0")) << last_url();
}

TEST_F(DockerReaderTest, asks_only_for_the_streams_that_rules_keep) {
  options_.labels[0] = nullptr;
  start();
  settle();
  EXPECT_NE(last_url().find("stdout=0&stderr=1"), std::string::npos);
  transport_.stream(log_tag(), err(1, "one") + out(2, "not asked for"));
  EXPECT_EQ(lines(), (Strings{"e:one"}));
}

TEST_F(DockerReaderTest, of_a_terminal_without_stdout_nothing_is_asked) {
  options_.labels[0] = nullptr;
  tty_ = true;
  start();
  settle();
  EXPECT_EQ(requests(), 1U);
}

TEST_F(DockerReaderTest, takes_no_more_while_lines_wait) {
  start();
  settle();
  transport_.stream(log_tag(), out(1, "one"));
  settle();
  EXPECT_TRUE(reader_->ready());
  transport_.stream(log_tag(), out(2, "two"));
  settle();
  EXPECT_EQ(transport_.take_stream(log_tag()).bytes, out(2, "two"));
}

TEST_F(DockerReaderTest, looks_again_at_the_stream_without_an_event) {
  start();
  settle();
  transport_.stream(log_tag(), out(1, "one"));
  settle();
  LineBlock block;
  ASSERT_TRUE(reader_->read(buffer_, block));
  EXPECT_EQ(reader_->next_deadline(), SteadyTime::max()) << "lines wait";
  reader_->consume(block.lines.back());
  EXPECT_LE(reader_->next_deadline(), clock_.steady_now());
  settle();
  EXPECT_EQ(reader_->next_deadline(), SteadyTime::max());
}

TEST_F(DockerReaderTest, a_stop_gives_what_was_taken_and_no_more) {
  start();
  settle();
  transport_.stream(log_tag(), out(1, "one"));
  settle();
  reader_->begin_stop();
  EXPECT_EQ(transport_.in_flight(), 0U);
  EXPECT_EQ(lines(), (Strings{"o:one"}));
  EXPECT_EQ(last_outcome_, ReadOutcome::kEnded);
  ResumePoint point;
  reader_->fill_resume_point(point);
  EXPECT_FALSE(point.finished);
  EXPECT_EQ(point.cursor, std::to_string(kBase + 1));
}

TEST_F(DockerReaderTest, a_block_has_no_more_than_a_buffer_of_text) {
  start();
  settle();
  const std::string big(90'000, 'x');
  std::string bytes;
  for (int i = 0; i < 5; ++i) {
    for (std::size_t at = 0; at < big.size(); at += 16384)
      bytes += log_frame(1, stamp(i) + big.substr(at, 16384));
    bytes += log_frame(1, stamp(i) + "\n");
  }
  transport_.stream(log_tag(), bytes);
  settle();
  LineBlock block;
  ASSERT_TRUE(reader_->read(buffer_, block));
  EXPECT_EQ(block.lines.size(), 2U);
  EXPECT_EQ(lines().size(), 5U);
}

TEST_F(DockerReaderTest, counts_what_cannot_be_parsed) {
  start();
  settle();
  transport_.stream(log_tag(), log_frame(1, "no time\n") + out(1, "one"));
  EXPECT_EQ(lines(), (Strings{"o:one"}));
  EXPECT_NE(metrics_.serialize().find("promtail_docker_target_parsing_errors_total 1"),
            std::string::npos);
}

TEST_F(DockerReaderTest, an_answer_that_is_not_understood_is_trouble) {
  started_at_ = "\\";
  start();
  settle();
  EXPECT_NE(reader_->status().trouble.find("not understood"), std::string::npos);
}

}  // namespace
}  // namespace tailrace::tailer
