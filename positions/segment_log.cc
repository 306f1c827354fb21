// Appending to segments so that a failure at any point leaves what was there before.
#include "positions/segment_log.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <vector>

#include "positions/segment_reader.h"

namespace tailrace::positions {

namespace {

std::uint64_t total_bytes(std::span<const std::string_view> parts) {
  std::uint64_t bytes = 0;
  for (const std::string_view part : parts)
    bytes += part.size();
  return bytes;
}

}  // namespace

std::optional<std::uint64_t> segment_number(std::string_view file_name) {
  constexpr std::string_view kEnding = ".seg";
  constexpr std::size_t kDigits = 16;
  if (file_name.size() != kDigits + kEnding.size() || !file_name.ends_with(kEnding)) {
    return std::nullopt;
  }
  std::uint64_t number = 0;
  const char* end = file_name.data() + kDigits;
  const auto [stop, error] = std::from_chars(file_name.data(), end, number);
  if (error != std::errc{} || stop != end || number == 0) return std::nullopt;
  return number;
}

SegmentLog::SegmentLog(FileSystem& file_system, std::string directory)
    : file_system_(file_system),
      directory_(std::move(directory)),
      syncer_(file_system, directory_) {}

SegmentLog::~SegmentLog() {
  leave_current();
}

void SegmentLog::leave_current() {
  // Gives back what was reserved; if that fails it only takes room until the segment goes.
  if (file_ != nullptr && reserved_end_ > end_) static_cast<void>(file_->truncate(end_));
  file_.reset();
}

void SegmentLog::add_existing(std::uint64_t number, std::uint64_t size) {
  segments_[number] = size;
  syncer_.note_created(number);
}

Status SegmentLog::prepare() {
  if (lock_ != nullptr) return {};
  Status made = file_system_.make_directories(directory_);
  if (!made) return made;
  Result<std::unique_ptr<FileLock>> lock = file_system_.lock(directory_ + "/lock");
  if (!lock) return fail(lock.error());
  // A directory that could not be had before may turn out to hold segments: number behind them.
  Result<std::vector<DirectoryEntry>> entries = file_system_.list(directory_);
  if (!entries) return fail(entries.error());
  for (const DirectoryEntry& entry : *entries) {
    current_ = std::max(current_, segment_number(entry.name).value_or(0));
  }
  lock_ = std::move(*lock);
  return {};
}

Result<RecordPlace> SegmentLog::begin(SegmentHeader header,
                                      std::span<const std::string_view> parts) {
  Status prepared = prepare();
  if (!prepared) return fail(prepared.error());
  const std::uint64_t number =
      std::max(current_, segments_.empty() ? 0 : segments_.rbegin()->first) + 1;
  const std::string path = segment_path(directory_, number);
  Result<std::unique_ptr<File>> file = file_system_.open(path, OpenMode::kCreateEmpty);
  if (!file) return fail(file.error());
  header.number = number;
  const std::string header_bytes = encode_segment_header(header);
  std::vector<std::string_view> all{header_bytes};
  all.insert(all.end(), parts.begin(), parts.end());
  const std::uint64_t size = total_bytes(all);
  Status written = (*file)->reserve(0, size + kReservedBytes);
  if (!written && written.error().code == ENOSPC && reserved_end_ > end_ + kReservedBytes) {
    give_back();
    written = (*file)->reserve(0, size + kReservedBytes);
  }
  if (written || written.error().code == EOPNOTSUPP) written = (*file)->write_at(0, all);
  if (!written) {
    // What cannot be removed is a torn segment: harmless, and gone when its turn comes.
    if (!file_system_.remove(path)) add_existing(number, 0);
    return fail(written.error());
  }
  leave_current();
  file_ = std::move(*file);
  current_ = number;
  end_ = size;
  first_record_end_ = size;
  reserved_end_ = size + kReservedBytes;
  segments_[number] = size;
  syncer_.note_created(number);
  return RecordPlace{number, kSegmentHeaderBytes};
}

Status SegmentLog::make_room(std::uint64_t bytes) {
  const std::uint64_t wanted = bytes + kReservedBytes;
  if (end_ + wanted <= reserved_end_) return {};
  Status reserved = file_->reserve(end_, wanted + reserve_step_);
  if (reserved) {
    reserved_end_ = end_ + wanted + reserve_step_;
    return {};
  }
  if (reserved.error().code == EOPNOTSUPP) return {};
  reserved = file_->reserve(end_, wanted);
  if (reserved) reserved_end_ = end_ + wanted;
  return reserved;
}

Result<RecordPlace> SegmentLog::append(std::span<const std::string_view> parts, Priority priority) {
  if (priority == Priority::kOrdinary) {
    const Status room = make_room(total_bytes(parts));
    if (!room) return fail(room.error());
  }
  const Status written = file_->write_at(end_, parts);
  if (!written) {
    give_back();
    return fail(written.error());
  }
  const RecordPlace place{current_, end_};
  end_ += total_bytes(parts);
  segments_[current_] = end_;
  syncer_.note_written(current_);
  return place;
}

void SegmentLog::give_back() {
  if (file_ == nullptr) return;
  if (!file_->truncate(end_)) {
    file_.reset();
    return;
  }
  // Truncating gave back the reserved room.
  reserved_end_ = file_->reserve(end_, kReservedBytes) ? end_ + kReservedBytes : end_;
}

Result<std::string> SegmentLog::read(std::uint64_t segment, std::uint64_t offset,
                                     std::size_t size) {
  if (file_ != nullptr && segment == current_) return read_exactly(*file_, offset, size);
  if (read_file_ == nullptr || read_segment_ != segment) {
    auto file = file_system_.open(segment_path(directory_, segment), OpenMode::kRead);
    if (!file) return fail(file.error());
    read_file_ = std::move(*file);
    read_segment_ = segment;
  }
  return read_exactly(*read_file_, offset, size);
}

void SegmentLog::condemn(std::uint64_t number) {
  const auto found = segments_.find(number);
  if (found == segments_.end()) return;
  condemned_bytes_ += found->second;
  condemned_.insert(*found);
  segments_.erase(found);
  if (read_segment_ == number) read_file_.reset();
  syncer_.condemn(number);
}

void SegmentLog::condemn_all() {
  leave_current();
  while (!segments_.empty())
    condemn(segments_.begin()->first);
}

std::uint64_t SegmentLog::oldest() const {
  std::uint64_t oldest = UINT64_MAX;
  if (!segments_.empty()) oldest = segments_.begin()->first;
  if (!condemned_.empty()) oldest = std::min(oldest, condemned_.begin()->first);
  return oldest;
}

std::uint64_t SegmentLog::disk_bytes() const {
  std::uint64_t bytes = condemned_bytes_;
  for (const auto& [number, size] : segments_)
    bytes += size;
  return bytes;
}

bool SegmentLog::take_news() {
  for (const std::uint64_t number : syncer_.take_removed()) {
    const auto found = condemned_.find(number);
    if (found == condemned_.end()) continue;
    condemned_bytes_ -= found->second;
    condemned_.erase(found);
  }
  return !syncer_.take_failed();
}

}  // namespace tailrace::positions
