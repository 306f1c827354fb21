// Unpacking in front, framing behind, and a window of text between them that read() gives again
// until it is consumed.
#include "tailer/compressed_file.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace tailrace::tailer {
namespace {

constexpr std::size_t kInputBytes = 64U << 10U;
// After so many bytes in and out without a line, others have their turn.
constexpr std::size_t kWorkMax = 2U << 20U;
// Stored bytes of one line at most, in units of the widest encoding, and a byte order mark.
constexpr std::size_t kUnitMax = 4;
constexpr std::size_t kMarkMax = 4;

}  // namespace

Result<std::unique_ptr<CompressedFile>> CompressedFile::open(std::unique_ptr<File> file,
                                                             Options options) {
  if (!options.encoding.empty()) {
    const Status known = TextDecoder::check(options.encoding);
    if (!known) return fail(known.error());
  }
  auto decompressor = Decompressor::create(options.format);
  if (!decompressor) return fail(decompressor.error());
  return std::make_unique<CompressedFile>(std::move(file), std::move(options),
                                          std::move(*decompressor));
}

CompressedFile::CompressedFile(std::unique_ptr<File> file, Options options,
                               std::unique_ptr<Decompressor> decompressor)
    : file_(std::move(file)),
      options_(std::move(options)),
      decompressor_(std::move(decompressor)),
      framer_(options_.line_bytes_max),
      input_memory_(kInputBytes),
      position_(options_.position),
      lines_to_skip_(options_.position) {}

Result<CompressedFile::Outcome> CompressedFile::read(LineBlock& block) {
  line_ends_.clear();
  for (std::size_t work = 0; work < kWorkMax;) {
    if (take_lines(TextEnd::kMoreMayFollow, block)) return Outcome::kLines;
    const Result<std::size_t> filled = fill();
    if (!filled) return fail(filled.error());
    work += *filled;
    if (*filled > 0) continue;

    const bool complete = had_member_ && !in_member_;
    if (!complete && !damage_ && !waiting_ended_) return Outcome::kIncomplete;
    if (take_lines(TextEnd::kEnd, block)) return Outcome::kLines;
    if (in_member_ && !damage_) {
      damage_ = Error{.code = Error::kCorrupt, .message = "compressed data ends too early"};
    }
    if (damage_) return fail(*damage_);
    return Outcome::kEnded;
  }
  return Outcome::kMore;
}

void CompressedFile::consume(SourcePosition next) {
  TAILRACE_CHECK(next >= position_ && next - block_position_ <= line_ends_.size());
  if (next == position_) return;
  const LineEnd& end = line_ends_[next - block_position_ - 1];
  advance_to(end.offset, end.state);
  position_ = next;
  if (next - block_position_ == line_ends_.size()) replacements_ += block_replacements_;
}

// Whether there are lines for the caller. Those that were consumed in an earlier life are passed
// over.
bool CompressedFile::take_lines(TextEnd end, LineBlock& block) {
  const std::size_t first = block.lines.size();
  while (true) {
    const FrameResult framed = frame(end, block);
    const std::size_t found = block.lines.size() - first;
    if (found == 0) {
      advance_to(text_offset_ + framed.consumed, framed.state);
      return false;
    }
    if (lines_to_skip_ == 0) {
      hand_out(block, first);
      return true;
    }
    const std::size_t skipped = std::min<std::uint64_t>(found, lines_to_skip_);
    const Line& last = block.lines[first + skipped - 1];
    advance_to(last.next, last.cut_short ? LineState::kSkipping : LineState::kAtStart);
    lines_to_skip_ -= skipped;
    block.lines.resize(first);
  }
}

FrameResult CompressedFile::frame(TextEnd end, LineBlock& block) {
  if (!options_.encoding.empty()) return frame_decoded(end, block);
  const std::span<const char> text = text_.span().subspan(text_begin_, text_end_ - text_begin_);
  return end == TextEnd::kEnd ? framer_.frame_to_end(text, text_offset_, state_, block)
                              : framer_.frame(text, text_offset_, state_, block);
}

