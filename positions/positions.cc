// Keeping positions.yaml.
#include "positions/positions.h"

#include <cerrno>
#include <utility>
#include <vector>

#include "positions/segment_reader.h"

namespace tailrace::positions {

namespace {

// Far beyond any real file; keeps a mistaken path from filling the memory.
constexpr std::uint64_t kFileBytesMax = 256U << 20U;

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// The folder does not take a new file, or not in the old one's place; the file itself may.
bool suggests_in_place(const Error& error) {
  switch (error.code) {
    case EBUSY:   // The file is a mount point.
    case EXDEV:   // As some overlay file systems say it.
    case EACCES:  // The folder is not ours.
    case EPERM:
    case EROFS:
      return true;  // The file is mounted writable into a read-only folder.
    default:
      return false;
  }
}

}  // namespace

Positions::Positions(FileSystem& file_system, std::string path)
    : file_system_(file_system), path_(std::move(path)) {}

Status Positions::load(OnCorruptFile on_corrupt_file) {
  PositionsDocument document;
  std::string warning;
  const Result<FileStat> stat = file_system_.stat(path_);
  if (!stat && stat.error().code != ENOENT) return fail(stat.error());
  if (stat && stat->kind == FileKind::kDirectory) {
    return fail(EISDIR, path_ + " is a directory");
  }
  if (stat && stat->kind == FileKind::kRegular) {
    if (stat->size > kFileBytesMax) return fail(EFBIG, path_ + " is too large");
    auto file = file_system_.open(path_, OpenMode::kRead);
    if (!file) return fail(file.error());
    Result<std::string> text = read_exactly(**file, 0, static_cast<std::size_t>(stat->size));
    if (!text) return fail(text.error());
    Result<PositionsDocument> parsed = parse_positions(*text, path_);
    if (parsed) {
      document = std::move(*parsed);
      if (document.salvaged) warning = path_ + " is torn; the lines that are whole are used";
    } else if (on_corrupt_file == OnCorruptFile::kFail) {
      return fail(parsed.error().code, "invalid positions file: " + parsed.error().message);
    } else {
      warning = "starting without positions: " + parsed.error().message;
    }
  }
  MutexLock lock(mutex_);
  document_ = std::move(document);
  warning_ = std::move(warning);
  // Written again by the next save(): a new file, or one without our checks.
  ++changes_;
  return {};
}

std::optional<StoredPosition> Positions::find(std::string_view key) const {
  MutexLock lock(mutex_);
  const auto found = document_.table.find(key);
  if (found == document_.table.end()) return std::nullopt;
  return found->second;
}

bool Positions::removed_by_hand(std::string_view key) const {
  MutexLock lock(mutex_);
  return document_.removed_by_hand(key);
}

std::string Positions::load_warning() const {
  MutexLock lock(mutex_);
  return warning_;
}

PositionTable Positions::table() const {
  MutexLock lock(mutex_);
  return document_.table;
}

void Positions::accept(std::string_view key, std::string position) {
  MutexLock lock(mutex_);
  const auto found = document_.table.find(key);
  if (found == document_.table.end()) {
    document_.table.emplace(std::string(key), StoredPosition{std::move(position)});
  } else {
    StoredPosition accepted{std::move(position)};
    if (found->second == accepted) return;
    found->second = std::move(accepted);
  }
  ++changes_;
}

void Positions::erase(std::string_view key) {
  MutexLock lock(mutex_);
  const auto found = document_.table.find(key);
  if (found == document_.table.end()) return;
  document_.table.erase(found);
  ++changes_;
}

void Positions::erase_missing_files() {
  std::vector<std::string> paths;
  {
    MutexLock lock(mutex_);
    for (const auto& [key, position] : document_.table) {
      if (key.starts_with('/')) paths.push_back(key);
    }
  }
  for (const std::string& path : paths) {
    const Result<FileStat> stat = file_system_.stat(path);
    if (!stat && stat.error().code == ENOENT) erase(path);
  }
}

bool Positions::written_in_place() const {
  MutexLock lock(mutex_);
  return in_place_;
}

Status Positions::save() {
  std::string text;
  std::uint64_t changes = 0;
  {
    MutexLock lock(mutex_);
    if (changes_ == saved_changes_) return {};
    changes = changes_;
    text = write_positions(document_.table);
  }
  Status written = write(text);
  if (!written) return written;
  MutexLock lock(mutex_);
  saved_changes_ = changes;
  return {};
}

Status Positions::write(const std::string& text) {
  // Behind a symbolic link the file itself is replaced, not the link.
  const Result<FileStat> link = file_system_.link_stat(path_);
  std::string path = path_;
  if (link && link->kind == FileKind::kSymlink) {
    Result<std::string> real = file_system_.real_path(path_);
    if (!real) return fail(real.error());
    path = std::move(*real);
  }
  const Result<FileStat> stat = file_system_.stat(path);
  if (stat && stat->kind != FileKind::kRegular) {
    return fail(Error::kInvalid, "positions file " + path_ + " is not a regular file");
  }
  const std::string folder = folder_of(path);
  const std::string temporary = folder + "/." + name_of(path) + ".tailrace-new";
  auto file = file_system_.open(temporary, OpenMode::kCreateEmpty);
  if (!file && file.error().code == ENOENT && file_system_.make_directories(folder)) {
    file = file_system_.open(temporary, OpenMode::kCreateEmpty);
  }
  Status written;
  if (file) {
    written = (*file)->write_at(0, std::vector<std::string_view>{text});
    if (written) written = (*file)->sync();
    file->reset();
    if (written) written = file_system_.rename(temporary, path);
    if (!written) static_cast<void>(file_system_.remove(temporary));
  } else {
    written = fail(file.error());
  }
  const bool in_place = !written && suggests_in_place(written.error());
  {
    MutexLock lock(mutex_);
    in_place_ = in_place;
  }
  if (written) return file_system_.sync_directory(folder);
  if (!in_place) return written;
  const Status second = write_in_place(path, text);
  if (second) return {};
  return fail(
      second.error().code,
      "neither can " + folder +
          " take a new positions file nor can the old one be written: " + second.error().message);
}

Status Positions::write_in_place(const std::string& path, const std::string& text) {
  auto file = file_system_.open(path, OpenMode::kReadWrite);
  if (!file) return fail(file.error());
  const Result<FileStat> stat = (*file)->stat();
  if (!stat) return fail(stat.error());
  // Blank lines over the rest of a longer old text, in the same write: it is never read again, even
  // when the file is not shortened any more.
  const std::string blank(stat->size > text.size() ? stat->size - text.size() : 0, '\n');
  Status written = (*file)->write_at(0, std::vector<std::string_view>{text, blank});
  if (written) written = (*file)->truncate(text.size());
  if (written) written = (*file)->sync();
  return written;
}

}  // namespace tailrace::positions
