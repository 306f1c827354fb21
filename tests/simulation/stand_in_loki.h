// Loki as the simulation sees it: keeps entries, drops recent repeats, and answers as told.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/random.h"

namespace tailrace::simulation {

// What a request may be answered with.
enum class Answer {
  kAccepted,       // 204
  kServerError,    // 500, nothing stored
  kUnavailable,    // 503, nothing stored
  kThrottled,      // 429, nothing stored
  kNothing,        // The connection times out; nothing stored.
  kReset,          // The connection breaks before the request arrived.
  kStoredAndLost,  // Stored, and the answer is lost.
};
inline constexpr int kAnswers = 7;
std::string_view answer_name(Answer answer);

struct KeptEntry {
  std::string tenant;
  std::string labels;
  std::int64_t time_ns = 0;
  std::string line;
};

// Stores what a Loki would store. A line that contains "poison" is refused (400), as Loki refuses
// what breaks a limit: the others of its request are stored.
class StandInLoki {
 public:
  struct Reply {
    int status = 0;  // 0: no answer.
    std::string body;
  };

  // A push request for `tenant` arrives.
  Reply push(std::string_view tenant, std::string_view body, Answer answer);

  const std::vector<KeptEntry>& kept() const { return kept_; }
  // Requests that held an entry which had been answered with 2xx before. However often such a
  // request is tried, it counts once.
  std::uint64_t resent_requests() const { return resent_requests_; }
  std::uint64_t refused_entries() const { return refused_.size(); }
  // Order of arrival broken within a stream: an entry of a file behind a later one of it.
  std::uint64_t malformed_requests() const { return malformed_; }

 private:
  using EntryKey = std::tuple<std::string, std::int64_t, std::string>;

  std::vector<KeptEntry> kept_;
  std::set<EntryKey> recent_;  // What the last requests held.
  std::deque<std::vector<EntryKey>> last_requests_;
  std::set<EntryKey> answered_;
  std::set<EntryKey> refused_;
  std::uint64_t resent_requests_ = 0;
  std::uint64_t malformed_ = 0;
};

}  // namespace tailrace::simulation
