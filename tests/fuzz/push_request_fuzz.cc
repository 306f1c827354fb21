// Push requests from strangers: decoding, uncompressing and splitting never fail badly.
// libraries: tailrace_shippers
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/check.h"
#include "shippers/push_decoder.h"
#include "shippers/reject_splitter.h"
#include "shippers/snappy_block.h"

namespace tailrace::push_request_fuzz {

using tailrace::shippers::decode_push;
using tailrace::shippers::decode_raw_streams;
using tailrace::shippers::encode_range;
using tailrace::shippers::PushBody;

namespace {

constexpr std::uint64_t kRawBytesMax = 1U << 20U;

std::uint32_t count_entries(std::string_view raw) {
  const auto streams = decode_raw_streams(raw);
  TAILRACE_CHECK(streams.has_value());
  std::size_t count = 0;
  for (const auto& stream : *streams)
    count += stream.entries.size();
  return static_cast<std::uint32_t>(count);
}

// Both halves of a request have all of its entries.
void check_halves(const PushBody& body, std::uint32_t entries) {
  const std::uint32_t half = entries / 2;
  std::uint32_t found = 0;
  for (const auto& range :
       {tailrace::shippers::EntryRange{.first = 0, .count = half},
        tailrace::shippers::EntryRange{.first = half, .count = entries - half}}) {
    const auto part = encode_range(body, range);
    TAILRACE_CHECK(part.has_value());
    const std::string_view block = *part;
    const auto raw = tailrace::shippers::uncompress({&block, 1}, 16 * kRawBytesMax);
    TAILRACE_CHECK(raw.has_value());
    found += count_entries(*raw);
  }
  TAILRACE_CHECK(found == entries);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(data, data + size);
  const auto push = decode_push(input);
  if (push) {
    TAILRACE_CHECK(count_entries(input) == push->entries());
    for (const auto& stream : push->streams) {
      for (const auto& entry : stream.entries)
        static_cast<void>(entry.time());
    }
  }

  // The same bytes as a compressed body, and as the content of one.
  const std::string_view whole = input;
  const auto raw = tailrace::shippers::uncompress({&whole, 1}, kRawBytesMax);
  tailrace::shippers::SnappyCompressor compressor;
  const std::string compressed(compressor.compress({&whole, 1}));
  for (const std::string_view block : {whole, std::string_view(compressed)}) {
    if (block.data() == whole.data() && !raw) continue;
    PushBody body;
    body.elements = {block};
    const std::string& content = block.data() == whole.data() ? *raw : input;
    if (decode_raw_streams(content)) {
      check_halves(body, count_entries(content));
    } else {
      TAILRACE_CHECK(!encode_range(body, {.first = 0, .count = 1}).has_value());
    }
  }
  return 0;
}

}  // namespace tailrace::push_request_fuzz
