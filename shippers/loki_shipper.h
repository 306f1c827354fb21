// Delivers push requests to Loki (or by OTLP), with retries, until each entry is accepted or
// finally refused.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/random.h"
#include "config/client_config.h"
#include "http/auth.h"
#include "http/transport.h"
#include "shippers/client_metrics.h"
#include "shippers/open_request.h"
#include "shippers/retry_policy.h"
#include "shippers/shipper.h"

namespace tailrace::shippers {

// What each answer leads to (retry_policy.h names them; docs/compatibility.md, Retries):
//
// - Accepted: the next part, or the request is over.
// - Refused: the part is halved until the bad entries stand alone; these are dropped. After
//   kRefusalsMax refusals the rest goes as one. Nothing is dropped before the endpoint has accepted
//   something: when it refuses every entry of its first request, an empty push tells whether it
//   takes pushes at all; when it does not, the request is retried as if misconfigured.
// - Too large: halved without that limit, and the size that passed is kept for later requests.
// - Rate limited, unavailable: again after a back-off; Retry-After lengthens it.
// - Misconfigured: the same, and trouble() says it.
// - By OTLP an answer may accept a request but for some entries, not saying which: these are
// counted
//   as refused, the last ones of the part.
// With max_retries the rest of the request is dropped after so many attempts without a result.
//
// Ownership: borrows what World names.
// Threading: confined to one worker.
// Errors: a secret file that cannot be read counts as no answer.
// Memory: one encoded part per request that is being taken apart.
class LokiShipper final : public Shipper {
 public:
  struct World {
    http::Transport& transport;
    const Clock& clock;
    FileSystem& file_system;
    ClientMetrics& metrics;
    Log& log;
    std::uint64_t seed;      // Of the back-off's jitter.
    std::string user_agent;  // "tailrace/<version>"
  };

  LokiShipper(const config::ClientConfig& client, const World& world);
  ~LokiShipper() override;

  bool has_place() const override;
  void submit(RequestId id, PushBody body) override;
  std::vector<PushResult> take_results(SteadyTime now) override;
  SteadyTime next_deadline() const override;
  std::vector<RequestId> abandon_waiting() override;
  void abandon() override;
  std::string trouble() const override;
  std::vector<Retry> retries() const override;

 private:
  void start_due(SteadyTime now);
  void start(OpenRequest& open, SteadyTime now);
  http::Request request_for(const std::string& tenant);
  bool is_otlp() const { return protocol_ == config::ClientConfig::Protocol::kOtlp; }
  Status encode_next(OpenRequest& open);

  // Each may end the request: `open` is dead afterwards.
  void on_answer(OpenRequest& open, const http::Response& response, SteadyTime now);
  void on_probe_answer(OpenRequest& open, const http::Response& response, SteadyTime now);
  void on_accepted(OpenRequest& open, const http::Response& response, SteadyTime now);
  void on_blocked(OpenRequest& open, const http::Response& response, SteadyTime now);
  void on_refused(OpenRequest& open, const http::Response& response, SteadyTime now);
  void on_too_large(OpenRequest& open, const http::Response& response, SteadyTime now);
  void on_failed(OpenRequest& open, const http::Response& response, SteadyTime now);
  void halve_part(OpenRequest& open, const http::Response& response, SteadyTime now);
  void refuse_part(OpenRequest& open, const http::Response& response, SteadyTime now);
  void go_on(OpenRequest& open, SteadyTime now);
  void give_up(OpenRequest& open, std::string_view reason, const http::Response& response);

  void plan_parts(OpenRequest& open) const;
  void settle_undecided(OpenRequest& open);
  void drop_refused(OpenRequest& open, const OpenRequest::Undecided& part);
  void report(OpenRequest& open, std::uint32_t entries, std::string_view drop_reason,
              const http::Response& answer);

  http::Transport& transport_;
  const Clock& clock_;
  ClientMetrics& metrics_;
  Log& log_;
  const config::ClientConfig::Protocol protocol_;
  const std::string user_agent_;
  const std::string url_;
  const std::string host_;
  const config::TextPairs headers_;
  const std::chrono::nanoseconds timeout_;
  const Backoff::Options backoff_;
  const std::uint64_t attempts_max_;  // 0: without end.
  const bool drop_rate_limited_;
  const int endpoint_;
  Random random_;
  http::Auth auth_;

  std::map<RequestId, std::unique_ptr<OpenRequest>> requests_;
  std::size_t in_flight_ = 0;
  std::vector<PushResult> results_;
  bool accepted_something_ = false;
  std::uint64_t too_large_bytes_;   // The smallest body that was too large.
  std::uint64_t passed_bytes_ = 0;  // The largest that was not.
  std::set<std::string, std::less<>> warned_headers_;
};

}  // namespace tailrace::shippers
