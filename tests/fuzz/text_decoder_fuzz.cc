// Fuzzes decoding: the lines do not depend on how the file is cut into reads, and are UTF-8.
// libraries: tailrace_tailer

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/utf8.h"
#include "tailer/text_decoder.h"

namespace tailrace::text_decoder_fuzz {
namespace {

using tailrace::LineBlock;
using tailrace::tailer::DecodeResult;
using tailrace::tailer::LineState;
using tailrace::tailer::TextDecoder;
using End = TextDecoder::Input::End;

constexpr const char* kEncodings[] = {"UTF-8",       "UTF-16",      "UTF-16LE", "UTF-32",
                                      "GBK",         "GB18030",     "Big5",     "Shift_JIS",
                                      "ISO-2022-JP", "windows-1252"};

// All lines of `bytes`, given `step` more bytes each time and `room` for text.
std::vector<std::string> decode(TextDecoder& decoder, std::string_view bytes, std::size_t step,
                                std::size_t room) {
  std::vector<std::string> lines;
  std::vector<char> out(room);
  std::uint64_t position = 0;
  LineState state = LineState::kAtStart;
  std::size_t end = 0;
  while (true) {
    end = std::min(bytes.size(), end + step);
    LineBlock block;
    const DecodeResult result =
        decoder.decode({.bytes = bytes.substr(position, end - position),
                        .begin = position,
                        .state = state,
                        .end = end == bytes.size() ? End::kEnd : End::kMoreMayFollow},
                       out, block);
    TAILRACE_CHECK(!result.needs_room);
    for (const tailrace::Line& line : block.lines) {
      TAILRACE_CHECK(line.begin >= position && line.next <= position + result.frame.consumed);
      std::string_view rest = line.text;
      while (!rest.empty()) {
        const std::size_t length = tailrace::utf8_sequence_bytes(rest);
        TAILRACE_CHECK(length > 0);
        rest.remove_prefix(length);
      }
      lines.emplace_back(line.text);
    }
    position += result.frame.consumed;
    state = result.frame.state;
    if (position == bytes.size()) return lines;
    TAILRACE_CHECK(end < bytes.size() || result.frame.consumed > 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  const char* const encoding = kEncodings[data[0] % std::size(kEncodings)];
  const std::size_t line_bytes_max = 8U + data[1];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
  const std::string_view head = bytes.substr(0, TextDecoder::head_bytes(encoding));
  const auto decoder = TextDecoder::create(encoding, head, line_bytes_max);
  TAILRACE_CHECK(decoder.has_value());
  // A byte order mark is only recognised whole.
  const std::size_t step = 4U + data[2];
  TAILRACE_CHECK(decode(**decoder, bytes, bytes.size(), 1U << 20U) ==
                 decode(**decoder, bytes, step, line_bytes_max));
  return 0;
}

}  // namespace tailrace::text_decoder_fuzz
