// Frames and raw text of a log stream, in pieces of any size.
#include "tailer/docker_frames.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::tailer {
namespace {

using LogFormat = DockerFrames::Format;

constexpr std::string_view kT1 = "2026-11-22T03:44:36.149414774Z ";
constexpr std::string_view kT2 = "2026-11-22T03:44:36.151522024Z ";
constexpr std::int64_t kNs1 = 1'795'319'076'149'414'774;
constexpr std::int64_t kNs2 = 1'795'319'076'151'522'024;

std::string frame(int stream, std::string_view payload) {
  std::string out(8, '\0');
  out[0] = static_cast<char>(stream);
  for (int i = 0; i < 4; ++i)
    out[4 + static_cast<std::size_t>(i)] =
        static_cast<char>((payload.size() >> (8U * static_cast<unsigned>(3 - i))) & 0xffU);
  return out + std::string(payload);
}

std::string text(std::string_view a, std::string_view b) {
  return std::string(a) + std::string(b);
}

// "o:text" or "e:text", with "~" for cut short and "!" for unterminated.
std::vector<std::string> shown(const DockerFrames& frames) {
  std::vector<std::string> lines;
  for (const DockerLine& line : frames.lines()) {
    std::string one = line.stream == DockerStream::kStdout ? "o:" : "e:";
    one += frames.text(line);
    if (line.cut_short) one += "~";
    if (line.unterminated) one += "!";
    lines.push_back(one);
  }
  return lines;
}

// Whatever pieces the network makes of it, the lines are the same.
std::vector<std::string> lines_in(LogFormat format, const std::string& bytes,
                                  std::uint32_t line_bytes_max = 1U << 20U) {
  std::vector<std::string> whole;
  for (const std::size_t piece :
       {bytes.size() + 1, std::size_t{1}, std::size_t{7}, std::size_t{1000}}) {
    DockerFrames frames(format, line_bytes_max);
    for (std::size_t at = 0; at < bytes.size(); at += piece)
      frames.feed(std::string_view(bytes).substr(at, piece));
    if (piece > bytes.size()) {
      whole = shown(frames);
    } else {
      EXPECT_EQ(shown(frames), whole) << "in pieces of " << piece;
    }
  }
  return whole;
}

using Lines = std::vector<std::string>;

TEST(DockerTime, reads_what_dockerd_writes) {
  struct Case {
    std::string_view text;
    std::int64_t ns;
    std::size_t bytes;
  };
  const Case cases[] = {
      {"2026-11-22T03:44:36.149414774Z x", kNs1, 31},
      {"2026-11-22T05:44:36.149414774+02:00 x", kNs1, 36},
      {"2026-11-21T22:14:36.149414774-05:30 x", kNs1, 36},
      {"2026-11-22T03:44:36.1Z x", 1'795'319'076'100'000'000, 23},
      {"2026-11-22T03:44:36Z x", 1'795'319'076'000'000'000, 21},
      {"1970-01-01T00:00:00Z ", 0, 21},
      {"2024-02-29T23:59:59.000000001Z ", 1'709'251'199'000'000'001, 31},
  };
  for (const Case& one : cases) {
    const auto time = parse_docker_time(one.text);
    ASSERT_TRUE(time) << one.text;
    EXPECT_EQ(time->ns, one.ns) << one.text;
    EXPECT_EQ(time->bytes, one.bytes) << one.text;
  }
}

TEST(DockerTime, refuses_everything_else) {
  for (const std::string_view text :
       {"", " ", "x", "2026-11-22", "2026-11-22T03:44:36", "2026-11-22T03:44:36Z",
        "2026-11-22T03:44:36.149414774Zx", "2026-13-22T03:44:36Z x", "2026-11-00T03:44:36Z x",
        "9999-11-22T03:44:36Z x", "2026-11-22T03:44:36+0200 x", "2026-11-22T03:44:36+02:00",
        "2026-11-22T03:44:36.Q x", "2026-11-22 03:44:36Z x"}) {
    EXPECT_FALSE(parse_docker_time(text)) << text;
  }
}

TEST(DockerFrames, gives_each_frame_as_a_line_with_its_time_and_stream) {
  DockerFrames frames(LogFormat::kFrames, 100);
  frames.feed(frame(1, text(kT1, "out\n")) + frame(2, text(kT2, "err\r\n")));
  EXPECT_EQ(shown(frames), (Lines{"o:out", "e:err"}));
  EXPECT_EQ(frames.lines()[0].time_ns, kNs1);
  EXPECT_EQ(frames.lines()[1].time_ns, kNs2);
  EXPECT_EQ(frames.open_since(), DockerFrames::kNever);
}

TEST(DockerFrames, keeps_empty_lines_and_what_is_inside) {
  EXPECT_EQ(lines_in(LogFormat::kFrames, frame(1, text(kT1, "\n")) + frame(1, text(kT1, "\r\r\n")) +
                                             frame(1, text(kT1, "a\rb \n")) +
                                             frame(0, text(kT1, "typed\n"))),
            (Lines{"o:", "o:", "o:a\rb ", "o:typed"}));
}

TEST(DockerFrames, joins_parts_of_one_time_while_the_other_stream_goes_on) {
  const std::string part(16384, 'a');
  const std::string bytes = frame(1, text(kT1, part)) + frame(2, text(kT2, "between\n")) +
                            frame(1, text(kT1, part)) + frame(1, text(kT1, "end\n"));
  EXPECT_EQ(lines_in(LogFormat::kFrames, bytes), (Lines{"e:between", "o:" + part + part + "end"}));
}

TEST(DockerFrames, joins_full_parts_that_each_have_a_time) {
  const std::string part(16384, 'a');
  DockerFrames frames(LogFormat::kFrames, 1U << 20U);
  frames.feed(frame(1, text(kT1, part)));
  EXPECT_EQ(frames.open_since(), kNs1);
  frames.feed(frame(1, text(kT2, "end\n")));
  EXPECT_EQ(shown(frames), (Lines{"o:" + part + "end"}));
  EXPECT_EQ(frames.lines()[0].time_ns, kNs1);
}

TEST(DockerFrames, does_not_run_the_last_words_of_a_run_into_the_next) {
  EXPECT_EQ(lines_in(LogFormat::kFrames,
                     frame(1, text(kT1, "dying")) + frame(1, text(kT2, "born again\n"))),
            (Lines{"o:dying!", "o:born again"}));
}

TEST(DockerFrames, cuts_a_line_at_the_limit_once) {
  const std::string part(16384, 'a');
  const std::string bytes = frame(1, text(kT1, part)) + frame(1, text(kT1, part)) +
                            frame(1, text(kT1, "end\n")) + frame(1, text(kT2, "next\n"));
  for (const std::uint32_t limit : {100U, 16384U, 20000U, 32768U}) {
    EXPECT_EQ(lines_in(LogFormat::kFrames, bytes, limit),
              (Lines{"o:" + std::string(limit, 'a') + "~", "o:next"}))
        << limit;
  }
  EXPECT_EQ(lines_in(LogFormat::kFrames, bytes, 32771),
            (Lines{"o:" + part + part + "end", "o:next"}));
}

TEST(DockerFrames, a_line_of_the_limit_is_whole) {
  for (const std::string_view end : {"\n", "\r\n"}) {
    const std::string line(100, 'a');
    const std::string bytes = frame(1, text(kT1, text(line, end)));
    EXPECT_EQ(lines_in(LogFormat::kFrames, bytes, 100), (Lines{"o:" + line}));
    EXPECT_EQ(lines_in(LogFormat::kFrames, bytes, 99), (Lines{"o:" + line.substr(1) + "~"}));
  }
}

TEST(DockerFrames, memory_stays_bounded_by_the_limit) {
  DockerFrames frames(LogFormat::kFrames, 1000);
  const std::string part(16384, 'a');
  for (int i = 0; i < 1000; ++i)
    frames.feed(frame(1, text(kT1, part)));
  EXPECT_EQ(frames.lines().size(), 1U);
  EXPECT_EQ(frames.open_since(), kNs1);  // Its end was not seen.
}

TEST(DockerFrames, leaves_out_and_counts_frames_without_a_time) {
  DockerFrames frames(LogFormat::kFrames, 1000);
  frames.feed(frame(1, "no time\n") + frame(1, "") + frame(1, std::string(100, 'x')) +
              frame(1, text(kT1, "good\n")));
  EXPECT_EQ(shown(frames), (Lines{"o:good"}));
  EXPECT_EQ(frames.faults(), 3U);
}

TEST(DockerFrames, keeps_the_words_of_the_daemon_apart) {
  DockerFrames frames(LogFormat::kFrames, 1000);
  frames.feed(frame(3, "error from daemon in stream: no"));
  EXPECT_EQ(frames.server_error(), "error from daemon in stream: no");
  EXPECT_TRUE(frames.lines().empty());
  EXPECT_EQ(frames.faults(), 0U);
}

TEST(DockerFrames, notices_what_are_no_frames) {
  for (const std::string_view bytes :
       {"2026-11-22T03:44:36Z tty\r\n", "\x01\x01\0\0\0\0\0\0", "\x04\0\0\0\0\0\0\x01"}) {
    DockerFrames frames(LogFormat::kFrames, 1000);
    frames.feed(std::string(bytes.data(), 8));
    frames.feed(frame(1, text(kT1, "x\n")));
    EXPECT_TRUE(frames.broken());
    EXPECT_TRUE(frames.lines().empty());
  }
}

TEST(DockerFrames, finish_gives_what_is_open_in_the_order_of_time) {
  DockerFrames frames(LogFormat::kFrames, 1000);
  frames.feed(frame(1, text(kT2, "out")) + frame(2, text(kT1, "err")) + frame(1, "half"));
  frames.finish();
  EXPECT_EQ(shown(frames), (Lines{"e:err!", "o:out!"}));
  EXPECT_EQ(frames.open_since(), DockerFrames::kNever);
}

TEST(DockerFrames, raw_text_is_lines_behind_their_times) {
  EXPECT_EQ(lines_in(LogFormat::kRaw, text(kT1, "one\r\n") + text(kT2, "\r\n") + text(kT2, "$ ")),
            (Lines{"o:one", "o:"}));
}

TEST(DockerFrames, raw_text_in_parts_is_joined) {
  const std::string part(16384, 'a');
  for (const std::string_view second : {kT1, kT2}) {
    EXPECT_EQ(lines_in(LogFormat::kRaw, text(kT1, part) + text(second, part) +
                                            text(second, "end\r\n") + text(kT2, "next\r\n")),
              (Lines{"o:" + part + part + "end", "o:next"}));
  }
}

TEST(DockerFrames, raw_text_of_a_driver_without_parts_stays_as_it_is) {
  const std::string part(16384, 'a');
  for (const std::string_view more :
       {"more", "\r", "20", "2026-11-22T03:44:36 no", "2026-11-22T03:44:36.1x", "2026-", ""}) {
    EXPECT_EQ(lines_in(LogFormat::kRaw, text(kT1, part) + text(more, "\n") + text(kT2, "next\n")),
              (Lines{"o:" + part + (more == "\r" ? "" : std::string(more)), "o:next"}))
        << more;
  }
}

TEST(DockerFrames, raw_text_without_a_time_is_left_out_and_counted) {
  DockerFrames frames(LogFormat::kRaw, 1000);
  frames.feed("no time\n" + std::string(100, 'x') + "\n\n" + text(kT1, "good\n"));
  EXPECT_EQ(shown(frames), (Lines{"o:good"}));
  EXPECT_EQ(frames.faults(), 3U);
}

TEST(DockerFrames, raw_text_ends_with_what_was_written_last) {
  DockerFrames frames(LogFormat::kRaw, 1000);
  frames.feed(text(kT1, "bash-5.2# "));
  EXPECT_TRUE(frames.lines().empty());
  EXPECT_EQ(frames.open_since(), kNs1);
  frames.finish();
  EXPECT_EQ(shown(frames), (Lines{"o:bash-5.2# !"}));
}

}  // namespace
}  // namespace tailrace::tailer
