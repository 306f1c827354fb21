// Fuzzes unpacking: any bytes end in lines or a failure, the same ones however they are read.
// libraries: tailrace_tailer

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "tailer/compressed_file.h"

namespace tailrace::compressed_file_fuzz {
namespace {

using tailrace::Result;
using tailrace::Status;
using tailrace::tailer::CompressedFile;
using Outcome = CompressedFile::Outcome;
using Format = tailrace::config::DecompressionConfig::Format;

constexpr Format kFormats[] = {Format::kGzip, Format::kZlib, Format::kBzip2, Format::kZstd};
constexpr std::size_t kLineBytesMax = 300;

// The input as a file that gives at most `read_max` bytes at once.
class InputFile final : public tailrace::File {
 public:
  InputFile(std::string_view bytes, std::size_t read_max) : bytes_(bytes), read_max_(read_max) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) override {
    if (offset >= bytes_.size()) return std::size_t{0};
    const std::string_view rest = bytes_.substr(offset);
    const std::size_t size = std::min({rest.size(), buffer.size(), read_max_});
    std::copy_n(rest.begin(), size, buffer.begin());
    return size;
  }
  Result<tailrace::FileStat> stat() override { return tailrace::FileStat{}; }
  Status write_at(std::uint64_t, std::span<const std::string_view>) override { return {}; }
  Status truncate(std::uint64_t) override { return {}; }
  Status sync() override { return {}; }
  Status reserve(std::uint64_t, std::uint64_t) override { return {}; }
  Result<std::uint64_t> next_data(std::uint64_t offset) override { return offset; }
  int descriptor() const override { return -1; }

 private:
  const std::string_view bytes_;  // Of the fuzzer.
  const std::size_t read_max_;
};

struct All {
  std::vector<std::string> lines;
  std::string failure;
};

All read_all(std::string_view bytes, Format format, std::size_t read_max, const char* encoding) {
  auto file = CompressedFile::open(
      std::make_unique<InputFile>(bytes, read_max),
      {.format = format, .encoding = encoding, .line_bytes_max = kLineBytesMax});
  TAILRACE_CHECK(file.has_value());
  (*file)->give_up_waiting();
  All all;
  while (true) {
    tailrace::LineBlock block;
    const auto outcome = (*file)->read(block);
    if (!outcome) {
      all.failure = outcome.error().message;
      return all;
    }
    for (const tailrace::Line& line : block.lines) {
      TAILRACE_CHECK(line.text.size() <= kLineBytesMax);
      TAILRACE_CHECK(line.begin == all.lines.size() && line.next == line.begin + 1);
      all.lines.emplace_back(line.text);
    }
    TAILRACE_CHECK(*outcome != Outcome::kIncomplete);
    if (*outcome == Outcome::kEnded) return all;
    if (*outcome == Outcome::kLines) (*file)->consume(block.lines.back().next);
    if (all.lines.size() > 100'000) return all;  // A bomb: its beginning will do.
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const Format format = kFormats[data[0] % std::size(kFormats)];
  const char* const encoding = data[0] >= 128 ? "UTF-16" : "";
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const All whole = read_all(bytes, format, bytes.size() + 1, encoding);
  const All pieces = read_all(bytes, format, 1U + data[1], encoding);
  TAILRACE_CHECK(whole.failure.empty() == pieces.failure.empty());
  // What a library gives out of a damaged block may depend on how much it saw of it at once.
  if (whole.failure.empty()) TAILRACE_CHECK(whole.lines == pieces.lines);
  return 0;
}

}  // namespace tailrace::compressed_file_fuzz
