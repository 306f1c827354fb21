// GELF of strangers: chunks, packing and JSON; what we write is written the same again.
// libraries: tailrace_receivers
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "model/line_block.h"
#include "receivers/gelf_chunks.h"
#include "receivers/gelf_message.h"

namespace tailrace::gelf_fuzz {

using namespace tailrace::receivers;

namespace {

std::string padded(std::string_view text) {
  return std::string(text).append(tailrace::ReadBuffer::kPadding, '\0');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMax = 100'000;
  const std::string input(data, data + size);
  std::string_view whole = input;
  GelfChunks chunks;
  if (GelfChunks::is_chunk(input)) {
    if (chunks.take(input, {}, tailrace::SteadyTime{}, whole) != GelfChunks::Taken::kWhole)
      return 0;
  }
  const std::string packed = padded(whole);
  GelfUnpacker unpacker(kMax);
  const auto unpacked = unpacker.unpack(std::string_view(packed).substr(0, whole.size()));
  if (!unpacked) return 0;
  TAILRACE_CHECK(unpacked->size() <= kMax || unpacked->size() == whole.size());
  GelfReader reader;
  const auto message = reader.read(*unpacked);
  if (!message) return 0;
  const std::string once = (*message)->line;
  const std::string again = padded(once);
  GelfReader second;
  const auto reread = second.read(std::string_view(again).substr(0, once.size()));
  TAILRACE_CHECK(reread.has_value());
  TAILRACE_CHECK((*reread)->line == once);
  return 0;
}

}  // namespace tailrace::gelf_fuzz
