// Requests whose senders do not know that they were taken, so that a repeat is recognised.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace tailrace::receivers {

// What a request is recognised by.
struct BodyHash {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend bool operator==(const BodyHash&, const BodyHash&) = default;
};

// Goes into the resume point, so that it holds over kill -9 as well: the hash is in the same cut as
// the lines.
//
// A record begins when the first line of its request is taken. While the sender waits it is owned
// by that request; it goes when the answer has reached the sender, and becomes an orphan when it
// has not: only orphans recognise a repeat, so that two senders may say the same.
//
// Threading: confined to one worker.
// Memory: kOrphansMax orphans of at most kAge, beside one record per request at hand.
class RecentBodies {
 public:
  static constexpr std::size_t kOrphansMax = 1024;
  static constexpr std::int64_t kAgeNs = 300'000'000'000;

  struct Record {
    BodyHash hash;
    std::uint64_t lines = 0;    // How many of it were taken.
    bool whole = false;         // All.
    std::int64_t time_ns = 0;   // Wall time of the last line taken.
    std::uint64_t request = 0;  // 0: an orphan.
  };

  // What an earlier text() said; all of it are orphans. What is no such text is nothing.
  void restore(std::string_view text);
  std::string text() const;

  // The orphan that `hash` is a repeat of becomes `request`'s; nothing: it is new.
  std::optional<Record> adopt(const BodyHash& hash, std::uint64_t request);
  // The request that `hash` belongs to; 0: none.
  std::uint64_t owner(const BodyHash& hash) const;
  // `request` has had so many lines taken.
  void note(const Record& record);
  // Its sender has its answer.
  void forget(std::uint64_t request);
  // Its sender has gone, or was told no.
  void orphan(std::uint64_t request);
  void forget_old(std::int64_t now_ns);

  bool empty() const { return records_.empty(); }

 private:
  std::deque<Record> records_;  // Oldest first.
};

}  // namespace tailrace::receivers
