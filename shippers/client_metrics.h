// What a client counts, under Promtail's names.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "shippers/batcher.h"

namespace tailrace::shippers {

// Why entries were dropped; the values of the label `reason` (docs/metrics.md).
inline constexpr std::string_view kReasonIngesterError = "ingester_error";
inline constexpr std::string_view kReasonRateLimited = "rate_limited";
inline constexpr std::string_view kReasonStreamLimited = "stream_limited";
inline constexpr std::string_view kReasonLineTooLong = "line_too_long";

// host:port of a URL as it is written; the label `host`.
std::string url_host(std::string_view url);

// The series of one client (promtail_sent_bytes_total and so on).
//
// Ownership: borrows the Metrics.
// Threading: confined to one worker; workers share the series, not this object.
class ClientMetrics {
 public:
  ClientMetrics(Metrics& metrics, std::string host);

  // Makes all series of the tenant `name`, so that they exist with 0 before anything happens.
  void add_tenant(const std::string& name);

  void encoded(std::uint64_t bytes) { encoded_bytes_.add(static_cast<double>(bytes)); }
  void sent(std::uint64_t entries, std::uint64_t bytes);
  void retried(const std::string& name);
  void dropped(const std::string& name, std::string_view reason, std::uint64_t entries,
               std::uint64_t bytes);
  // One attempt; `status` is "-1" when there was no answer.
  void attempt(const std::string& status, double seconds);
  // What the batcher dropped or truncated.
  void batch(const BatchCounts& counts);

 private:
  struct Pair {
    MetricValue* entries = nullptr;
    MetricValue* bytes = nullptr;
    void add(std::uint64_t entry_count, std::uint64_t byte_count) const;
  };
  struct Tenant {
    MetricValue* retries = nullptr;
    std::map<std::string, Pair, std::less<>> dropped;  // By reason.
    std::map<std::string, Pair, std::less<>> mutated;
  };

  Tenant& tenant(const std::string& name);

  Metrics& metrics_;
  const std::string host_;
  MetricValue& encoded_bytes_;
  MetricValue& sent_bytes_;
  MetricValue& sent_entries_;
  std::map<std::string, Tenant, std::less<>> tenants_;
  std::map<std::string, MetricHistogram*, std::less<>> durations_;  // By status.
};

}  // namespace tailrace::shippers
