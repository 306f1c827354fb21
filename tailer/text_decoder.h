// Lines out of files that are not UTF-8 (the `encoding` of a scrape config).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/line_block.h"
#include "tailer/line_framer.h"

namespace tailrace::tailer {

// What decoding made of its input.
struct DecodeResult {
  FrameResult frame;               // In stored bytes.
  std::size_t decoded_bytes = 0;   // Of the output buffer, used.
  std::uint64_t replacements = 0;  // Times that U+FFFD was put in place of invalid input.
  // No line was found because the next one does not fit into the output: come with a larger one.
  bool needs_room = false;
};

// Splits stored bytes at the line ends of their encoding (UTF-16: the aligned unit 0x000A) and
// converts each line to UTF-8. Positions are offsets of stored bytes, so reading goes on at any
// line's begin or next as in a plain file; encodings with shift states begin each line unshifted.
//
// A byte order mark at the beginning of the file is not text. It decides what "UTF-16" and "UTF-32"
// are (without one: big endian, RFC 2781), and wins over a name that says the other order.
//
// A line is over the limit when its text has more than line_bytes_max bytes or the file has more
// than line_bytes_max units (bytes; 2 in UTF-16, 4 in UTF-32) of it.
//
// Threading: confined to one thread.
// Errors: create() refuses a name that the C library does not know. Invalid input is replaced by
//   U+FFFD and counted.
class TextDecoder {
 public:
  // Whether create() would take this name (IANA's; docs/compatibility.md, encoding).
  static Status check(const std::string& encoding);

  // So many bytes of the beginning of the file decide what the encoding is: 0, 2 or 4. A file that
  // is shorter has no line yet.
  static std::size_t head_bytes(const std::string& encoding);

  // `head`: the first head_bytes(encoding) bytes of the file, or all that it has.
  static Result<std::unique_ptr<TextDecoder>> create(const std::string& encoding,
                                                     std::span<const char> head,
                                                     std::size_t line_bytes_max);
  struct State;
  // For create().
  explicit TextDecoder(std::unique_ptr<State> state);
  ~TextDecoder();
  TextDecoder(const TextDecoder&) = delete;
  TextDecoder& operator=(const TextDecoder&) = delete;

  // What to decode: `bytes` of the file from offset `begin` on.
  struct Input {
    std::span<const char> bytes;
    SourcePosition begin = 0;
    LineState state = LineState::kAtStart;
    // Whether more may follow. At the end an unterminated last line counts as complete.
    enum class End : std::uint8_t { kMoreMayFollow, kEnd };
    End end = End::kMoreMayFollow;
  };

  // Appends lines to `block` that view into `out`. With input_bytes_max() of input and
  // line_bytes_max of output it makes progress always; three times as much output as input fits
  // everything.
  DecodeResult decode(const Input& input, std::span<char> out, LineBlock& block);

  std::size_t input_bytes_max() const;

 private:
  struct LineText {
    std::size_t stored_bytes = 0;   // Taken from the input.
    std::size_t decoded_bytes = 0;  // Put into the output.
    std::uint64_t replacements = 0;
    bool complete = true;  // Otherwise the output was full.
  };
  // Whether the input ends where the line does, or was cut there.
  enum class InputEnd : std::uint8_t { kLineEnd, kCut };
  static LineText copy_utf8(std::string_view stored, InputEnd end, std::span<char> out);
  LineText convert(std::span<const char> stored, InputEnd end, std::span<char> out);
  std::size_t find_newline(std::span<const char> bytes, std::size_t from) const;
  // Bytes in front of the first line: a byte order mark, or the rest of a unit.
  std::size_t leading_bytes(const Input& input) const;

  const std::unique_ptr<State> state_;
};

}  // namespace tailrace::tailer
