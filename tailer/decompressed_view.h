// A compressed file that reads as the plain file it was made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/file_system.h"
#include "tailer/decompressor.h"

namespace tailrace::tailer {

// Reading forward unpacks as it goes; reading in front of the last read's beginning starts over.
// Damaged data ends where the damage begins.
//
// Threading: confined to one thread.
// Errors: those of the stored file. It cannot be written to.
// Memory: 64 KiB of input and as much text as the last read asked for.
class DecompressedView final : public File {
 public:
  static Result<std::unique_ptr<File>> open(std::unique_ptr<File> stored,
                                            Decompressor::Format format);
  // For open().
  DecompressedView(std::unique_ptr<File> stored, Decompressor::Format format,
                   std::unique_ptr<Decompressor> decompressor);

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) override;
  // The stored file's, but for the size: that of the text is not known before its end.
  Result<FileStat> stat() override;
  Status write_at(std::uint64_t offset, std::span<const std::string_view> parts) override;
  Status truncate(std::uint64_t size) override;
  Status sync() override;
  Status reserve(std::uint64_t offset, std::uint64_t length) override;
  Result<std::uint64_t> next_data(std::uint64_t offset) override { return offset; }
  int descriptor() const override { return stored_->descriptor(); }

 private:
  Status start_over();
  // Unpacks up to the text offset `end`, dropping what is in front of `begin`; less at the end.
  Status unpack(std::uint64_t begin, std::uint64_t end);

  const std::unique_ptr<File> stored_;
  const Decompressor::Format format_;
  std::unique_ptr<Decompressor> decompressor_;
  std::vector<char> input_memory_;
  std::span<const char> input_;  // In input_memory_, not unpacked yet.
  std::uint64_t stored_offset_ = 0;
  std::vector<char> text_;
  std::uint64_t text_offset_ = 0;  // Of text_[0].
  bool output_was_full_ = false;
  bool damaged_ = false;
};

}  // namespace tailrace::tailer
