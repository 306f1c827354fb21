// Records and headers: what is written is read back, and nothing else is believed.
#include "positions/outbox_segment.h"

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "positions/checksum.h"
#include "tests/positions/outbox_fixture.h"

namespace tailrace::positions::testing {
namespace {

std::string joined(const std::vector<std::string_view>& parts) {
  std::string bytes;
  for (const std::string_view part : parts)
    bytes += part;
  return bytes;
}

ResumePoint full_point() {
  ResumePoint made = point(77, 123'456'789'012);
  made.label_path = "/label/path";
  made.identity = {.device = 1,
                   .inode = UINT64_MAX,
                   .head_hash = 3,
                   .head_bytes = 1024,
                   .before_hash = 5,
                   .before_bytes = 64};
  made.predecessor = 76;
  made.skipping_line = true;
  made.finished = true;
  made.finished_ns = -7;
  made.cursor = std::string("a\0b", 3);
  made.next_line = 99;
  made.modified_ns = -8;
  made.labels = {{"a", "b"}, {"filename", "/x"}};
  made.held = {held(4, "first"), held(9, "")};
  made.held[1].context = true;
  return made;
}

void expect_same(const ResumePoint& a, const ResumePoint& b) {
  EXPECT_EQ(a.source, b.source);
  EXPECT_EQ(a.job, b.job);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.path, b.path);
  EXPECT_EQ(a.label_path, b.label_path);
  EXPECT_EQ(a.identity, b.identity);
  EXPECT_EQ(a.predecessor, b.predecessor);
  EXPECT_EQ(a.position, b.position);
  EXPECT_EQ(a.skipping_line, b.skipping_line);
  EXPECT_EQ(a.finished, b.finished);
  EXPECT_EQ(a.finished_ns, b.finished_ns);
  EXPECT_EQ(a.cursor, b.cursor);
  EXPECT_EQ(a.next_line, b.next_line);
  EXPECT_EQ(a.modified_ns, b.modified_ns);
  EXPECT_EQ(a.labels, b.labels);
  ASSERT_EQ(a.held.size(), b.held.size());
  for (std::size_t i = 0; i < a.held.size(); ++i) {
    EXPECT_EQ(a.held[i].number, b.held[i].number);
    EXPECT_EQ(a.held[i].begin, b.held[i].begin);
    EXPECT_EQ(a.held[i].time_ns, b.held[i].time_ns);
    EXPECT_EQ(a.held[i].context, b.held[i].context);
    EXPECT_EQ(a.held[i].text, b.held[i].text);
  }
}

// One of everything.
std::string full_record() {
  RecordEncoder encoder(RecordType::kCut, 7, 8);
  encoder.add_last_time(-1'000'000'000'000);
  const LaneRecord lane{.key = {"client", "tenant"},
                        .next = 300,
                        .first_undone = 200,
                        .done_entries = 3,
                        .dropped = {{210, 212}, {250, 251}}};
  EXPECT_EQ(encoder.add_lane(lane), 0U);
  EXPECT_EQ(encoder.add_lane({.key = {"b", ""}, .dropped = {}}), 1U);
  encoder.add_point(full_point(), 5, 6, nullptr);
  encoder.add_forgotten(UINT64_MAX);
  encoder.add_note({.origin = 12, .lane = {"x", "y"}, .next = 13});
  encoder.add_outcome({.lane = 1, .entries = 14, .accepted = false, .reason = "ingester_error"});
  encoder.add_fragment({.lane = 1,
                        .sequence = 299,
                        .entries = 10,
                        .done_entries = 9,
                        .line_bytes = 1000,
                        .first_time_ns = -44},
                       "fragment bytes");
  encoder.add_fragment({.lane = 0, .sequence = 298, .entries = 1}, "");
  return joined(encoder.finish());
}

TEST(RecordEncoder, writes_what_decode_record_reads) {
  const auto record = decode_record(full_record());
  ASSERT_TRUE(record) << record.error().message;
  EXPECT_EQ(record->header.type, RecordType::kCut);
  EXPECT_EQ(record->header.run, 7U);
  EXPECT_EQ(record->header.cut, 8U);
  EXPECT_EQ(record->last_time_ns, -1'000'000'000'000);
  ASSERT_EQ(record->lanes.size(), 2U);
  EXPECT_EQ(record->lanes[0], (LaneRecord{.key = {"client", "tenant"},
                                          .next = 300,
                                          .first_undone = 200,
                                          .done_entries = 3,
                                          .dropped = {{210, 212}, {250, 251}}}));
  ASSERT_EQ(record->points.size(), 1U);
  EXPECT_EQ(record->points[0].stored.run, 5U);
  EXPECT_EQ(record->points[0].stored.cut, 6U);
  expect_same(record->points[0].stored.point, full_point());
  EXPECT_EQ(record->forgotten, std::vector<SourceId>{UINT64_MAX});
  ASSERT_EQ(record->notes.size(), 1U);
  EXPECT_EQ(record->notes[0].origin, 12U);
  EXPECT_EQ(record->notes[0].lane, (LaneKey{"x", "y"}));
  EXPECT_EQ(record->notes[0].next, 13U);
  ASSERT_EQ(record->outcomes.size(), 1U);
  EXPECT_EQ(record->outcomes[0].lane, 1U);
  EXPECT_EQ(record->outcomes[0].entries, 14U);
  EXPECT_FALSE(record->outcomes[0].accepted);
  EXPECT_EQ(record->outcomes[0].reason, "ingester_error");
}

TEST(RecordEncoder, says_where_each_fragment_lies) {
  RecordEncoder encoder(RecordType::kCut, 1, 1);
  encoder.add_lane({.key = {"a", ""}, .dropped = {}});
  encoder.add_fragment({.entries = 1}, "first");
  encoder.add_fragment({.sequence = 1, .entries = 2, .done_entries = 1}, "second");
  const std::string bytes = joined(encoder.finish());
  EXPECT_EQ(encoder.total_bytes(), bytes.size());
  const auto record = decode_record(bytes);
  ASSERT_TRUE(record);
  ASSERT_EQ(record->fragments.size(), 2U);
  EXPECT_EQ(record->fragments[0].offset, encoder.fragment_offset(0));
  EXPECT_EQ(record->fragments[1].offset, encoder.fragment_offset(1));
  EXPECT_EQ(bytes.substr(encoder.fragment_offset(0), 5), "first");
  EXPECT_EQ(bytes.substr(encoder.fragment_offset(1)), "second");
  EXPECT_EQ(record->fragments[1].checksum, crc32c(0, "second"));
  EXPECT_EQ(record->fragments[1].checksum, encoder.fragment_checksum(1));
  EXPECT_EQ(record->fragments[1].bytes, 6U);
  EXPECT_EQ(record->fragments[1].sequence, 1U);
  EXPECT_EQ(record->fragments[1].entries, 2U);
  EXPECT_EQ(record->fragments[1].done_entries, 1U);
}

TEST(RecordEncoder, leaves_out_the_text_of_held_lines_that_are_known) {
  ResumePoint known = point(1, 5);
  known.held = {held(2, "x"), held(4, "known text")};
  ResumePoint now = point(1, 6);
  now.held = {held(4, "known text"), held(5, "new text")};
  RecordEncoder encoder(RecordType::kCut, 1, 1);
  encoder.add_point(now, 1, 1, &known);
  const std::string bytes = joined(encoder.finish());
  EXPECT_EQ(bytes.find("known text"), std::string::npos);
  const auto record = decode_record(bytes);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->points[0].known_texts, std::vector<std::size_t>{0});
  EXPECT_EQ(record->points[0].stored.point.held[1].text, "new text");
}

TEST(DecodeRecord, refuses_every_change_of_any_byte) {
  const std::string good = full_record();
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const int bit : {0x01, 0x80}) {
      std::string bad = good;
      bad[i] = static_cast<char>(static_cast<unsigned char>(bad[i]) ^ bit);
      EXPECT_FALSE(decode_record(bad)) << i;
    }
  }
}

