// Names and contents of rotated files.
//
// Programs that rotate give the old file a number or a date: behind the name (x.log.1,
// x.log-20260101, x.log.2026-01-01-10, the default of logrotate and of most loggers) or before the
// extension (x-20260101.log, x.1.log). Names alone prove nothing; they say where to look first, and
// they decide where the content is too short to do so.
#include "tailer/rotation.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "base/ascii.h"
#include "tailer/decompressed_view.h"

namespace tailrace::tailer {
namespace {

constexpr std::array<std::string_view, 3> kCompressionSuffixes{".gz", ".bz2", ".zst"};

// At most so many files are opened to find a copy.
constexpr std::size_t kCandidatesMax = 1000;

// What numbers and dates are made of, behind their first digit.
bool is_suffix_character(char c) {
  return is_digit(c) || c == '-' || c == '.' || c == '_' || c == ':' || c == 'T' || c == 'Z' ||
         c == '+';
}

// The part of `name` in front of a trailing number or date with its separator; all of it when there
// is none.
std::string_view without_number(std::string_view name) {
  std::size_t at = name.size();
  while (at > 0 && is_suffix_character(name[at - 1]))
    --at;
  // The suffix begins with a separator and a digit, e.g. at "-2" of "v1x-20260101".
  while (at + 1 < name.size()) {
    const char separator = name[at];
    if ((separator == '.' || separator == '-' || separator == '_') && is_digit(name[at + 1])) break;
    ++at;
  }
  if (at == 0 || at + 1 >= name.size() || !is_digit(name.back())) return name;
  return name.substr(0, at);
}

std::string_view without_compression(std::string_view path) {
  path.remove_suffix(compression_suffix(path).size());
  return path;
}

}  // namespace

std::int64_t generation_rank(std::string_view path, std::string_view name) {
  constexpr std::int64_t kNumberMax = 99'999;  // What is greater is a date.
  constexpr std::int64_t kDigitsMax = std::int64_t{1} << 59U;
  path = without_compression(path);
  path.remove_prefix(std::min(path.size(), name.size()));
  std::int64_t number = 0;
  for (const char c : path) {
    if (is_digit(c) && number < kDigitsMax / 10) number = number * 10 + (c - '0');
  }
  return number <= kNumberMax ? -number : number;
}

std::uint64_t fingerprint(std::span<const char> bytes) {
  // FNV-1a with a final mix (splitmix64): 1 KiB once per file, 64 bytes per resume point.
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char byte : bytes) {
    hash ^= static_cast<unsigned char>(byte);
    hash *= 0x100000001b3U;
  }
  hash ^= hash >> 30U;
  hash *= 0xbf58476d1ce4e5b9U;
  hash ^= hash >> 27U;
  hash *= 0x94d049bb133111ebU;
  return hash ^ (hash >> 31U);
}

std::string directory_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(slash == 0 ? "/" : path.substr(0, slash));
}

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string join_path(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (!path.ends_with('/')) path += '/';
  path += name;
  return path;
}

std::string_view compression_suffix(std::string_view path) {
  for (const std::string_view suffix : kCompressionSuffixes) {
    if (path.ends_with(suffix)) return suffix;
  }
  return {};
}

Compression compressed_meanwhile(std::string_view path, std::string_view label_path) {
  if (!compression_suffix(label_path).empty()) return std::nullopt;
  using Format = config::DecompressionConfig::Format;
  const std::string_view suffix = compression_suffix(path);
  if (suffix == ".gz") return Format::kGzip;
  if (suffix == ".bz2") return Format::kBzip2;
  if (suffix == ".zst") return Format::kZstd;
  return std::nullopt;
}

std::string family_of(std::string_view path) {
  std::string_view name = without_compression(base_name(path));
  const std::string directory = directory_of(path);
  const std::string_view plain = without_number(name);
  if (plain.size() < name.size()) return join_path(directory, plain);
  const std::size_t dot = name.rfind('.');
  if (dot != std::string_view::npos && dot > 0) {
    const std::string_view stem = without_number(name.substr(0, dot));
    if (stem.size() < dot) {
      return join_path(directory, std::string(stem) + std::string(name.substr(dot)));
    }
  }
  return join_path(directory, name);
}

bool is_generation_of(std::string_view path, std::string_view name) {
  path = without_compression(path);
  if (path.size() < name.size() + 2 || !path.starts_with(name)) return false;
  const std::string_view suffix = path.substr(name.size());
  return (suffix[0] == '.' || suffix[0] == '-') && is_digit(suffix[1]) &&
         std::all_of(suffix.begin(), suffix.end(), is_suffix_character);
}

Result<std::unique_ptr<File>> open_content(FileSystem& file_system, const std::string& path,
                                           Compression compression) {
  Result<std::unique_ptr<File>> file = file_system.open(path, OpenMode::kRead);
  if (!file || !compression) return file;
  return DecompressedView::open(std::move(*file), *compression);
}

