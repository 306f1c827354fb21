// Compressed files: every format, several members, going on, damage, growth and limits.
#include "tailer/compressed_file.h"

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"
#include "tests/support/pack.h"

namespace tailrace::tailer {
namespace {

using Format = config::DecompressionConfig::Format;
using Outcome = CompressedFile::Outcome;
using testing::pack;
using Texts = std::vector<std::string>;

constexpr Format kFormats[] = {Format::kGzip, Format::kZlib, Format::kBzip2, Format::kZstd};
constexpr const char* kPath = "/f";

class CompressedFileTest : public ::testing::Test {
 protected:
  std::unique_ptr<CompressedFile> open(CompressedFile::Options options) {
    auto file = file_system_.open(kPath, OpenMode::kRead);
    EXPECT_TRUE(file);
    auto opened = CompressedFile::open(std::move(*file), std::move(options));
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
  std::unique_ptr<CompressedFile> open_with(const std::string& stored,
                                            CompressedFile::Options options = {}) {
    file_system_.overwrite(kPath, stored);
    return open(std::move(options));
  }

  struct All {
    Texts texts;
    Outcome last = Outcome::kMore;
    std::string failure;  // Its message.
    int failure_code = 0;
    std::size_t reads = 0;
  };
  // Reads and consumes until there are no more lines.
  static All read_all(CompressedFile& file) {
    All all;
    while (true) {
      LineBlock block;
      const auto outcome = file.read(block);
      ++all.reads;
      for (const Line& line : block.lines)
        all.texts.emplace_back(line.text);
      if (!outcome) {
        all.failure = outcome.error().message;
        all.failure_code = outcome.error().code;
        return all;
      }
      all.last = *outcome;
      if (*outcome == Outcome::kLines) {
        file.consume(block.lines.back().next);
      } else if (*outcome != Outcome::kMore) {
        return all;
      }
    }
  }

  testing::FakeClock clock_;
  testing::MemoryFileSystem file_system_{clock_};
};

TEST_F(CompressedFileTest, reads_lines_of_every_format) {
  for (const Format format : kFormats) {
    const auto file = open_with(pack(format, "a\r\n\n b\r \nl\rast\r"), {.format = format});
    const All all = read_all(*file);
    EXPECT_EQ(all.texts, (Texts{"a", "", " b\r ", "l\rast"}));
    EXPECT_EQ(all.last, Outcome::kEnded);
    EXPECT_EQ(file->position(), 4U);
    EXPECT_EQ(file->stored_offset(), file_system_.content(kPath)->size());
  }
}

TEST_F(CompressedFileTest, reads_members_one_behind_the_other_as_one_text) {
  for (const Format format : kFormats) {
    const std::string stored =
        pack(format, "one\ntw") + pack(format, "") + pack(format, "o\nthree");
    const auto file = open_with(stored, {.format = format});
    const All all = read_all(*file);
    EXPECT_EQ(all.texts, (Texts{"one", "two", "three"}));
    EXPECT_EQ(all.last, Outcome::kEnded);
  }
}

TEST_F(CompressedFileTest, reads_the_same_whatever_comes_at_once) {
  std::string text;
  for (int i = 0; i < 20'000; ++i)
    text += "line " + std::to_string(i * 7919) + "\n";
  for (const Format format : kFormats) {
    const auto whole = open_with(pack(format, text), {.format = format});
    const All expected = read_all(*whole);
    EXPECT_EQ(expected.texts.size(), 20'000U);
    EXPECT_EQ(expected.texts.back(), "line " + std::to_string(19'999 * 7919));
    file_system_.limit_reads_to(997);
    const auto pieces = open({.format = format});
    EXPECT_TRUE(read_all(*pieces).texts == expected.texts);
    file_system_.limit_reads_to(UINT64_MAX);
  }
}

TEST_F(CompressedFileTest, numbers_lines_and_goes_on_at_any_number) {
  const std::string stored = pack(Format::kGzip, "0\n1\n2\n3");
  for (std::size_t position = 0; position <= 4; ++position) {
    const auto file = open_with(stored, {.position = position});
    LineBlock block;
    ASSERT_TRUE(file->read(block));
    if (position == 4) {
      EXPECT_TRUE(block.lines.empty());
      continue;
    }
    EXPECT_EQ(block.lines.at(0).text, std::to_string(position));
    EXPECT_EQ(block.lines.at(0).begin, position);
    EXPECT_EQ(block.lines.at(0).next, position + 1);
    EXPECT_EQ(file->position(), position);
  }
}

TEST_F(CompressedFileTest, passes_over_many_lines_in_portions) {
  std::string text(6'000'000, '\n');
  text += "last\n";
  const auto file = open_with(pack(Format::kGzip, text), {.position = 6'000'000});
  const All all = read_all(*file);
  EXPECT_EQ(all.texts, Texts{"last"});
  EXPECT_GE(all.reads, 3U);
  EXPECT_LE(all.reads, 8U);
}

TEST_F(CompressedFileTest, gives_again_what_was_not_consumed) {
  const auto file = open_with(pack(Format::kGzip, "a\nb\nc\n"));
  LineBlock block;
  ASSERT_TRUE(file->read(block));
  ASSERT_EQ(block.lines.size(), 3U);
  file->consume(block.lines[0].next);
  EXPECT_EQ(file->position(), 1U);

  LineBlock again;
  ASSERT_TRUE(file->read(again));
  ASSERT_EQ(again.lines.size(), 2U);
  EXPECT_EQ(again.lines[0].text, "b");
  EXPECT_EQ(again.lines[0].begin, 1U);
  file->consume(again.lines[0].next);
  file->consume(again.lines[1].next);
  EXPECT_EQ(file->position(), 3U);
  EXPECT_EQ(read_all(*file).last, Outcome::kEnded);
}

TEST_F(CompressedFileTest, cuts_lines_over_the_limit) {
  for (const Format format : kFormats) {
    const std::string text = "0123456\nok\n" + std::string(1'000'000, 'x') + "\nlast\r\n89\r4";
    const auto file = open_with(pack(format, text), {.format = format, .line_bytes_max = 5});
    const All all = read_all(*file);
    EXPECT_EQ(all.texts, (Texts{"01234", "ok", "xxxxx", "last", "89\r4"}));
    EXPECT_EQ(all.last, Outcome::kEnded);
    EXPECT_EQ(file->position(), 5U);
  }
}

TEST_F(CompressedFileTest, marks_a_cut_line_and_goes_on_behind_it) {
  const std::string stored = pack(Format::kGzip, "01234\r78\nok\n");
  auto file = open_with(stored, {.line_bytes_max = 6});
  LineBlock block;
  ASSERT_TRUE(file->read(block));
  ASSERT_EQ(block.lines.size(), 2U);
  EXPECT_TRUE(block.lines[0].cut_short);
  EXPECT_EQ(block.lines[0].text, "01234\r");  // Not the end of the line: the '\r' is text.
  EXPECT_FALSE(block.lines[1].cut_short);
  file->consume(block.lines[0].next);
  EXPECT_EQ(read_all(*file).texts, Texts{"ok"});

  file = open({.line_bytes_max = 6, .position = 1});
  EXPECT_EQ(read_all(*file).texts, Texts{"ok"});
}

TEST_F(CompressedFileTest, holds_a_line_up_to_the_limit_whole) {
  const std::string line(1U << 20U, 'x');
  for (const Format format : kFormats) {
    const auto file =
        open_with(pack(format, line + "\n" + line + "y\n" + line), {.format = format});
    const All all = read_all(*file);
    ASSERT_EQ(all.texts.size(), 3U);
    for (const std::string& text : all.texts)
      EXPECT_TRUE(text == line);
  }
}

TEST_F(CompressedFileTest, gives_what_is_in_front_of_damage_then_says_what_it_is) {
  struct DamageCase {
    Format format;
    std::string stored;
    Texts texts;
    std::string message_part;
  };
  const std::string gzip = pack(Format::kGzip, "a\nb\nlast");
  const auto with_wrong_checksum = [](std::string stored, std::size_t from_end) {
    stored[stored.size() - from_end] = static_cast<char>(stored[stored.size() - from_end] ^ 1);
    return stored;
  };
  const std::vector<DamageCase> cases = {
      {Format::kGzip, "no gzip", {}, "gzip data: incorrect header check"},
      {Format::kGzip, gzip + "x garbage", {"a", "b", "last"}, "incorrect header check"},
      {Format::kGzip, with_wrong_checksum(gzip, 8), {"a", "b", "last"}, "incorrect data check"},
      {Format::kZlib, "no zlib", {}, "zlib data"},
      {Format::kZlib,
       with_wrong_checksum(pack(Format::kZlib, "a\n"), 1),
       {"a"},
       "incorrect data check"},
      {Format::kBzip2, "no bzip2", {}, "it does not begin as bzip2 does"},
      {Format::kBzip2,
       with_wrong_checksum(pack(Format::kBzip2, "a\nb"), 3),
       {"a", "b"},
       "bzip2 data: a checksum is wrong"},
      {Format::kBzip2, pack(Format::kBzip2, "a\nb") + "no", {"a", "b"}, "does not begin"},
      {Format::kZstd, "no zstd", {}, "zstd data: Unknown frame"},
      {Format::kZstd,
       pack(Format::kZstd, "a\nb") + "garbage",
       {"a", "b"},
       "zstd data: Unknown frame"},
  };
  for (const DamageCase& one : cases) {
    const auto file = open_with(one.stored, {.format = one.format});
    for (int i = 0; i < 2; ++i) {  // It says so again.
      const All all = read_all(*file);
      EXPECT_EQ(all.texts, i == 0 ? one.texts : Texts{}) << one.message_part;
      EXPECT_EQ(all.failure_code, Error::kCorrupt) << one.message_part;
      EXPECT_NE(all.failure.find(one.message_part), std::string::npos) << all.failure;
      EXPECT_NE(all.failure.find("at stored byte"), std::string::npos) << all.failure;
    }
  }
}

TEST_F(CompressedFileTest, keeps_every_block_of_zstd_in_front_of_damage) {
  std::string text;
  std::uint64_t random = 1;
  for (int i = 1; i <= 300'000; ++i) {
    random = random * 6364136223846793005U + 1442695040888963407U;
    text += i % 100 == 0 ? '\n' : static_cast<char>('a' + (random >> 60U));
  }
  std::string stored = testing::zstd_text(text);
  // Blocks of 128 KiB follow a header of 9 bytes, each with 3 bytes of its own: 1 bit, 2 bits of
  // type, 21 bits of size. The type 3 does not exist.
  const auto byte = [&](std::size_t index) -> std::size_t {
    return static_cast<unsigned char>(stored.at(index));
  };
  std::size_t at = 9;
  for (int block = 0; block < 2; ++block) {
    const std::size_t header = byte(at) + (byte(at + 1) << 8U) + (byte(at + 2) << 16U);
    ASSERT_EQ(header & 1U, 0U);
    at += 3 + (header >> 3U);
  }
  stored[at] = static_cast<char>(byte(at) | 6U);
  const auto file = open_with(stored, {.format = Format::kZstd});
  const All all = read_all(*file);
  EXPECT_EQ(all.failure_code, Error::kCorrupt);
  ASSERT_EQ(all.texts.size(), (256U << 10U) / 100 + 1);
  EXPECT_EQ(all.texts[2000], text.substr(200'000, 99));
}

TEST_F(CompressedFileTest, refuses_a_zstd_window_beyond_its_memory) {
  // A frame header alone: magic, no single segment, window of 2^27 bytes; then a raw block.
  const std::string stored{"\x28\xb5\x2f\xfd\x00\x88\x09\x00\x00x", 10};
  const auto file = open_with(stored, {.format = Format::kZstd});
  const All all = read_all(*file);
  EXPECT_EQ(all.failure_code, Error::kExhausted);
  EXPECT_NE(all.failure.find("8 MiB"), std::string::npos) << all.failure;
}

TEST_F(CompressedFileTest, waits_for_a_file_that_is_still_being_copied) {
  for (const Format format : kFormats) {
    const std::string stored = pack(format, "one\ntwo\nlast") + pack(format, "more\n");
    file_system_.overwrite(kPath, "");
    const auto file = open({.format = format});
    Texts texts;
    for (const char byte : stored) {
      file_system_.append(kPath, std::string_view(&byte, 1));
      const All all = read_all(*file);
      EXPECT_TRUE(all.failure.empty()) << all.failure;
      for (const std::string& text : all.texts)
        texts.push_back(text);
    }
    // A member's end is an end of the file for all that was known then.
    EXPECT_EQ(texts, (Texts{"one", "two", "last", "more"}));
    EXPECT_EQ(read_all(*file).last, Outcome::kEnded);
  }
}

TEST_F(CompressedFileTest, says_that_it_waits) {
  const std::string stored = pack(Format::kGzip, "one\ntwo");
  auto file = open_with("");
  EXPECT_EQ(read_all(*file).last, Outcome::kIncomplete);
  file = open_with(stored.substr(0, stored.size() - 1));
  const All all = read_all(*file);
  EXPECT_EQ(all.texts, Texts{"one"});
  EXPECT_EQ(all.last, Outcome::kIncomplete);
}

TEST_F(CompressedFileTest, gives_the_last_piece_when_the_rest_is_given_up) {
  const std::string stored = pack(Format::kGzip, "one\ntwo");
  auto file = open_with(stored.substr(0, stored.size() - 1));
  EXPECT_EQ(read_all(*file).last, Outcome::kIncomplete);
  file->give_up_waiting();
  const All all = read_all(*file);
  EXPECT_EQ(all.texts, Texts{"two"});
  EXPECT_EQ(all.failure_code, Error::kCorrupt);
  EXPECT_NE(all.failure.find("ends too early"), std::string::npos);

  file = open_with("");
  file->give_up_waiting();
  EXPECT_EQ(read_all(*file).last, Outcome::kEnded);
}

TEST_F(CompressedFileTest, ignores_zeros_behind_the_last_member) {
  const auto file = open_with(pack(Format::kGzip, "a\n") + std::string(100'000, '\0'));
  const All all = read_all(*file);
  EXPECT_EQ(all.texts, Texts{"a"});
  EXPECT_EQ(all.last, Outcome::kEnded);
  EXPECT_EQ(file->stored_offset(), file_system_.content(kPath)->size());
}

TEST_F(CompressedFileTest, reads_a_member_behind_zeros) {
  const auto file =
      open_with(pack(Format::kGzip, "a\n") + std::string(10, '\0') + pack(Format::kGzip, "b\n"));
  EXPECT_EQ(read_all(*file).texts, (Texts{"a", "b"}));
}

TEST_F(CompressedFileTest, passes_a_failing_disk_through_and_goes_on_after_it) {
  const auto file = open_with(pack(Format::kGzip, "a\nb\n"));
  file_system_.fail_on(testing::Operation::kRead, kPath, EIO, 1);
  LineBlock block;
  const auto outcome = file->read(block);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, EIO);
  EXPECT_EQ(read_all(*file).texts, (Texts{"a", "b"}));
}

TEST_F(CompressedFileTest, lets_others_have_their_turn_while_a_bomb_unpacks) {
  const auto file = open_with(pack(Format::kGzip, std::string(20'000'000, '\0') + "\nok\n"));
  LineBlock block;
  auto outcome = file->read(block);
  ASSERT_EQ(*outcome, Outcome::kLines);
  EXPECT_TRUE(block.lines.at(0).cut_short);
  EXPECT_EQ(block.lines[0].text.size(), 1U << 20U);
  file->consume(1);
  block.clear();
  outcome = file->read(block);
  EXPECT_EQ(*outcome, Outcome::kMore);
  EXPECT_EQ(read_all(*file).texts, Texts{"ok"});
}

TEST_F(CompressedFileTest, decodes_the_text) {
  using std::string_literals::operator""s;
  const std::string text = "\xff\xfe"s + "a\0\xe4\0\r\0\n\0"s + "\x3d\xd8\n\0"s + "c\0"s;
  for (const Format format : kFormats) {
    const auto file = open_with(pack(format, text), {.format = format, .encoding = "UTF-16"});
    const All all = read_all(*file);
    EXPECT_EQ(all.texts, (Texts{"a\xc3\xa4", "\xef\xbf\xbd", "c"}));
    EXPECT_EQ(all.last, Outcome::kEnded);
    EXPECT_EQ(file->position(), 3U);
    EXPECT_EQ(file->replacements(), 1U);
  }
  const auto behind = open_with(pack(Format::kGzip, text), {.encoding = "UTF-16", .position = 2});
  EXPECT_EQ(read_all(*behind).texts, Texts{"c"});
}

TEST_F(CompressedFileTest, decodes_long_lines_with_more_room) {
  const std::string line(400'000, '\xe4');
  std::string utf8;
  for (std::size_t i = 0; i < line.size(); ++i)
    utf8 += "\xc3\xa4";
  const auto file = open_with(pack(Format::kGzip, line + "\nx\n"), {.encoding = "windows-1252"});
  const All all = read_all(*file);
  ASSERT_EQ(all.texts.size(), 2U);
  EXPECT_TRUE(all.texts[0] == utf8);
}

TEST_F(CompressedFileTest, waits_for_the_byte_order) {
  file_system_.overwrite(kPath, "");
  const auto file = open({.encoding = "UTF-16"});
  EXPECT_EQ(read_all(*file).last, Outcome::kIncomplete);
  file_system_.append(kPath, pack(Format::kGzip, "\xff") + pack(Format::kGzip,
                                                                "\xfe"
                                                                "a"));
  file_system_.append(kPath, pack(Format::kGzip, std::string("\0\n\0", 3)));
  EXPECT_EQ(read_all(*file).texts, Texts{"a"});
}

TEST_F(CompressedFileTest, refuses_an_encoding_that_is_not_known) {
  file_system_.overwrite(kPath, "");
  auto file = file_system_.open(kPath, OpenMode::kRead);
  ASSERT_TRUE(file);
  const auto opened = CompressedFile::open(std::move(*file), {.encoding = "no-such"});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Error::kInvalid);
}

}  // namespace
}  // namespace tailrace::tailer
