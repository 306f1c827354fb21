// Flags, the deprecated client block, sane minima, and checks that look at several blocks.
#include "config/finish_config.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "config/server_tls.h"
#include "config/url_check.h"

namespace tailrace::config {
namespace {

using std::chrono::nanoseconds;

// Promtail crashes with a period of 0, and a bare integer means nanoseconds there: `sync_period:
// 10` would keep a processor busy.
constexpr nanoseconds kSyncPeriodMin = std::chrono::milliseconds(100);

// A value that is set right rather than refused; it has no position, since a flag may have set it.
template <typename T>
void correct(T& field, T value, std::string path, std::string message, Report& report) {
  field = std::move(value);
  report.warning({std::move(path), 0, 0}, std::move(message));
}

void correct_periods(Config& config, Report& report) {
  if (config.positions.sync_period < kSyncPeriodMin) {
    correct(config.positions.sync_period, kSyncPeriodMin, "positions.sync_period",
            "is too short: 100ms is used", report);
  }
  if (config.target.sync_period < kSyncPeriodMin) {
    correct(config.target.sync_period, kSyncPeriodMin, "target_config.sync_period",
            "is too short: 100ms is used", report);
  }
  FileWatchConfig& watch = config.file_watch;
  const std::string path = "global.file_watch_config";
  if (watch.min_poll_frequency <= nanoseconds(0)) {
    correct(watch.min_poll_frequency, FileWatchConfig{}.min_poll_frequency,
            path + ".min_poll_frequency", "must be above 0: 250ms is used", report);
  }
  if (watch.max_poll_frequency < watch.min_poll_frequency) {
    correct(watch.max_poll_frequency, watch.min_poll_frequency, path + ".max_poll_frequency",
            "is below min_poll_frequency, which is used instead", report);
  }
}

void correct_client(ClientConfig& client, Report& report) {
  const std::string& path = client.location.path;
  if (client.timeout <= nanoseconds(0)) {
    correct(client.timeout, ClientConfig{}.timeout, path + ".timeout",
            "with 0 every attempt would fail at once: 10s is used", report);
  }
  if (client.backoff.max_period < client.backoff.min_period) {
    correct(client.backoff.max_period, client.backoff.min_period,
            path + ".backoff_config.max_period", "is below min_period, which is used instead",
            report);
  }
}

// The client's own labels win over those of the `client:` block.
void merge_labels(const TextPairs& block, TextPairs& labels) {
  const std::size_t own = labels.size();
  for (const auto& label : block) {
    const auto end = labels.begin() + static_cast<TextPairs::difference_type>(own);
    if (std::none_of(labels.begin(), end,
                     [&](const auto& other) { return other.first == label.first; })) {
      labels.push_back(label);
    }
  }
  std::sort(labels.begin(), labels.end());
}

void refuse_duplicates(const std::vector<ClientConfig>& clients, Report& report) {
  for (std::size_t i = 1; i < clients.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      const bool same_name = !clients[i].name.empty() && clients[i].name == clients[k].name;
      if (!same_name && !(clients[i] == clients[k])) continue;
      report.error(clients[i].location,
                   fmt::format("{} as {}: every line would go there twice{}",
                               same_name ? "has the same name" : "is the same client",
                               clients[k].location.path,
                               same_name ? "" : "; if that is meant, give each a `name`"));
      break;
    }
  }
}

void finish_clients(ParsedFile& file, const Overrides& overrides, Report& report) {
  ClientConfig& block = file.client_block;
  std::vector<ClientConfig>& clients = file.config.clients;
  if (!block.url.empty()) {
    if (overrides.client_url) {
      if (const auto fault = find_url_fault(block.url)) {
        report.error({"-client.url", 0, 0}, "not a valid URL: " + *fault);
      }
    }
    // A client that only flags describe does not follow redirects (docs/compatibility.md, flags).
    if (!file.has_client_block) block.http.follow_redirects = false;
    if (block.location.path.empty()) block.location.path = "client";
    clients.push_back(block);
  }
  for (ClientConfig& client : clients) {
    merge_labels(block.external_labels, client.external_labels);
    correct_client(client, report);
    if (client.url.empty()) {
      SourceLocation location = client.location;
      location.path += ".url";
      report.error(std::move(location), "is required");
    }
  }
  if (clients.empty() && file.clients_are_readable) {
    report.error({"clients", file.begin.line, file.begin.column},
                 "at least one client config must be provided");
  }
  refuse_duplicates(clients, report);
}

// What the file says alone was looked at where it stands.
void check_line_rate(const LimitsConfig& limits, const Overrides& overrides, Report& report) {
  if (!limits.readline_rate_enabled) return;
  const bool by_flag = overrides.readline_rate_enabled.value_or(false);
  if ((by_flag || overrides.readline_rate) && !(limits.readline_rate > 0)) {
    report.error({"-limit.readline-rate", 0, 0}, "must be above 0");
  }
  if ((by_flag || overrides.readline_burst) && limits.readline_burst < 1) {
    report.error({"-limit.readline-burst", 0, 0}, "must be at least 1");
  }
}

// As in the file, where it was looked at.
void check_timeouts(const Overrides& overrides, Report& report) {
  for (const auto& [flag, value] :
       {std::pair("-server.http-read-timeout", overrides.server_http_read_timeout),
        {"-server.http-read-header-timeout", overrides.server_http_read_header_timeout},
        {"-server.http-write-timeout", overrides.server_http_write_timeout},
        {"-server.http-idle-timeout", overrides.server_http_idle_timeout},
        {"-server.graceful-shutdown-timeout", overrides.server_graceful_shutdown_timeout}}) {
    if (value && *value < nanoseconds(0)) report.error({flag, 0, 0}, "may not be negative");
  }
}

}  // namespace

Config finish_config(ParsedFile file, const Overrides& overrides, Report& report) {
  apply_overrides(overrides, file.config, file.client_block);
  finish_clients(file, overrides, report);
  correct_periods(file.config, report);
  if (overrides.positions_file && overrides.positions_file->empty()) {
    report.error({"-positions.file", 0, 0}, "may not be empty");
  }
  check_line_rate(file.config.limits, overrides, report);
  check_timeouts(overrides, report);
  check_server_tls(file.config.server, file.server_tls, report);
  return std::move(file.config);
}

}  // namespace tailrace::config