Result<std::size_t> read_range(File& file, std::uint64_t offset, std::span<char> into) {
  std::size_t got = 0;
  while (got < into.size()) {
    const Result<std::size_t> count = file.read_at(offset + got, into.subspan(got));
    if (!count) return fail(count.error());
    if (*count == 0) break;
    got += *count;
  }
  return got;
}

Result<FileHead> read_head(File& file, std::size_t bytes) {
  std::array<char, kHeadBytes> head{};
  const std::span<char> wanted(head.data(), std::min(bytes, kHeadBytes));
  const Result<std::size_t> got = read_range(file, 0, wanted);
  if (!got) return fail(got.error());
  return FileHead{.hash = fingerprint(wanted.first(*got)),
                  .bytes = static_cast<std::uint32_t>(*got)};
}

Result<FileHead> read_head(File& file) {
  std::array<char, kHeadBytes> head{};
  const Result<std::size_t> got = read_range(file, 0, head);
  if (!got) return fail(got.error());
  std::size_t content = *got;
  while (content > 0 && head[content - 1] == '\0')
    --content;
  if (content == 0) return FileHead{};
  return FileHead{.hash = fingerprint(std::span<const char>(head).first(content)),
                  .bytes = static_cast<std::uint32_t>(content)};
}

ContentMatch match_content(File& file, const ResumePoint& point) {
  const FileIdentity& identity = point.identity;
  ContentMatch match;
  if (identity.head_bytes > 0) {
    const Result<FileHead> head = read_head(file, identity.head_bytes);
    if (!head || head->bytes != identity.head_bytes || head->hash != identity.head_hash) {
      return match;
    }
    match.proof_bytes = identity.head_bytes;
  }
  match.kind = ContentMatch::Kind::kSame;
  if (identity.before_bytes == 0 || identity.before_bytes > kBeforeBytes) return match;
  if (identity.before_bytes > point.position) return {};
  std::array<char, kBeforeBytes> before{};
  const std::span<char> wanted(before.data(), identity.before_bytes);
  const Result<std::size_t> got = read_range(file, point.position - identity.before_bytes, wanted);
  if (!got) return {};
  if (*got < wanted.size()) {
    match.kind = ContentMatch::Kind::kShorter;
    return match;
  }
  if (fingerprint(wanted) != identity.before_hash) return {};
  match.proof_bytes = std::max<std::size_t>(match.proof_bytes, identity.before_bytes);
  return match;
}

std::vector<Candidate> list_files(FileSystem& file_system, const std::string& directory) {
  std::vector<Candidate> files;
  const auto entries = file_system.list(directory);
  if (!entries) return files;
  for (const DirectoryEntry& entry : *entries) {
    if (entry.kind == FileKind::kDirectory || entry.kind == FileKind::kSymlink) continue;
    std::string path = join_path(directory, entry.name);
    const Result<FileStat> stat = file_system.link_stat(path);
    if (!stat || stat->kind != FileKind::kRegular) continue;
    files.push_back({std::move(path), *stat});
  }
  return files;
}

std::optional<FoundCopy> find_copy(FileSystem& file_system, const ResumePoint& point,
                                   const std::vector<Candidate>& candidates, Proof proof) {
  const std::string family = family_of(point.label_path);
  std::vector<const Candidate*> ordered;
  ordered.reserve(candidates.size());
  for (const Candidate& candidate : candidates)
    ordered.push_back(&candidate);
  const auto rank = [&](const Candidate& candidate) {
    const bool relative = family_of(candidate.path) == family;
    const bool plain = !compressed_meanwhile(candidate.path, point.label_path).has_value();
    return std::tuple(!relative, !plain, -unix_nanoseconds(candidate.stat.modified));
  };
  std::stable_sort(ordered.begin(), ordered.end(),
                   [&](const Candidate* a, const Candidate* b) { return rank(*a) < rank(*b); });
  if (ordered.size() > kCandidatesMax) ordered.resize(kCandidatesMax);
  std::optional<FoundCopy> shorter;
  std::optional<FoundCopy> unproven;
  for (const Candidate* const candidate : ordered) {
    const auto file = open_content(file_system, candidate->path,
                                   compressed_meanwhile(candidate->path, point.label_path));
    if (!file) continue;
    const ContentMatch match = match_content(**file, point);
    if (match.kind == ContentMatch::Kind::kOther || match.proof_bytes == 0) continue;
    if (match.proven()) {
      if (match.kind == ContentMatch::Kind::kSame) return FoundCopy{*candidate, match};
      if (!shorter) shorter = FoundCopy{*candidate, match};
      continue;
    }
    // Little content: a name of the family, and the first that was written since.
    const bool later = unix_nanoseconds(candidate->stat.modified) >= point.modified_ns;
    if (proof == Proof::kNeeded || !later || family_of(candidate->path) != family) continue;
    if (match.kind == ContentMatch::Kind::kSame &&
        (!unproven || candidate->stat.modified < unproven->file.stat.modified)) {
      unproven = FoundCopy{*candidate, match};
    }
  }
  return shorter ? shorter : unproven;
}

}  // namespace tailrace::tailer
