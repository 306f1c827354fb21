// What a file is recognised by: hashes of its beginning and of what lies before an offset.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/file_system.h"
#include "base/result.h"
#include "model/resume_point.h"

namespace tailrace::positions {

// Content decides; a file of which fewer bytes are known is decided by path and inode
// (docs/formats/outbox.md, identity).
inline constexpr std::uint32_t kHeadBytesMax = 1024;
inline constexpr std::uint32_t kBeforeBytesMax = 64;
inline constexpr std::uint32_t kDecidingBytes = 64;

enum class SameFile {
  kYes,
  kNo,       // What is known of the file is not there.
  kUnknown,  // Nothing speaks against it, but too little is known to say yes.
};

// Reads device, inode, the first min(1024, size) bytes and the 64 bytes before `offset` (less at
// the beginning; none when the file is shorter).
Result<FileIdentity> read_identity(File& file, std::uint64_t offset);

// Rehashes the head when the file has grown and the head is not full yet; tells whether it changed.
Result<bool> grow_head(File& file, FileIdentity& identity);

// Sets the hash of what lies before the offset; `before` is its last min(64, offset) bytes.
void set_before(FileIdentity& identity, std::string_view before);
// Whether these bytes before the offset are those that the identity remembers; true when it
// remembers none.
bool matches_before(const FileIdentity& identity, std::string_view before);

// Whether `file` is the one that `known` was taken of, read up to `offset`. A file that has fewer
// bytes than are known of it is kNo: it was truncated, or is another.
Result<SameFile> compare_content(const FileIdentity& known, std::uint64_t offset, File& file);

// The same for the beginning alone: for a copy, which may be compressed or still growing.
Result<SameFile> compare_head(const FileIdentity& known, File& file);
// For a beginning that was read by other means (decompressed).
SameFile compare_head(const FileIdentity& known, std::string_view beginning);

inline bool same_inode(const FileIdentity& a, const FileIdentity& b) {
  return a.device == b.device && a.inode == b.inode;
}

}  // namespace tailrace::positions