TEST(DecodeRecord, refuses_every_shorter_and_any_longer_text) {
  const std::string good = full_record();
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(decode_record(std::string_view(good).substr(0, size))) << size;
  }
  EXPECT_FALSE(decode_record(good + "x"));
}

TEST(DecodeRecord, refuses_fragments_and_outcomes_of_lanes_it_does_not_name) {
  RecordEncoder fragment_without_lane(RecordType::kCut, 1, 1);
  fragment_without_lane.add_fragment({.lane = 0, .entries = 1}, "x");
  EXPECT_FALSE(decode_record(joined(fragment_without_lane.finish())));
  RecordEncoder outcome_without_lane(RecordType::kOutcome, 1, 1);
  outcome_without_lane.add_outcome({.lane = 0, .entries = 1, .reason = ""});
  EXPECT_FALSE(decode_record(joined(outcome_without_lane.finish())));
}

TEST(DecodeRecord, refuses_fragments_with_nothing_left_to_answer) {
  RecordEncoder encoder(RecordType::kCut, 1, 1);
  encoder.add_lane({.key = {"a", ""}, .dropped = {}});
  encoder.add_fragment({.entries = 2, .done_entries = 2}, "x");
  EXPECT_FALSE(decode_record(joined(encoder.finish())));
}

// A record around these items whose checksums are right.
std::string record_of(std::string_view items) {
  std::string bytes = joined(RecordEncoder(RecordType::kCut, 1, 1).finish());
  const auto put = [&](std::size_t at, std::size_t size, std::uint64_t value) {
    for (std::size_t i = 0; i < size; ++i) {
      bytes[at + i] = static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
    }
  };
  put(4, 4, items.size());
  put(8, 4, items.size());
  const std::uint32_t lengths = crc32c(0, std::string_view(bytes).substr(4, 9));
  put(14, 2, crc32c(lengths, std::string_view(bytes).substr(16, 16)));
  bytes += items;
  put(0, 4, crc32c(0, std::string_view(bytes).substr(4)));
  return bytes;
}

