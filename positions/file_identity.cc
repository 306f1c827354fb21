// Fingerprints of files through their open descriptors.
#include "positions/file_identity.h"

#include <algorithm>
#include <array>
#include <span>

#include "positions/checksum.h"

namespace tailrace::positions {

namespace {

// Reads up to buffer.size() bytes, over short reads, until the file ends.
Result<std::string_view> read_up_to(File& file, std::uint64_t offset, std::span<char> buffer) {
  std::size_t have = 0;
  while (have < buffer.size()) {
    const Result<std::size_t> got = file.read_at(offset + have, buffer.subspan(have));
    if (!got) return fail(got.error());
    if (*got == 0) break;
    have += *got;
  }
  return std::string_view(buffer.data(), have);
}

void set_head(FileIdentity& identity, std::string_view head) {
  identity.head_bytes = static_cast<std::uint32_t>(head.size());
  identity.head_hash = head.empty() ? 0 : hash64(head);
}

}  // namespace

Result<FileIdentity> read_identity(File& file, std::uint64_t offset) {
  const Result<FileStat> stat = file.stat();
  if (!stat) return fail(stat.error());
  FileIdentity identity;
  identity.device = stat->device;
  identity.inode = stat->inode;
  std::array<char, kHeadBytesMax> buffer{};
  Result<std::string_view> bytes = read_up_to(file, 0, buffer);
  if (!bytes) return fail(bytes.error());
  set_head(identity, *bytes);
  const auto before = std::min<std::uint64_t>(offset, kBeforeBytesMax);
  bytes = read_up_to(file, offset - before, std::span(buffer).first(before));
  if (!bytes) return fail(bytes.error());
  if (bytes->size() == before) set_before(identity, *bytes);
  return identity;
}

Result<bool> grow_head(File& file, FileIdentity& identity) {
  if (identity.head_bytes >= kHeadBytesMax) return false;
  std::array<char, kHeadBytesMax> buffer{};
  const Result<std::string_view> head = read_up_to(file, 0, buffer);
  if (!head) return fail(head.error());
  if (head->size() <= identity.head_bytes) return false;
  set_head(identity, *head);
  return true;
}

void set_before(FileIdentity& identity, std::string_view before) {
  if (before.size() > kBeforeBytesMax) before.remove_prefix(before.size() - kBeforeBytesMax);
  identity.before_bytes = static_cast<std::uint32_t>(before.size());
  identity.before_hash = before.empty() ? 0 : hash64(before);
}

bool matches_before(const FileIdentity& identity, std::string_view before) {
  if (identity.before_bytes == 0) return true;
  if (before.size() < identity.before_bytes) return false;
  before.remove_prefix(before.size() - identity.before_bytes);
  return hash64(before) == identity.before_hash;
}

SameFile compare_head(const FileIdentity& known, std::string_view beginning) {
  if (beginning.size() < known.head_bytes) return SameFile::kNo;
  if (known.head_bytes == 0) return SameFile::kUnknown;
  if (hash64(beginning.substr(0, known.head_bytes)) != known.head_hash) return SameFile::kNo;
  return known.head_bytes >= kDecidingBytes ? SameFile::kYes : SameFile::kUnknown;
}

Result<SameFile> compare_head(const FileIdentity& known, File& file) {
  std::array<char, kHeadBytesMax> buffer{};
  const std::size_t wanted = std::min(known.head_bytes, kHeadBytesMax);
  const Result<std::string_view> head = read_up_to(file, 0, std::span(buffer).first(wanted));
  if (!head) return fail(head.error());
  return compare_head(known, *head);
}

Result<SameFile> compare_content(const FileIdentity& known, std::uint64_t offset, File& file) {
  const Result<SameFile> head = compare_head(known, file);
  if (!head || *head == SameFile::kNo) return head;
  if (known.before_bytes == 0) return head;
  if (known.before_bytes > kBeforeBytesMax || known.before_bytes > offset) return SameFile::kNo;
  std::array<char, kBeforeBytesMax> buffer{};
  const Result<std::string_view> before =
      read_up_to(file, offset - known.before_bytes, std::span(buffer).first(known.before_bytes));
  if (!before) return fail(before.error());
  if (!matches_before(known, *before)) return SameFile::kNo;
  // 64 equal bytes at one place say as much as a head of 64.
  return known.before_bytes >= kDecidingBytes ? SameFile::kYes : *head;
}

}  // namespace tailrace::positions
