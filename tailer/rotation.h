// How a file is known again after it was renamed, copied, compressed or replaced.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "config/scrape_config.h"
#include "model/resume_point.h"

namespace tailrace::tailer {

// A file's fingerprint covers its first kHeadBytes; kBeforeBytes before the place that was read to
// tell whether it is still the text that was read. With fewer than kProofBytes of content path and
// inode decide (docs/tailing.md).
inline constexpr std::size_t kHeadBytes = 1024;
inline constexpr std::size_t kBeforeBytes = 64;
inline constexpr std::size_t kProofBytes = 64;

std::uint64_t fingerprint(std::span<const char> bytes);

// What a path is called, in terms of rotation.
std::string directory_of(std::string_view path);    // "/a/b" -> "/a", "/b" -> "/".
std::string_view base_name(std::string_view path);  // "/a/b" -> "b".
std::string join_path(std::string_view directory, std::string_view name);
// ".gz", ".bz2", ".zst" or nothing.
std::string_view compression_suffix(std::string_view path);
// How to read the file at `path` when it is what was once read under `label_path`, compressed
// meanwhile; positions count its plain bytes then. nullopt: as it is stored.
using Compression = std::optional<config::DecompressionConfig::Format>;
Compression compressed_meanwhile(std::string_view path, std::string_view label_path);
// The name that `path` had before rotation gave it a number or a date: "/a/x.log.2.gz",
// "/a/x.log-20260101" and "/a/x-20260101.log" are of the family "/a/x.log". Others are their own.
std::string family_of(std::string_view path);
// Whether `path` is `name` with a number or a date behind '.' or '-', and maybe a compression's
// ending.
bool is_generation_of(std::string_view path, std::string_view name);
// Orders generations whose times are equal: the later one ranks higher. Small numbers count up with
// age, dates count down.
std::int64_t generation_rank(std::string_view path, std::string_view name);

// Opens `path` for reading, through a decompressor when there is a compression.
Result<std::unique_ptr<File>> open_content(FileSystem& file_system, const std::string& path,
                                           Compression compression);
// Reads exactly the given range, or less at the end of the file.
Result<std::size_t> read_range(File& file, std::uint64_t offset, std::span<char> into);

// The hash of the first kHeadBytes (less when the file is shorter), without trailing NUL bytes:
// space allocated ahead is no content.
struct FileHead {
  std::uint64_t hash = 0;
  std::uint32_t bytes = 0;
};
Result<FileHead> read_head(File& file);
// The hash of exactly the first `bytes`; fewer when the file is shorter.
Result<FileHead> read_head(File& file, std::size_t bytes);

// How a file's content relates to what a resume point says was read.
struct ContentMatch {
  enum class Kind {
    kOther,    // Something else.
    kShorter,  // Begins the same, but ends before the position.
    kSame,     // Begins the same, and what lies before the position is the same.
  };
  Kind kind = Kind::kOther;
  // How many bytes were compared; few prove little.
  std::size_t proof_bytes = 0;
  bool proven() const { return proof_bytes >= kProofBytes; }
};
ContentMatch match_content(File& file, const ResumePoint& point);

// A file in a directory, looked at for where a content went.
struct Candidate {
  std::string path;
  FileStat stat;
};

// The regular files of a directory (not below it), behind no link.
std::vector<Candidate> list_files(FileSystem& file_system, const std::string& directory);

// A copy of a file's content, as copytruncate and compression make it.
struct FoundCopy {
  Candidate file;
  ContentMatch match;
};
// Among `candidates`, the best copy of what `point` was reading: one that goes at least to the
// position before one that ends earlier, plain before compressed, then the latest.
// Where the original is still there, truncated, a copy is what is to be expected: then little will
// do, and the first one since counts.
enum class Proof { kNeeded, kLittleWillDo };
std::optional<FoundCopy> find_copy(FileSystem& file_system, const ResumePoint& point,
                                   const std::vector<Candidate>& candidates, Proof proof);

}  // namespace tailrace::tailer
