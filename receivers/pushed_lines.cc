// Appending, with an end to it.
#include "receivers/pushed_lines.h"

#include <algorithm>

namespace tailrace::receivers {
namespace {

// What is kept for the next request: about 4 MiB in all.
constexpr std::size_t kKeptMax = 1U << 15U;

template <typename T>
void empty(std::vector<T>& values) {
  if (values.capacity() > kKeptMax) {
    std::vector<T>().swap(values);
  } else {
    values.clear();
  }
}

}  // namespace

void PushedLines::clear() {
  empty(groups_);
  empty(entries_);
  empty(labels_);
  empty(metadata_);
  texts_.reset();
  kept_bytes_ = 0;
  kept_bytes_max_ = kKeptBytesMax;
  full_ = false;
}

bool PushedLines::take_kept(std::size_t bytes) {
  if (full_ || bytes > kept_bytes_max_ - kept_bytes_) {
    full_ = true;
    return false;
  }
  kept_bytes_ += bytes;
  return true;
}

std::string_view PushedLines::keep(std::string_view text) {
  return take_kept(text.size()) ? texts_.copy(text) : std::string_view();
}

std::string_view PushedLines::keep_joined(std::string_view first, std::string_view second) {
  const std::size_t bytes = first.size() + 1 + second.size();
  if (!take_kept(bytes)) return {};
  char* const joined = texts_.allocate(bytes);
  char* at = std::copy(first.begin(), first.end(), joined);
  *at++ = '.';
  std::copy(second.begin(), second.end(), at);
  return {joined, bytes};
}

void PushedLines::begin_group(Labels kind) {
  if (groups_.size() >= kLinesMax) {
    full_ = true;
    return;
  }
  groups_.push_back({kind, static_cast<std::uint32_t>(labels_.size()), 0});
}

void PushedLines::add_label(std::string_view name, std::string_view value) {
  if (labels_.size() >= kPairsMax || full_) {
    full_ = true;
    return;
  }
  labels_.push_back({name, value});
  ++groups_.back().count;
}

void PushedLines::add_line(std::string_view text, std::int64_t time_ns) {
  if (entries_.size() >= kLinesMax || full_) {
    full_ = true;
    return;
  }
  entries_.push_back({.text = text,
                      .time_ns = time_ns,
                      .group = static_cast<std::uint32_t>(groups_.size() - 1),
                      .first_metadata = static_cast<std::uint32_t>(metadata_.size())});
}

void PushedLines::add_metadata(std::string_view name, std::string_view value) {
  if (metadata_.size() >= kPairsMax || full_) {
    full_ = true;
    return;
  }
  metadata_.push_back({name, value});
  ++entries_.back().metadata_count;
}

}  // namespace tailrace::receivers
