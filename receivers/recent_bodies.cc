// A short list: "<hash> <lines>[+] <time>;" per record in the resume point, + for not all of it.
#include "receivers/recent_bodies.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace tailrace::receivers {
namespace {

// Takes a number and the character behind it off the text.
template <typename T>
bool take_number(std::string_view& text, T& value, char end, int base = 10) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (read.ec != std::errc{} || read.ptr == text.data() + text.size() || *read.ptr != end) {
    return false;
  }
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()) + 1);
  return true;
}

}  // namespace

std::string RecentBodies::text() const {
  std::string out;
  for (const Record& record : records_) {
    out += fmt::format("{:x} {:x} {} {} {};", record.hash.high, record.hash.low, record.lines,
                       record.whole ? 1 : 0, record.time_ns);
  }
  return out;
}

void RecentBodies::restore(std::string_view text) {
  while (!text.empty()) {
    Record record;
    int whole = 0;
    if (!take_number(text, record.hash.high, ' ', 16) ||
        !take_number(text, record.hash.low, ' ', 16) || !take_number(text, record.lines, ' ') ||
        !take_number(text, whole, ' ') || !take_number(text, record.time_ns, ';')) {
      return;
    }
    record.whole = whole != 0;
    records_.push_back(record);
  }
}

std::optional<RecentBodies::Record> RecentBodies::adopt(const BodyHash& hash,
                                                        std::uint64_t request) {
  const auto found = std::find_if(records_.begin(), records_.end(), [&hash](const Record& record) {
    return record.request == 0 && record.hash == hash;
  });
  if (found == records_.end()) return std::nullopt;
  found->request = request;
  return *found;
}

std::uint64_t RecentBodies::owner(const BodyHash& hash) const {
  const auto found = std::find_if(records_.begin(), records_.end(), [&hash](const Record& one) {
    return one.request != 0 && one.hash == hash;
  });
  return found == records_.end() ? 0 : found->request;
}

void RecentBodies::note(const Record& record) {
  // It may have become an orphan meanwhile, when its sender was told no.
  const auto found = std::find_if(records_.rbegin(), records_.rend(), [&record](const Record& one) {
    return one.request == record.request || (one.request == 0 && one.hash == record.hash);
  });
  if (found == records_.rend()) {
    records_.push_back(record);
  } else {
    *found = record;
  }
}

void RecentBodies::forget(std::uint64_t request) {
  std::erase_if(records_, [request](const Record& one) { return one.request == request; });
}

void RecentBodies::orphan(std::uint64_t request) {
  for (Record& record : records_) {
    if (record.request == request) record.request = 0;
  }
}

void RecentBodies::forget_old(std::int64_t now_ns) {
  std::size_t orphans = 0;
  for (auto at = records_.rbegin(); at != records_.rend(); ++at)
    orphans += at->request == 0 ? 1U : 0U;
  std::erase_if(records_, [&orphans, now_ns](const Record& one) {
    if (one.request != 0) return false;
    const bool old = now_ns - one.time_ns > kAgeNs || now_ns < one.time_ns - kAgeNs;
    if (!old && orphans <= kOrphansMax) return false;
    --orphans;
    return true;
  });
}

}  // namespace tailrace::receivers
