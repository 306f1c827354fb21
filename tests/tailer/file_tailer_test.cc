// One file: lines, what is no line, and noticing that it is not the same any more.
#include "tailer/file_tailer.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"

namespace tailrace::tailer {
namespace {

using testing::FakeClock;
using testing::MemoryFileSystem;
using Lines = std::vector<std::string>;

class FileTailerTest : public ::testing::Test {
 protected:
  ResumePoint fresh(const std::string& path) {
    ResumePoint point;
    point.source = 7;
    point.job = "job";
    point.path = point.label_path = path;
    if (const auto stat = fs_.stat(path)) {
      point.identity.device = stat->device;
      point.identity.inode = stat->inode;
    }
    return point;
  }
  std::unique_ptr<FileTailer> open(const ResumePoint& point) {
    auto tailer = std::make_unique<FileTailer>(point, labels_,
                                               std::make_shared<const FileReadOptions>(options_));
    const auto opened = tailer->open(fs_);
    EXPECT_TRUE(opened && *opened == FileTailer::Opened::kSame);
    return tailer;
  }
  // Reads and consumes until there is nothing more.
  Lines read_all(FileTailer& tailer) {
    Lines lines;
    for (int i = 0; i < 10000; ++i) {
      const auto outcome = tailer.read(buffer_, block_);
      EXPECT_TRUE(outcome.has_value());
      if (!outcome) break;
      last_ = *outcome;
      if (*outcome == Source::Outcome::kLines) {
        for (const Line& line : block_.lines)
          lines.emplace_back(line.text);
        tailer.consume(block_.lines.back());
      } else if (*outcome == Source::Outcome::kEnded || !tailer.wants_more()) {
        break;
      }
    }
    return lines;
  }
  ResumePoint point_of(const FileTailer& tailer) {
    ResumePoint point;
    tailer.fill_resume_point(point);
    return point;
  }

