// What the batcher encodes is what the decoder reads.
// libraries: tailrace_shippers tailrace_model
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "model/entry.h"
#include "model/label_set.h"
#include "shippers/batcher.h"
#include "shippers/push_decoder.h"
#include "shippers/snappy_block.h"

namespace tailrace::push_encoder_fuzz {
namespace {

using tailrace::LabelPair;

// Takes pieces off the input; empty ones at its end.
class Pieces {
 public:
  explicit Pieces(std::string_view rest) : rest_(rest) {}
  bool empty() const { return rest_.empty(); }
  unsigned byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  std::string_view text() {
    const std::string_view piece = rest_.substr(0, byte());
    rest_.remove_prefix(piece.size() < rest_.size() ? piece.size() : rest_.size());
    return piece;
  }
  std::int64_t number() {
    std::int64_t value = 0;
    const std::size_t count = rest_.size() < sizeof value ? rest_.size() : sizeof value;
    std::memcpy(&value, rest_.data(), count);
    rest_.remove_prefix(count);
    return value;
  }

 private:
  std::string_view rest_;
};

struct Expected {
  std::int64_t time_ns = 0;
  std::string line;
  std::vector<std::pair<std::string, std::string>> metadata;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(data, data + size);
  Pieces pieces(input);
  tailrace::shippers::BatchOptions options;
  tailrace::shippers::Batcher batcher({options}, 1U << 30U);
  const std::vector<LabelPair> pairs{{"label", pieces.text()}};
  const tailrace::LabelSet labels(pairs);
  std::vector<Expected> expected;
  while (!pieces.empty() && expected.size() < 1000) {
    Expected want;
    tailrace::Entry entry;
    want.time_ns = pieces.number();
    entry.time = tailrace::Timestamp::of_ns(want.time_ns);
    entry.line = pieces.text();
    want.line = entry.line;
    for (unsigned left = pieces.byte() % 4; left > 0; --left) {
      const std::string_view name = pieces.text();
      const std::string_view value = pieces.text();
      entry.metadata.push_back({name, value});
      want.metadata.emplace_back(name, value);
    }
    batcher.append(labels, entry, 0);
    expected.push_back(std::move(want));
  }
  const auto sealed = batcher.seal();
  TAILRACE_CHECK(sealed.size() == (expected.empty() ? 0 : 1));
  if (sealed.empty()) return 0;
  const std::string_view block = sealed[0].bytes;
  const auto raw = tailrace::shippers::uncompress({&block, 1}, 1U << 30U);
  TAILRACE_CHECK(raw.has_value());
  const auto push = tailrace::shippers::decode_push(*raw);
  TAILRACE_CHECK(push.has_value());
  TAILRACE_CHECK(push->streams.size() == 1);
  TAILRACE_CHECK(push->streams[0].labels == labels.text());
  const auto& entries = push->streams[0].entries;
  TAILRACE_CHECK(entries.size() == expected.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    // The seconds of the first instants lie before what nanoseconds can count from.
    const bool at_the_edge = expected[i].time_ns < -9'223'372'036'000'000'000;
    TAILRACE_CHECK(at_the_edge || entries[i].time().ns() == expected[i].time_ns);
    TAILRACE_CHECK(entries[i].line == expected[i].line);
    TAILRACE_CHECK(entries[i].metadata.size() == expected[i].metadata.size());
    for (std::size_t j = 0; j < entries[i].metadata.size(); ++j) {
      TAILRACE_CHECK(entries[i].metadata[j].first == expected[i].metadata[j].first);
      TAILRACE_CHECK(entries[i].metadata[j].second == expected[i].metadata[j].second);
    }
  }
  return 0;
}

}  // namespace tailrace::push_encoder_fuzz
