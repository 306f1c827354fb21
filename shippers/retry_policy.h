// What an answer to a push request means.
#pragma once

#include <chrono>
#include <string>

#include "http/transport.h"

namespace tailrace::shippers {

// docs/compatibility.md, Retries.
enum class Verdict {
  kAccepted,       // 2xx but 260.
  kBlocked,        // 260: taken and thrown away by an order of Loki's operator.
  kRefused,        // 400, 422: some entry is bad; the others are stored or not.
  kTooLarge,       // 413.
  kRateLimited,    // 429.
  kUnavailable,    // 5xx, or no answer at all.
  kMisconfigured,  // What is left, and a 400 or 422 that is a web page: not Loki, or not for us.
};

Verdict judge(const http::Response& response);

// Status as a metric label and log field; "-1" when there was no answer.
std::string status_text(const http::Response& response);

// A server that asks for more than this is asked again earlier.
inline constexpr std::chrono::seconds kRetryAfterMax = std::chrono::minutes(10);

// Bad entries that a request may have singled out; then the rest goes as one.
inline constexpr int kRefusalsMax = 64;

// Requests of one client that one worker has under way at once.
inline constexpr std::size_t kInFlightMax = 16;

}  // namespace tailrace::shippers
