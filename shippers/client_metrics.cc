// What a client counts, under Promtail's names (docs/compatibility.md, client metrics).
#include "shippers/client_metrics.h"

#include <array>
#include <utility>
#include <vector>

namespace tailrace::shippers {

namespace {

constexpr std::array<std::string_view, 4> kReasons{kReasonIngesterError, kReasonRateLimited,
                                                   kReasonStreamLimited, kReasonLineTooLong};

// Prometheus' default buckets, in seconds.
std::vector<double> duration_bounds() {
  return {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};
}

}  // namespace

std::string url_host(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  const std::size_t user = url.rfind('@');
  if (user != std::string_view::npos) url.remove_prefix(user + 1);
  return std::string(url);
}

ClientMetrics::ClientMetrics(Metrics& metrics, std::string host)
    : metrics_(metrics),
      host_(std::move(host)),
      encoded_bytes_(metrics.counter("promtail_encoded_bytes_total",
                                     "Number of bytes encoded and ready to send.",
                                     {{"host", host_}})),
      sent_bytes_(
          metrics.counter("promtail_sent_bytes_total", "Number of bytes sent.", {{"host", host_}})),
      sent_entries_(metrics.counter("promtail_sent_entries_total",
                                    "Number of log entries sent to the ingester.",
                                    {{"host", host_}})) {}

ClientMetrics::Tenant& ClientMetrics::tenant(const std::string& name) {
  const auto found = tenants_.find(name);
  if (found != tenants_.end()) return found->second;
  Tenant& made = tenants_[name];
  made.retries = &metrics_.counter("promtail_batch_retries_total",
                                   "Number of times batches has had to be retried.",
                                   {{"host", host_}, {"tenant", name}});
  for (const std::string_view reason : kReasons) {
    const MetricLabels labels{{"host", host_}, {"tenant", name}, {"reason", std::string(reason)}};
    made.dropped[std::string(reason)] = {
        .entries = &metrics_.counter(
            "promtail_dropped_entries_total",
            "Number of log entries dropped because failed to be sent to the ingester after all "
            "retries.",
            labels),
        .bytes = &metrics_.counter(
            "promtail_dropped_bytes_total",
            "Number of bytes dropped because failed to be sent to the ingester after all retries.",
            labels)};
    made.mutated[std::string(reason)] = {
        .entries =
            &metrics_.counter("promtail_mutated_entries_total",
                              "The total number of log entries that have been mutated.", labels),
        .bytes = &metrics_.counter("promtail_mutated_bytes_total",
                                   "The total number of bytes that have been mutated.", labels)};
  }
  return made;
}

void ClientMetrics::Pair::add(std::uint64_t entry_count, std::uint64_t byte_count) const {
  entries->add(static_cast<double>(entry_count));
  bytes->add(static_cast<double>(byte_count));
}

void ClientMetrics::add_tenant(const std::string& name) {
  tenant(name);
}

void ClientMetrics::sent(std::uint64_t entries, std::uint64_t bytes) {
  sent_entries_.add(static_cast<double>(entries));
  sent_bytes_.add(static_cast<double>(bytes));
}

void ClientMetrics::retried(const std::string& name) {
  tenant(name).retries->increment();
}

void ClientMetrics::dropped(const std::string& name, std::string_view reason, std::uint64_t entries,
                            std::uint64_t bytes) {
  const auto& series = tenant(name).dropped;
  const auto found = series.find(reason);
  if (found != series.end()) found->second.add(entries, bytes);
}

void ClientMetrics::attempt(const std::string& status, double seconds) {
  MetricHistogram*& histogram = durations_[status];
  if (histogram == nullptr) {
    histogram =
        &metrics_.histogram("promtail_request_duration_seconds", "Duration of send requests.",
                            duration_bounds(), {{"status_code", status}, {"host", host_}});
  }
  histogram->observe(seconds);
}

void ClientMetrics::batch(const BatchCounts& counts) {
  if (counts.dropped_entries > 0) {
    dropped(counts.tenant, counts.reason, counts.dropped_entries, counts.dropped_bytes);
  }
  const auto& series = tenant(counts.tenant).mutated;
  const auto found = series.find(counts.reason);
  if (found != series.end() && counts.mutated_entries > 0) {
    found->second.add(counts.mutated_entries, counts.mutated_bytes);
  }
}

}  // namespace tailrace::shippers
