// Sending a part of a request.
#include "shippers/reject_splitter.h"

#include <algorithm>
#include <limits>

#include "shippers/push_decoder.h"
#include "shippers/push_encoder.h"
#include "shippers/snappy_block.h"

namespace tailrace::shippers {

namespace {

std::size_t wire_bytes(std::string_view entry) {
  return 1 + varint_bytes(entry.size()) + entry.size();
}

void append_stream(std::string& out, std::string_view labels,
                   std::span<const std::string_view> entries) {
  std::size_t bytes = 0;
  for (const std::string_view entry : entries)
    bytes += wire_bytes(entry);
  append_stream_header(out, labels, bytes);
  for (const std::string_view entry : entries) {
    out += push_tag::kEntry;
    append_varint(out, entry.size());
    out += entry;
  }
}

}  // namespace

std::vector<std::string_view> body_parts(const PushBody& body) {
  std::vector<std::string_view> parts;
  parts.reserve(body.elements.size() + 1);
  parts.emplace_back(body.header);
  parts.insert(parts.end(), body.elements.begin(), body.elements.end());
  return parts;
}

std::uint64_t body_bytes(const PushBody& body) {
  std::uint64_t bytes = body.header.size();
  for (const std::string_view element : body.elements)
    bytes += element.size();
  return bytes;
}

Result<std::string> encode_range(const PushBody& body, EntryRange range) {
  const auto raw = uncompress(body_parts(body), std::numeric_limits<std::uint32_t>::max());
  if (!raw) return fail(raw.error());
  const auto streams = decode_raw_streams(*raw);
  if (!streams) return fail(streams.error());

  std::string part;
  std::size_t skip = range.first;
  std::size_t left = range.count;
  for (const RawStream& stream : *streams) {
    std::span<const std::string_view> entries = stream.entries;
    const std::size_t skipped = std::min(skip, entries.size());
    skip -= skipped;
    entries = entries.subspan(skipped);
    entries = entries.first(std::min(left, entries.size()));
    left -= entries.size();
    if (!entries.empty()) append_stream(part, stream.labels, entries);
  }
  if (left > 0) return fail(Error::kInvalid, "push request: fewer entries than it should have");
  const std::string_view whole = part;
  return std::string(SnappyCompressor().compress({&whole, 1}));
}

}  // namespace tailrace::shippers
