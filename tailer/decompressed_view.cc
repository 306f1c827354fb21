// Unpacking on demand, with a window of text.
#include "tailer/decompressed_view.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

namespace tailrace::tailer {
namespace {

constexpr std::size_t kViewInputBytes = 64U << 10U;
constexpr std::size_t kStepBytes = 64U << 10U;
constexpr std::uint64_t kUnknownSize = std::numeric_limits<std::int64_t>::max();

tl::unexpected<Error> read_only() {
  return fail(EBADF, "a compressed file is read only");
}

}  // namespace

Result<std::unique_ptr<File>> DecompressedView::open(std::unique_ptr<File> stored,
                                                     Decompressor::Format format) {
  auto decompressor = Decompressor::create(format);
  if (!decompressor) return fail(decompressor.error());
  return std::make_unique<DecompressedView>(std::move(stored), format, std::move(*decompressor));
}

DecompressedView::DecompressedView(std::unique_ptr<File> stored, Decompressor::Format format,
                                   std::unique_ptr<Decompressor> decompressor)
    : stored_(std::move(stored)),
      format_(format),
      decompressor_(std::move(decompressor)),
      input_memory_(kViewInputBytes) {}

Status DecompressedView::start_over() {
  auto decompressor = Decompressor::create(format_);
  if (!decompressor) return fail(decompressor.error());
  decompressor_ = std::move(*decompressor);
  input_ = {};
  stored_offset_ = text_offset_ = 0;
  text_.clear();
  output_was_full_ = damaged_ = false;
  return {};
}

Status DecompressedView::unpack(std::uint64_t begin, std::uint64_t end) {
  while (!damaged_ && text_offset_ + text_.size() < end) {
    const std::uint64_t drop =
        std::min<std::uint64_t>(text_.size(), begin > text_offset_ ? begin - text_offset_ : 0);
    text_.erase(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(drop));
    text_offset_ += drop;
    if (input_.empty() && !output_was_full_) {
      const Result<std::size_t> got = stored_->read_at(stored_offset_, input_memory_);
      if (!got) return fail(got.error());
      if (*got == 0) return {};
      stored_offset_ += *got;
      input_ = std::span<const char>(input_memory_).first(*got);
    }
    const std::size_t before = text_.size();
    text_.resize(before + kStepBytes);
    const Decompressor::Step step =
        decompressor_->run(input_, std::span<char>(text_).subspan(before));
    text_.resize(before + step.produced);
    input_ = input_.subspan(step.consumed);
    const bool was_draining = std::exchange(output_was_full_, step.produced == kStepBytes);
    // Nothing done with input at hand is damage, and so is padding behind the last member.
    const bool stuck = step.consumed == 0 && step.produced == 0 && !step.member_ended;
    if (step.failure || (stuck && !was_draining)) damaged_ = true;
  }
  return {};
}

Result<std::size_t> DecompressedView::read_at(std::uint64_t offset, std::span<char> buffer) {
  if (offset < text_offset_) {
    if (const Status status = start_over(); !status) return fail(status.error());
  }
  if (const Status status = unpack(offset, offset + buffer.size()); !status) {
    return fail(status.error());
  }
  if (offset >= text_offset_ + text_.size()) return 0U;
  const std::size_t from = static_cast<std::size_t>(offset - text_offset_);
  const std::size_t count = std::min(buffer.size(), text_.size() - from);
  std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(from), count, buffer.begin());
  return count;
}

Result<FileStat> DecompressedView::stat() {
  Result<FileStat> stat = stored_->stat();
  if (stat) stat->size = kUnknownSize;
  return stat;
}

Status DecompressedView::write_at(std::uint64_t /*offset*/,
                                  std::span<const std::string_view> /*parts*/) {
  return read_only();
}

Status DecompressedView::truncate(std::uint64_t /*size*/) {
  return read_only();
}

Status DecompressedView::sync() {
  return read_only();
}

Status DecompressedView::reserve(std::uint64_t /*offset*/, std::uint64_t /*length*/) {
  return read_only();
}

}  // namespace tailrace::tailer
