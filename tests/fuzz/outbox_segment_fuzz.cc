// Fuzzes the outbox's segments: foreign bytes as a segment, and as items of records that are whole.
// libraries: tailrace_positions tailrace_fakes
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/log.h"
#include "positions/checksum.h"
#include "positions/outbox.h"
#include "positions/outbox_segment.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"

namespace tailrace::outbox_segment_fuzz {
namespace {

using tailrace::positions::crc32c;
using tailrace::positions::Outbox;

constexpr const char* kSegment = "/o/0000000000000001.seg";

template <typename Integer>
void put(std::string& out, std::size_t at, Integer value) {
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    out[at + i] = static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
  }
}

// A record with right checksums around items that may make no sense.
std::string record_of(std::string_view items, char type) {
  std::string bytes(tailrace::positions::kRecordHeaderBytes, '\0');
  put(bytes, 4, static_cast<std::uint32_t>(items.size()));
  put(bytes, 8, static_cast<std::uint32_t>(items.size()));
  bytes[12] = type;
  const std::uint32_t lengths = crc32c(0, std::string_view(bytes).substr(4, 9));
  put(bytes, 14,
      static_cast<std::uint16_t>(crc32c(lengths, std::string_view(bytes).substr(16, 16))));
  bytes += items;
  put(bytes, 0, crc32c(0, std::string_view(bytes).substr(4)));
  return bytes;
}

// Opens it, sends all that is there, cuts, and expects to find the cut again.
void live(tailrace::testing::MemoryFileSystem& files, const tailrace::Clock& clock,
          tailrace::Log& log) {
  auto outbox = Outbox::open(files, clock, log, {.directory = "/o", .segment_bytes = 500});
  if (!outbox) return;  // Another version.
  for (const Outbox::LaneState& lane : std::vector((*outbox)->lanes())) {
    const auto request = (*outbox)->take_request(lane.lane, 1000);
    if (request) {
      (*outbox)->record_outcome({.lane = lane.lane, .entries = request->entries, .reason = ""});
    }
  }
  tailrace::ResumePoint point;
  point.source = 7;
  point.position = 70;
  (*outbox)->cut({}, {point}, {}, 0);
  outbox->reset();
  auto again = Outbox::open(files, clock, log, {.directory = "/o"});
  TAILRACE_CHECK(again.has_value());
  TAILRACE_CHECK((*again)->find(7) != nullptr && (*again)->find(7)->position == 70);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const char mode = bytes.front();
  bytes.remove_prefix(1);
  const tailrace::testing::FakeClock clock;
  tailrace::testing::MemoryFileSystem files(clock);
  tailrace::Log log = tailrace::Log::discard(clock);
  if (mode == 'r') {
    files.append(kSegment, bytes);
  } else {
    std::string segment = encode_segment_header(
        tailrace::positions::SegmentHeader{.number = 1, .run = 1, .origin = 1});
    const std::size_t half = bytes.size() / 2;
    segment += record_of(bytes.substr(0, half), 1);
    segment += record_of(bytes.substr(half), static_cast<char>(1 + mode % 5));
    files.append(kSegment, segment);
  }
  live(files, clock, log);
  return 0;
}

}  // namespace tailrace::outbox_segment_fuzz