  FakeClock clock_;
  MemoryFileSystem fs_{clock_};
  LabelSet labels_{std::vector<LabelPair>{{"filename", "/x"}}};
  FileReadOptions options_;
  ReadBuffer buffer_{4096};
  LineBlock block_;
  Source::Outcome last_ = Source::Outcome::kLines;
};

TEST_F(FileTailerTest, reads_complete_lines_and_waits_for_the_rest) {
  fs_.append("/x", "a\n\nb\r\nhal");
  const auto tailer = open(fresh("/x"));
  EXPECT_EQ(read_all(*tailer), (Lines{"a", "", "b\r"}));
  EXPECT_EQ(last_, Source::Outcome::kUpToDate);
  EXPECT_EQ(tailer->unread_bytes(), 3U);
  fs_.append("/x", "f\n");
  EXPECT_EQ(read_all(*tailer), Lines{"half"});
  EXPECT_EQ(tailer->position(), 11U);
  EXPECT_EQ(tailer->lines_read(), 4U);
  EXPECT_EQ(tailer->unread_bytes(), 0U);
}

TEST_F(FileTailerTest, begins_again_behind_what_was_consumed) {
  fs_.append("/x", "a\nb\nc\n");
  const auto tailer = open(fresh("/x"));
  ASSERT_EQ(*tailer->read(buffer_, block_), Source::Outcome::kLines);
  ASSERT_EQ(block_.lines.size(), 3U);
  tailer->consume(block_.lines[0]);
  EXPECT_EQ(tailer->position(), 2U);
  tailer->consume(block_.lines[1]);
  EXPECT_EQ(tailer->lines_read(), 2U);
  EXPECT_EQ(read_all(*tailer), Lines{"c"});
}

TEST_F(FileTailerTest, goes_on_from_its_resume_point) {
  fs_.append("/x", std::string(100, 'a') + "\nb\n");
  const auto tailer = open(fresh("/x"));
  read_all(*tailer);
  const ResumePoint point = point_of(*tailer);
  EXPECT_EQ(point.source, 7U);
  EXPECT_EQ(point.job, "job");
  EXPECT_EQ(point.kind, SourceKind::kFile);
  EXPECT_EQ(point.position, 103U);
  EXPECT_EQ(point.identity.head_bytes, 103U);
  EXPECT_EQ(point.identity.before_bytes, 64U);
  EXPECT_EQ(point.modified_ns, unix_nanoseconds(clock_.wall_now()));
  fs_.append("/x", "c\n");
  const auto again = open(point);
  EXPECT_EQ(read_all(*again), Lines{"c"});
}

TEST_F(FileTailerTest, resume_points_before_any_read_are_as_they_came) {
  fs_.append("/x", "a\n");
  ResumePoint point = fresh("/x");
  point.position = 2;
  point.identity.before_bytes = 2;
  point.identity.before_hash = 99;
  const auto tailer = open(point);
  EXPECT_EQ(point_of(*tailer).identity.before_hash, 99U);
  EXPECT_EQ(point_of(*tailer).position, 2U);
}

TEST_F(FileTailerTest, a_resume_point_of_other_content_is_displaced) {
  fs_.append("/x", std::string(100, 'a') + "\nb\n");
  auto tailer = open(fresh("/x"));
  read_all(*tailer);
  const ResumePoint point = point_of(*tailer);
  // The same beginning, but not the same before the position.
  fs_.overwrite("/x", std::string(100, 'a') + "\nc\nd\n");
  tailer = open(point);
  EXPECT_EQ(read_all(*tailer), Lines{});
  EXPECT_TRUE(tailer->displaced());
}

TEST_F(FileTailerTest, notices_every_way_of_being_rewritten) {
  const std::string before = std::string(2000, 'a') + "\n" + "tail\n";
  const std::vector<std::string> after = {
      "",                                           // Truncated.
      "short\n",                                    // Truncated and written.
      std::string(2000, 'a') + "\nTAIL\nmore\n",    // Other bytes before the position.
      std::string(2001, 'b') + "\n" + "x\nmore\n",  // Regrown beyond it.
      std::string(2010, '\0') + "\nmore\n",         // Regrown behind a hole.
  };
  for (const std::string& text : after) {
    fs_.overwrite("/x", before);
    const auto tailer = open(fresh("/x"));
    EXPECT_EQ(read_all(*tailer).size(), 2U);
    fs_.overwrite("/x", text);
    EXPECT_EQ(read_all(*tailer), Lines{}) << text.size();
    EXPECT_TRUE(tailer->displaced()) << text.size();
    EXPECT_EQ(read_all(*tailer), Lines{}) << "it stays so";
  }
}

TEST_F(FileTailerTest, notices_that_an_unterminated_line_went) {
  fs_.append("/x", "half a line");
  const auto tailer = open(fresh("/x"));
  EXPECT_EQ(read_all(*tailer), Lines{});
  fs_.overwrite("/x", "other\n");
  EXPECT_EQ(read_all(*tailer), Lines{});
  EXPECT_TRUE(tailer->displaced());
}

TEST_F(FileTailerTest, observing_notices_a_truncation_and_takes_the_fingerprint) {
  fs_.append("/x", "");
  const auto tailer = open(fresh("/x"));
  read_all(*tailer);
  fs_.append("/x", std::string(200, 'a') + "\n");
  tailer->observe(FileTailer::Thoroughness::kSize);
  EXPECT_EQ(tailer->point().identity.head_bytes, 201U);
  EXPECT_EQ(tailer->size(), 201U);
  EXPECT_FALSE(tailer->displaced());
  fs_.overwrite("/x", "b\n");
  tailer->observe(FileTailer::Thoroughness::kSize);
  EXPECT_TRUE(tailer->displaced());
}

TEST_F(FileTailerTest, observing_content_notices_a_file_that_grew_again) {
  fs_.append("/x", std::string(2000, 'a') + "\n");
  const auto tailer = open(fresh("/x"));
  read_all(*tailer);
  fs_.overwrite("/x", std::string(3000, 'b') + "\n");
  tailer->observe(FileTailer::Thoroughness::kSize);
  EXPECT_FALSE(tailer->displaced());
  tailer->observe(FileTailer::Thoroughness::kContent);
  EXPECT_TRUE(tailer->displaced());
}

TEST_F(FileTailerTest, another_file_at_the_path_is_not_opened) {
  fs_.append("/x", "a\n");
  ResumePoint point = fresh("/x");
  ++point.identity.inode;
  FileTailer tailer(point, labels_, std::make_shared<const FileReadOptions>());
  EXPECT_EQ(*tailer.open(fs_), FileTailer::Opened::kOther);
  EXPECT_FALSE(tailer.is_open());
  EXPECT_EQ(tailer.file(), nullptr);
}

TEST_F(FileTailerTest, goes_on_in_a_copy_with_what_was_not_read) {
  fs_.append("/x", std::string(100, 'a') + "\n");
  const auto tailer = open(fresh("/x"));
  read_all(*tailer);
  fs_.append("/x.1", std::string(100, 'a') + "\nrest\nend");
  fs_.overwrite("/x", "");
  EXPECT_EQ(read_all(*tailer), Lines{});
  const FileStat copy = *fs_.stat("/x.1");
  tailer->move_to({.source = 7,
                   .path = "/x.1",
                   .device = copy.device,
                   .inode = copy.inode,
                   .frozen = true,
                   .position = {}});
  EXPECT_FALSE(tailer->displaced());
  ASSERT_EQ(*tailer->open(fs_), FileTailer::Opened::kSame);
  tailer->set_ending(FileTailer::Ending::kEnd);
  EXPECT_EQ(read_all(*tailer), (Lines{"rest", "end"}));
  EXPECT_EQ(last_, Source::Outcome::kEnded);
  EXPECT_EQ(point_of(*tailer).path, "/x.1");
  EXPECT_EQ(point_of(*tailer).label_path, "/x");
}

TEST_F(FileTailerTest, sends_an_unterminated_line_only_at_the_end) {
  fs_.append("/x", "a\nhalf");
  const auto tailer = open(fresh("/x"));
  tailer->set_ending(FileTailer::Ending::kFlush);
  EXPECT_EQ(read_all(*tailer), (Lines{"a", "half"}));
  EXPECT_EQ(last_, Source::Outcome::kUpToDate);
  EXPECT_EQ(tailer->ending(), FileTailer::Ending::kNone);
  fs_.append("/x", "again");
  EXPECT_EQ(read_all(*tailer), Lines{}) << "once";
  tailer->set_ending(FileTailer::Ending::kEnd);
  EXPECT_EQ(read_all(*tailer), Lines{"again"});
  EXPECT_EQ(last_, Source::Outcome::kEnded);
}

TEST_F(FileTailerTest, is_finished_for_good) {
  fs_.append("/x", "a\n");
  const auto tailer = open(fresh("/x"));
  tailer->finish(clock_.wall_now());
  EXPECT_TRUE(point_of(*tailer).finished);
  EXPECT_EQ(point_of(*tailer).finished_ns, unix_nanoseconds(clock_.wall_now()));
  EXPECT_EQ(read_all(*tailer), Lines{});
  EXPECT_EQ(last_, Source::Outcome::kEnded);
}

TEST_F(FileTailerTest, grows_the_buffer_for_a_long_line) {
  const std::string line(50'000, 'a');
  fs_.append("/x", line + "\nb\n");
  const auto tailer = open(fresh("/x"));
  EXPECT_EQ(read_all(*tailer), (Lines{line, "b"}));
  EXPECT_LE(buffer_.size(), options_.line_bytes_max + kBeforeBytes + 1);
}

TEST_F(FileTailerTest, cuts_a_line_over_the_limit_and_skips_its_rest) {
  options_.line_bytes_max = 10'000;
  fs_.append("/x", std::string(40'000, 'a'));
  const auto tailer = open(fresh("/x"));
  EXPECT_EQ(read_all(*tailer), Lines{std::string(10'000, 'a')});
  EXPECT_EQ(tailer->lines_cut(), 1U);
  EXPECT_TRUE(point_of(*tailer).skipping_line);
  EXPECT_EQ(point_of(*tailer).position, 40'000U);
  fs_.append("/x", "aaa\nb\n");
  const auto again = open(point_of(*tailer));
  EXPECT_EQ(read_all(*again), Lines{"b"});
  EXPECT_FALSE(point_of(*again).skipping_line);
}

TEST_F(FileTailerTest, short_runs_of_nul_bytes_are_text) {
  fs_.append("/x", std::string("\0\0a\n", 4) + std::string(600, 'x') + std::string(5, '\0') + "\n");
  const auto tailer = open(fresh("/x"));
  EXPECT_EQ(read_all(*tailer),
            (Lines{std::string("\0\0a", 3), std::string(600, 'x') + std::string(5, '\0')}));
  EXPECT_EQ(tailer->nul_bytes_skipped(), 0U);
}

TEST_F(FileTailerTest, long_runs_of_nul_bytes_are_skipped) {
  fs_.append("/x", "a\n" + std::string(1000, '\0') + "b\n" + std::string(20'000, '\0') + "c\n");
  const auto tailer = open(fresh("/x"));
  EXPECT_EQ(read_all(*tailer), (Lines{"a", "b", "c"}));
  EXPECT_EQ(tailer->nul_bytes_skipped(), 21'000U);
}

TEST_F(FileTailerTest, holes_cost_no_reading) {
  fs_.append("/x", "a\n");
  fs_.append("/x", std::string(1U << 20U, '\0'));
  fs_.punch_hole("/x", 2, 1U << 20U);
  fs_.append("/x", "b\n");
  const auto tailer = open(fresh("/x"));
  EXPECT_EQ(read_all(*tailer), (Lines{"a", "b"}));
  EXPECT_EQ(tailer->position(), (1U << 20U) + 4);
}

TEST_F(FileTailerTest, waits_in_front_of_space_allocated_ahead) {
  fs_.append("/x", "a\n" + std::string(10'000, '\0'));
  const auto tailer = open(fresh("/x"));
  EXPECT_EQ(read_all(*tailer), Lines{"a"});
  EXPECT_EQ(tailer->position(), 2U);
  // Written where the allocation begins, then given back.
  fs_.overwrite("/x", "a\nb\n" + std::string(9'998, '\0'));
  EXPECT_EQ(read_all(*tailer), Lines{"b"});
  fs_.overwrite("/x", "a\nb\nc\n");
  EXPECT_EQ(read_all(*tailer), Lines{"c"});
  EXPECT_FALSE(tailer->displaced());
  tailer->set_ending(FileTailer::Ending::kEnd);
  fs_.append("/x", std::string(100, '\0'));
  EXPECT_EQ(read_all(*tailer), Lines{}) << "NUL bytes at the end are no line";
  EXPECT_EQ(last_, Source::Outcome::kEnded);
}

TEST_F(FileTailerTest, short_reads_change_nothing) {
  fs_.append("/x", std::string(3000, 'a') + "\nb\n");
  fs_.limit_reads_to(7);
  const auto tailer = open(fresh("/x"));
  EXPECT_EQ(read_all(*tailer), (Lines{std::string(3000, 'a'), "b"}));
  fs_.append("/x", "c\n");
  EXPECT_EQ(read_all(*tailer), Lines{"c"});
}

TEST_F(FileTailerTest, a_failing_read_is_an_error_and_can_be_repeated) {
  fs_.append("/x", "a\n");
  const auto tailer = open(fresh("/x"));
  fs_.fail_on(testing::Operation::kRead, "/x", EIO, 1);
  const auto outcome = tailer->read(buffer_, block_);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, EIO);
  EXPECT_EQ(read_all(*tailer), Lines{"a"});
}

TEST_F(FileTailerTest, encoded_text_is_decoded_and_counted_in_stored_bytes) {
  options_.encoding = "UTF-16";
  const std::string text(
      "\xff\xfe"
      "a\0\xe9\0\n\0b\0\n\0",
      12);
  fs_.append("/x", text);
  const auto tailer = open(fresh("/x"));
  EXPECT_EQ(read_all(*tailer), (Lines{"a\xc3\xa9", "b"}));
  EXPECT_EQ(tailer->position(), 12U);
  // The byte order mark is at the beginning only.
  fs_.append("/x", std::string("c\0\n\0", 4));
  const auto again = open(point_of(*tailer));
  EXPECT_EQ(read_all(*again), Lines{"c"});
}

TEST_F(FileTailerTest, an_encoding_waits_for_its_byte_order_mark) {
  options_.encoding = "UTF-16";
  fs_.append("/x", "\xff");
  const auto tailer = open(fresh("/x"));
  EXPECT_EQ(read_all(*tailer), Lines{});
  fs_.append("/x", std::string("\xfe"
                               "a\0\n\0",
                               5));
  EXPECT_EQ(read_all(*tailer), Lines{"a"});
}

TEST_F(FileTailerTest, a_long_encoded_line_grows_the_buffer) {
  options_.encoding = "UTF-16LE";
  std::string text;
  for (int i = 0; i < 20'000; ++i)
    text += std::string("a\0", 2);
  fs_.append("/x", text + std::string("\n\0b\0\n\0", 6));
  const auto tailer = open(fresh("/x"));
  EXPECT_EQ(read_all(*tailer), (Lines{std::string(20'000, 'a'), "b"}));
}

// printf 'a\nb\nc' | gzip -n
constexpr std::string_view kGzip(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x4b\xe4\x4a\xe2\x4a\x06\x00\xa2\x8e\xca\x68\x05\x00"
    "\x00\x00",
    25);

TEST_F(FileTailerTest, compressed_files_count_lines) {
  options_.decompression.enabled = true;
  options_.decompression.format = config::DecompressionConfig::Format::kGzip;
  fs_.append("/x", kGzip.substr(0, 15));
  const auto tailer = open(fresh("/x"));
  read_all(*tailer);
  EXPECT_EQ(last_, Source::Outcome::kUpToDate);
  fs_.append("/x", kGzip.substr(15));
  Lines lines = read_all(*tailer);
  EXPECT_EQ(lines, Lines{"c"}) << "a last line without end is a line";
  EXPECT_EQ(tailer->position(), 3U);
  EXPECT_EQ(point_of(*tailer).identity.before_bytes, 0U);

  ResumePoint point = point_of(*tailer);
  point.position = 1;
  point.identity.before_bytes = 3;  // From before the job counted lines.
  const auto again = open(point);
  EXPECT_EQ(read_all(*again), (Lines{"b", "c"}));
  EXPECT_EQ(point_of(*again).identity.before_bytes, 0U);
  again->set_ending(FileTailer::Ending::kEnd);
  read_all(*again);
  EXPECT_EQ(last_, Source::Outcome::kEnded);
}

TEST_F(FileTailerTest, damage_in_a_compressed_file_is_remembered_and_ends_it) {
  options_.decompression.enabled = true;
  fs_.append("/x", "this is no gzip file at all");
  const auto tailer = open(fresh("/x"));
  EXPECT_EQ(read_all(*tailer), Lines{});
  EXPECT_EQ(last_, Source::Outcome::kUpToDate);
  ASSERT_TRUE(tailer->damage());
  EXPECT_EQ(tailer->damage()->code, Error::kCorrupt);
}

TEST_F(FileTailerTest, a_file_compressed_after_rotation_goes_on_at_its_plain_position) {
  fs_.append("/x.1.gz", kGzip);
  ResumePoint point = fresh("/x.1.gz");
  point.label_path = "/x";
  point.position = 2;
  const auto tailer = open(point);
  tailer->set_ending(FileTailer::Ending::kEnd);
  EXPECT_EQ(read_all(*tailer), (Lines{"b", "c"}));
  EXPECT_EQ(tailer->position(), 5U);
}

TEST_F(FileTailerTest, pins_its_labels_and_changes_them) {
  fs_.append("/x", "a\n");
  LabelSetTable table;
  const std::vector<LabelPair> one{{"filename", "/x"}};
  const std::vector<LabelPair> other{{"env", "prod"}, {"filename", "/x"}};
  {
    FileTailer tailer(fresh("/x"), table.intern(one), std::make_shared<const FileReadOptions>());
    for (int i = 0; i < 4; ++i)
      table.sweep();
    EXPECT_EQ(table.size(), 1U);
    AdoptFile adoption;
    adoption.point.job = "new";
    adoption.options = std::make_shared<const FileReadOptions>();
    tailer.set_labels(adoption, table.intern(other));
    EXPECT_EQ(tailer.job(), "new");
    EXPECT_EQ(*tailer.labels().find("env"), "prod");
    for (int i = 0; i < 4; ++i)
      table.sweep();
    EXPECT_EQ(table.size(), 1U);
  }
  for (int i = 0; i < 4; ++i)
    table.sweep();
  EXPECT_EQ(table.size(), 0U);
}

}  // namespace
}  // namespace tailrace::tailer