TEST(DecodeRecord, refuses_items_that_end_too_early_or_are_unknown) {
  RecordEncoder encoder(RecordType::kCut, 1, 1);
  encoder.add_last_time(5);
  encoder.add_lane({.key = {"client", "tenant"}, .dropped = {{1, 2}}});
  encoder.add_point(full_point(), 5, 6, nullptr);
  encoder.add_note({.origin = 12, .lane = {"x", "y"}, .next = 13});
  encoder.add_outcome({.lane = 0, .entries = 14, .reason = "r"});
  const std::string items = joined(encoder.finish()).substr(kRecordHeaderBytes);
  ASSERT_TRUE(decode_record(record_of(items)));
  std::set<std::size_t> whole;  // Sizes at which an item ends.
  for (std::size_t size = 0; size < items.size(); ++size) {
    if (decode_record(record_of(items.substr(0, size)))) whole.insert(size);
  }
  EXPECT_EQ(whole.size(), 5U);
  EXPECT_FALSE(decode_record(record_of("x")));
  EXPECT_FALSE(decode_record(record_of("G" + std::string(10, '\xff'))));  // No number is so long,
  EXPECT_FALSE(decode_record(record_of("G" + std::string(9, '\xff') + "\x02")));  // nor so great.
  EXPECT_TRUE(decode_record(record_of("G" + std::string(9, '\xff') + "\x01")));
  // 2^32 in a field of 32 bits; a count and a length beyond what is there.
  const std::string too_great("\x80\x80\x80\x80\x10", 5);
  EXPECT_FALSE(decode_record(record_of("L" + std::string(4, '\0') + too_great + '\0')));
  EXPECT_FALSE(decode_record(record_of("L" + std::string(5, '\0') + too_great)));
  EXPECT_FALSE(decode_record(record_of("L" + too_great)));
}

TEST(DecodeRecordHeader, tells_a_damaged_length_by_its_own_check) {
  std::string bytes = full_record();
  EXPECT_TRUE(decode_record_header(bytes));
  bytes[4] = static_cast<char>(bytes[4] + 1);
  EXPECT_FALSE(decode_record_header(bytes));
}

TEST(SegmentHeader, is_read_back) {
  const std::string bytes =
      encode_segment_header({.worker = 1, .number = 2, .run = 3, .origin = 4});
  EXPECT_EQ(bytes.size(), kSegmentHeaderBytes);
  const auto header = decode_segment_header(bytes);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->worker, 1U);
  EXPECT_EQ(header->number, 2U);
  EXPECT_EQ(header->run, 3U);
  EXPECT_EQ(header->origin, 4U);
}

TEST(SegmentHeader, is_corrupt_when_any_byte_is_wrong) {
  const std::string good = encode_segment_header({.number = 2});
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    const auto header = decode_segment_header(bad);
    ASSERT_FALSE(header) << i;
    EXPECT_EQ(header.error().code, Error::kCorrupt);
  }
  EXPECT_FALSE(decode_segment_header(good.substr(0, 47)));
}

TEST(SegmentHeader, of_another_version_is_refused_by_its_number) {
  std::string bytes = encode_segment_header({.number = 2});
  bytes[8] = 2;
  const std::uint32_t checksum = crc32c(0, std::string_view(bytes).substr(0, 44));
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[44 + i] = static_cast<char>(static_cast<unsigned char>(checksum >> (8 * i)));
  }
  const auto header = decode_segment_header(bytes);
  ASSERT_FALSE(header);
  EXPECT_EQ(header.error().code, Error::kInvalid);
  EXPECT_NE(header.error().message.find("version 2"), std::string::npos);
}

}  // namespace
}  // namespace tailrace::positions::testing
