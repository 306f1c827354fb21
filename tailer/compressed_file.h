// Lines out of a compressed file, which is read once, from its beginning.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "config/scrape_config.h"
#include "model/line_block.h"
#include "tailer/decompressor.h"
#include "tailer/line_framer.h"
#include "tailer/text_decoder.h"

namespace tailrace::tailer {

// Unpacks as it goes: members one behind the other are one text; a '\r' before the line end is
// removed, and a last line without end is a line (docs/compatibility.md, decompression).
//
// A position is a count of lines. Going on at one means to unpack all that is in front of it again;
// so Line::cut_short does not say here that reading goes on inside a line.
//
// Ownership: owns the file. Lines view into memory of this object, until the next read().
// Threading: confined to one worker.
// Errors: read() gives every line in front of damage, then kCorrupt (or kExhausted, decompressor.h)
// again
//   and again. An error of the file itself passes through and may be tried again.
// Memory: 64 KiB of input, 256 KiB of text or the longest line, and the format's own
// (decompressor.h);
//   a file that unpacks into much more takes no more.
class CompressedFile {
 public:
  struct Options {
    config::DecompressionConfig::Format format = config::DecompressionConfig::Format::kGzip;
    std::string encoding = {};  // Of the text; empty: none.
    std::size_t line_bytes_max = 1U << 20U;
    SourcePosition position = 0;  // So many lines were consumed before.
  };

  enum class Outcome {
    kLines,       // The block has lines.
    kMore,        // None yet, after a good deal of work: call again.
    kIncomplete,  // The file ends inside a member (or is empty): perhaps it is still being copied.
    kEnded,       // All lines were consumed. Should the file grow by a member, read() goes on.
  };

  // Refuses an encoding that is not known.
  static Result<std::unique_ptr<CompressedFile>> open(std::unique_ptr<File> file, Options options);
  // For open().
  CompressedFile(std::unique_ptr<File> file, Options options,
                 std::unique_ptr<Decompressor> decompressor);

  // Appends to `block` the lines behind the last one consumed, as many as are there.
  Result<Outcome> read(LineBlock& block);
  // The lines of the last read() up to `next` (a Line::next of them) are done.
  void consume(SourcePosition next);
  // A file that ends inside a member will not grow: read() gives what there is, then kCorrupt.
  void give_up_waiting() { waiting_ended_ = true; }

  SourcePosition position() const { return position_; }
  // How much of the stored file was unpacked.
  std::uint64_t stored_offset() const { return stored_offset_ - input_.size(); }
  // Times that the encoding found invalid input, in blocks that were consumed whole.
  std::uint64_t replacements() const { return replacements_; }
  File& file() { return *file_; }

 private:
  enum class TextEnd : std::uint8_t { kMoreMayFollow, kEnd };

  bool take_lines(TextEnd end, LineBlock& block);
  FrameResult frame(TextEnd end, LineBlock& block);
  FrameResult frame_decoded(TextEnd end, LineBlock& block);
  void hand_out(LineBlock& block, std::size_t first);
  void advance_to(std::uint64_t offset, LineState state);
  // Unpacks some. How many bytes went in and came out; 0: there is no more for now.
  Result<std::size_t> fill();
  Result<std::size_t> refill_input();
  void skip_padding();
  std::span<char> room_for_text();

  const std::unique_ptr<File> file_;
  const Options options_;
  const std::unique_ptr<Decompressor> decompressor_;
  const LineFramer framer_;
  std::unique_ptr<TextDecoder> decoder_;  // Made when the beginning of the text is known.

  std::vector<char> input_memory_;
  std::span<const char> input_;      // What was read and not unpacked yet; in input_memory_.
  std::uint64_t stored_offset_ = 0;  // Behind input_.
  bool in_member_ = false;
  bool had_member_ = false;
  bool output_was_full_ = false;  // The decompressor may have more without more input.
  bool waiting_ended_ = false;
  std::optional<Error> damage_;

  // Text that was unpacked and not consumed: [text_begin_, text_end_) of text_.
  ReadBuffer text_;
  std::size_t text_begin_ = 0;
  std::size_t text_end_ = 0;
  std::uint64_t text_offset_ = 0;  // Of text_begin_ in the whole text.
  LineState state_ = LineState::kAtStart;
  ReadBuffer decoded_{0};
  std::uint64_t block_replacements_ = 0;
  std::uint64_t replacements_ = 0;

  // Of the last read(): where each of its lines ends in the whole text, and how it goes on there.
  struct LineEnd {
    std::uint64_t offset = 0;
    LineState state = LineState::kAtStart;
  };
  std::vector<LineEnd> line_ends_;
  SourcePosition block_position_ = 0;  // The number of its first line.
  SourcePosition position_ = 0;
  std::uint64_t lines_to_skip_ = 0;  // Consumed before this object was made.
};

}  // namespace tailrace::tailer