FrameResult CompressedFile::frame_decoded(TextEnd end, LineBlock& block) {
  using End = TextDecoder::Input::End;
  const std::span<const char> text = text_.span().subspan(text_begin_, text_end_ - text_begin_);
  if (!decoder_) {
    const std::size_t head_bytes = TextDecoder::head_bytes(options_.encoding);
    if (text.size() < head_bytes && end != TextEnd::kEnd) return {};
    auto decoder = TextDecoder::create(
        options_.encoding, text.first(std::min(head_bytes, text.size())), options_.line_bytes_max);
    TAILRACE_CHECK(decoder.has_value());  // open() tried.
    decoder_ = std::move(*decoder);
    decoded_.grow(ReadBuffer::kDefaultBytes);
  }
  const TextDecoder::Input input{.bytes = text,
                                 .begin = text_offset_,
                                 .state = state_,
                                 .end = end == TextEnd::kEnd ? End::kEnd : End::kMoreMayFollow};
  DecodeResult result = decoder_->decode(input, decoded_.span(), block);
  if (result.needs_room) {
    decoded_.grow(options_.line_bytes_max);
    result = decoder_->decode(input, decoded_.span(), block);
  }
  block_replacements_ = result.replacements;
  return result.frame;
}

// Turns byte positions into line numbers, and remembers the former for consume().
void CompressedFile::hand_out(LineBlock& block, std::size_t first) {
  block_position_ = position_;
  for (std::size_t i = first; i < block.lines.size(); ++i) {
    Line& line = block.lines[i];
    line_ends_.push_back({.offset = line.next,
                          .state = line.cut_short ? LineState::kSkipping : LineState::kAtStart});
    line.begin = position_ + (i - first);
    line.next = line.begin + 1;
    if (!line.cut_short && line.text.ends_with('\r')) line.text.remove_suffix(1);
  }
}

void CompressedFile::advance_to(std::uint64_t offset, LineState state) {
  text_begin_ += static_cast<std::size_t>(offset - text_offset_);
  text_offset_ = offset;
  state_ = state;
}

Result<std::size_t> CompressedFile::fill() {
  if (damage_) return 0U;
  const std::span<char> room = room_for_text();
  std::size_t work = 0;
  while (work < kWorkMax) {
    if (input_.empty() && !output_was_full_) {
      const Result<std::size_t> size = refill_input();
      if (!size) return fail(size.error());
      if (*size == 0) return work;
    }
    if (had_member_ && !in_member_) {
      const std::size_t before = input_.size();
      skip_padding();
      work += before - input_.size();
      if (input_.empty()) continue;
    }
    in_member_ = true;
    const bool draining = std::exchange(output_was_full_, false);
    const Decompressor::Step step = decompressor_->run(input_, room);
    input_ = input_.subspan(step.consumed);
    text_end_ += step.produced;
    work += step.consumed + step.produced;
    if (step.failure) {
      damage_ = Error{
          .code = step.failure->code,
          .message = step.failure->message + ", at stored byte " + std::to_string(stored_offset())};
      return work;
    }
    if (step.member_ended) {
      in_member_ = false;
      had_member_ = true;
    } else {
      output_was_full_ = step.produced == room.size();
    }
    if (step.produced > 0) return work;
    if (!draining && step.consumed == 0 && !step.member_ended) {
      damage_ = Error{.code = Error::kCorrupt, .message = "compressed data cannot be unpacked"};
      return work;
    }
  }
  return work;
}

Result<std::size_t> CompressedFile::refill_input() {
  const Result<std::size_t> size = file_->read_at(stored_offset_, input_memory_);
  if (!size) return fail(size.error());
  stored_offset_ += *size;
  input_ = std::span<const char>(input_memory_).first(*size);
  return *size;
}

// Zeros behind the last member, as archives leave them, are not the beginning of another.
void CompressedFile::skip_padding() {
  const auto end = std::find_if(input_.begin(), input_.end(), [](char c) { return c != '\0'; });
  input_ = input_.subspan(static_cast<std::size_t>(end - input_.begin()));
}

// Where unpacked text goes: behind what is not consumed, in more memory when that is one long line.
std::span<char> CompressedFile::room_for_text() {
  const std::size_t held = text_end_ - text_begin_;
  if (text_begin_ > 0) {
    std::memmove(text_.span().data(), text_.span().data() + text_begin_, held);
    text_begin_ = 0;
    text_end_ = held;
  }
  if (held == text_.size()) {
    const std::size_t unit = options_.encoding.empty() ? 1 : kUnitMax;
    const std::size_t bytes_max = (options_.line_bytes_max + 2) * unit + kMarkMax;
    // Framing takes something out of text_ before it holds more than that.
    TAILRACE_CHECK(held < bytes_max);
    ReadBuffer larger(std::min(held * 2, bytes_max));
    std::memcpy(larger.span().data(), text_.span().data(), held);
    text_ = std::move(larger);
  }
  return text_.span().subspan(held);
}

}  // namespace tailrace::tailer
