// A file, directory or link of MemoryFileSystem: what it holds now and what a power loss leaves.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/file_system.h"

namespace tailrace::testing {

// Disjoint ranges of bytes.
class ByteRanges {
 public:
  void add(std::uint64_t begin, std::uint64_t end);
  // Forgets [begin, end).
  void cut(std::uint64_t begin, std::uint64_t end);
  // The first contained place at or behind `offset`; UINT64_MAX when there is none.
  std::uint64_t next(std::uint64_t offset) const;
  std::uint64_t total() const;
  // Bytes of [begin, end) that are not contained.
  std::uint64_t missing(std::uint64_t begin, std::uint64_t end) const;
  // How many blocks of `block_bytes` have a contained byte.
  std::uint64_t blocks(std::uint64_t block_bytes) const;

 private:
  std::map<std::uint64_t, std::uint64_t> ends_;  // begin -> end
};

// A file's bytes. Holes read as zeros.
struct Content {
  std::string bytes;
  ByteRanges data;       // Not a hole, in whole blocks; for next_data().
  ByteRanges allocated;  // Takes room on the disk, by the byte; reserve() adds to it.

  void write(std::uint64_t offset, std::string_view text);
  void resize(std::uint64_t size);
  // Makes [offset, offset + length) a hole without changing the size.
  void punch_hole(std::uint64_t offset, std::uint64_t length);
  std::size_t read(std::uint64_t offset, std::span<char> buffer) const;
};

struct Inode {
  // Shared: an inode lives while a name, now or after a power loss, or an open file has it.
  using Names = std::map<std::string, std::shared_ptr<Inode>>;

  std::uint64_t number = 0;
  FileKind kind = FileKind::kRegular;
  std::uint32_t links = 0;
  WallTime modified{};
  Content content;     // Regular files.
  std::string target;  // Symbolic links.
  Names names;         // Directories.

  // What a power loss leaves.
  Content synced_content;
  Names synced_names;

  FileStat stat(std::uint64_t device) const;
};

}  // namespace tailrace::testing
