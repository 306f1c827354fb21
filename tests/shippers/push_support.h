// Helpers of the shipper tests: label sets, bodies and decoded bodies in one line.
#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/entry.h"
#include "model/label_set.h"
#include "shippers/push_decoder.h"
#include "shippers/push_encoder.h"
#include "shippers/reject_splitter.h"
#include "shippers/snappy_block.h"

namespace tailrace::shippers {

// Interns sets like a worker does.
class Labels {
 public:
  const LabelSet& of(std::initializer_list<LabelPair> sorted) {
    return table_.intern(std::vector<LabelPair>(sorted));
  }
  LabelSetTable& table() { return table_; }

 private:
  LabelSetTable table_;
};

inline Entry entry_of(std::string_view line, std::int64_t time_ns = 1'700'000'000'000'000'001) {
  Entry entry;
  entry.line = line;
  entry.time = Timestamp::of_ns(time_ns);
  return entry;
}

// The raw bytes of a body; empty when it is not a snappy block.
inline std::string raw_of(std::string_view body) {
  return uncompress({&body, 1}, 64U << 20U).value_or(std::string());
}

// `labels: line` of every entry of a compressed body, in wire order.
inline std::vector<std::string> lines_of(std::string_view body) {
  const std::string raw = raw_of(body);
  const auto push = decode_push(raw);
  if (!push) return {"not a push request"};
  std::vector<std::string> lines;
  for (const DecodedStream& stream : push->streams) {
    for (const DecodedEntry& entry : stream.entries) {
      lines.push_back(std::string(stream.labels) + ": " + std::string(entry.line));
    }
  }
  return lines;
}

// A compressed body with one entry per line, all in one stream.
inline std::string body_of(const std::vector<std::string>& lines,
                           std::string_view labels = "{job=\"j\"}") {
  std::string entries;
  for (const std::string& line : lines) {
    const EntryEncoder encoder({1'700'000'000, 0}, line, {});
    const std::size_t begin = entries.size();
    entries.resize(begin + encoder.bytes());
    encoder.write(entries.data() + begin);
  }
  std::string raw;
  append_stream_header(raw, labels, entries.size());
  raw += entries;
  const std::string_view whole = raw;
  return std::string(SnappyCompressor().compress({&whole, 1}));
}

// Cut as the outbox has it: `bytes` must outlive the result.
inline PushBody push_body(const std::string& bytes, std::uint32_t entries,
                          std::uint32_t skip_entries = 0, std::string tenant = {}) {
  std::size_t header = 0;
  while (header < bytes.size() && (static_cast<unsigned char>(bytes[header]) & 0x80U) != 0) {
    ++header;
  }
  ++header;
  PushBody body;
  body.tenant = std::move(tenant);
  body.header = bytes.substr(0, header);
  body.elements = {std::string_view(bytes).substr(header)};
  body.skip_entries = skip_entries;
  body.entries = entries;
  return body;
}

}  // namespace tailrace::shippers
