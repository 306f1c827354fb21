// Walking through segments: ends, torn ends, damage.
#include "positions/segment_reader.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/positions/outbox_fixture.h"

namespace tailrace::positions::testing {
namespace {

std::string record(std::string_view fragment_bytes) {
  RecordEncoder encoder(RecordType::kCut, 1, 1);
  encoder.add_lane({.key = {"a", ""}, .dropped = {}});
  encoder.add_fragment({.entries = 1}, fragment_bytes);
  std::string bytes;
  for (const std::string_view part : encoder.finish())
    bytes += part;
  return bytes;
}

class SegmentReaderTest : public ::testing::Test {
 protected:
  // The steps until the segment is over, one letter each, and the offset where it stopped.
  std::string walk(const std::string& bytes) {
    files_.overwrite("/s", bytes);
    auto file = files_.open("/s", OpenMode::kRead);
    SegmentReader reader(**file, bytes.size());
    if (!reader.read_header()) return "no header";
    std::string steps;
    Record read;
    while (true) {
      switch (reader.next(read)) {
        case SegmentReader::Step::kRecord:
          steps += "r";
          continue;
        case SegmentReader::Step::kEnd:
          steps += "e";
          break;
        case SegmentReader::Step::kTorn:
          steps += "t";
          break;
        case SegmentReader::Step::kDamaged:
          steps += "d";
          break;
      }
      stopped_ = reader.offset();
      return steps;
    }
  }

  FakeClock clock_;
  MemoryFileSystem files_{clock_};
  std::uint64_t stopped_ = 0;
  const std::string header_ = encode_segment_header({.number = 1});
  const std::string one_ = record("one");
  const std::string big_ = record(std::string(700'000, 'b'));
};

TEST_F(SegmentReaderTest, reads_records_up_to_the_end_whatever_reads_give) {
  EXPECT_EQ(walk(header_), "e");
  EXPECT_EQ(walk(header_ + one_ + big_ + one_), "rrre");
  files_.limit_reads_to(100);
  EXPECT_EQ(walk(header_ + one_ + one_), "rre");
}

TEST_F(SegmentReaderTest, calls_every_prefix_of_a_last_record_torn) {
  const std::string two = record("two");
  for (std::size_t size = 1; size < two.size(); ++size) {
    EXPECT_EQ(walk(header_ + one_ + two.substr(0, size)), "rt") << size;
    EXPECT_EQ(stopped_, header_.size() + one_.size());
  }
}

TEST_F(SegmentReaderTest, calls_zeros_at_the_end_torn) {
  EXPECT_EQ(walk(header_ + one_ + std::string(600'000, '\0')), "rt");
}

TEST_F(SegmentReaderTest, calls_anything_else_damage) {
  EXPECT_EQ(walk(header_ + one_ + std::string(100, '\0') + one_), "rd");
  EXPECT_EQ(walk(header_ + one_ + std::string(100, 'x')), "rd");
  std::string flipped = one_;
  flipped.back() = 'X';
  EXPECT_EQ(walk(header_ + flipped + one_), "d");
  EXPECT_EQ(stopped_, header_.size());
  std::string longer = one_;
  longer[5] = static_cast<char>(longer[5] + 1);  // A record of 256 bytes more.
  EXPECT_EQ(walk(header_ + longer + one_), "d");
}

TEST_F(SegmentReaderTest, calls_what_cannot_be_read_damage) {
  files_.overwrite("/s", header_ + one_);
  auto file = files_.open("/s", OpenMode::kRead);
  SegmentReader reader(**file, header_.size() + one_.size());
  files_.fail_on(Operation::kRead, "/s", EIO);
  Record read;
  EXPECT_EQ(reader.next(read), SegmentReader::Step::kDamaged);
  EXPECT_FALSE(reader.read_header());
}

TEST_F(SegmentReaderTest, read_exactly_refuses_a_file_that_is_too_short) {
  files_.overwrite("/s", "0123456789");
  files_.limit_reads_to(3);
  auto file = files_.open("/s", OpenMode::kRead);
  EXPECT_EQ(*read_exactly(**file, 2, 8), "23456789");
  const auto short_read = read_exactly(**file, 2, 9);
  ASSERT_FALSE(short_read);
  EXPECT_EQ(short_read.error().code, Error::kCorrupt);
}

}  // namespace
}  // namespace tailrace::positions::testing
