// Delivers push requests to Loki, with retries.
//
// A request is a list of parts in wire order, at first one. An answer settles the first part, or
// replaces it by its halves, or sends it again later; so results come in wire order, and the worker
// records them as they are.
#include "shippers/loki_shipper.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "base/check.h"
#include "http/response_text.h"
#include "shippers/otlp_encoder.h"

namespace tailrace::shippers {

namespace {

constexpr std::uint64_t kNoSize = std::numeric_limits<std::uint64_t>::max();

// An empty PushRequest as a snappy block: the length 0.
constexpr std::string_view kEmptyPush("\0", 1);

// A configured period beyond this would overflow clocks, and nobody waits for it.
constexpr std::chrono::nanoseconds kBackoffMax = std::chrono::hours(24);

Backoff::Options backoff_options(const config::BackoffConfig& config) {
  const auto bounded = [](std::chrono::nanoseconds period) {
    return std::clamp<std::chrono::nanoseconds>(period, std::chrono::milliseconds(1), kBackoffMax);
  };
  return {.min = bounded(config.min_period), .max = bounded(config.max_period)};
}

std::uint64_t attempts_max(const config::BackoffConfig& config) {
  const std::int64_t retries = config.max_retries.value_or(0);
  return retries > 0 ? static_cast<std::uint64_t>(retries) : 0;
}

}  // namespace

LokiShipper::LokiShipper(const config::ClientConfig& client, const World& world)
    : transport_(world.transport),
      clock_(world.clock),
      metrics_(world.metrics),
      log_(world.log),
      protocol_(client.protocol),
      user_agent_(world.user_agent),
      url_(client.url),
      host_(url_host(client.url)),
      headers_(client.headers),
      timeout_(client.timeout),
      backoff_(backoff_options(client.backoff)),
      attempts_max_(attempts_max(client.backoff)),
      drop_rate_limited_(client.drop_rate_limited_batches),
      endpoint_(world.transport.add_endpoint(http::endpoint_options(client.http))),
      random_(world.seed),
      auth_(client.http, world.file_system, world.transport, world.clock),
      too_large_bytes_(kNoSize) {}

LokiShipper::~LokiShipper() {
  abandon();
  transport_.remove_endpoint(endpoint_);
}

bool LokiShipper::has_place() const {
  const SteadyTime now = clock_.steady_now();
  const auto active = std::count_if(requests_.begin(), requests_.end(), [now](const auto& item) {
    return item.second->in_flight || item.second->due <= now;
  });
  return static_cast<std::size_t>(active) < kInFlightMax;
}

void LokiShipper::submit(RequestId id, PushBody body) {
  if (body.entries == 0) return;
  metrics_.add_tenant(body.tenant);
  const SteadyTime now = clock_.steady_now();
  const auto [place, is_new] =
      requests_.emplace(id, std::make_unique<OpenRequest>(id, std::move(body), backoff_, random_));
  TAILRACE_CHECK(is_new);
  OpenRequest& open = *place->second;
  metrics_.encoded(open.bytes);
  plan_parts(open);
  open.due = now;
  start_due(now);
}

// What is known to be too large is taken apart before it is sent.
void LokiShipper::plan_parts(OpenRequest& open) const {
  if (open.bytes < too_large_bytes_ || passed_bytes_ == 0) return;
  const std::uint64_t wanted = (open.bytes + passed_bytes_ - 1) / passed_bytes_;
  const auto parts = static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, open.body.entries));
  open.todo.clear();
  EntryRange rest = open.rest();
  for (std::uint32_t left = parts; left > 0; --left) {
    const std::uint32_t count = rest.count / left;
    // From the last part to the first, because the next part is at the back.
    open.todo.push_back({.first = rest.first + rest.count - count, .count = count});
    rest.count -= count;
  }
}

std::vector<PushResult> LokiShipper::take_results(SteadyTime now) {
  auth_.take_completions();
  for (const http::Completion& completion : transport_.take_completions(endpoint_)) {
    const auto found = requests_.find(completion.tag);
    if (found != requests_.end()) on_answer(*found->second, completion.response, now);
  }
  start_due(now);
  return std::exchange(results_, {});
}

SteadyTime LokiShipper::next_deadline() const {
  if (!results_.empty()) return SteadyTime::min();
  SteadyTime deadline = SteadyTime::max();
  // A place or a token comes with a completion, not with time.
  if (in_flight_ >= kInFlightMax || auth_.pending()) return deadline;
  for (const auto& [id, open] : requests_) {
    if (!open->in_flight) deadline = std::min(deadline, open->due);
  }
  return deadline;
}

std::vector<RequestId> LokiShipper::abandon_waiting() {
  std::vector<RequestId> waiting;
  for (const auto& [id, open] : requests_) {
    if (!open->in_flight) waiting.push_back(id);
  }
  for (const RequestId id : waiting)
    requests_.erase(id);
  return waiting;
}

void LokiShipper::abandon() {
  for (const auto& [id, open] : requests_) {
    if (open->in_flight) transport_.cancel(id);
  }
  requests_.clear();
  in_flight_ = 0;
}

std::string LokiShipper::trouble() const {
  for (const auto& [id, open] : requests_) {
    if (!open->trouble.empty()) return open->trouble;
  }
  return {};
}

std::vector<Retry> LokiShipper::retries() const {
  std::vector<Retry> retries;
  for (const auto& [id, open] : requests_) {
    if (open->failure.empty()) continue;
    retries.push_back({.request = id,
                       .error = open->failure,
                       .since = open->failing_since,
                       .next = open->in_flight ? open->started : open->due,
                       .attempts = open->backoff.attempts()});
  }
  return retries;
}

void LokiShipper::start_due(SteadyTime now) {
  std::vector<std::pair<SteadyTime, RequestId>> due;
  for (const auto& [id, open] : requests_) {
    if (!open->in_flight && open->due <= now) due.emplace_back(open->due, id);
  }
  std::sort(due.begin(), due.end());
  for (const auto& [since, id] : due) {
    if (in_flight_ >= kInFlightMax) return;
    start(*requests_.at(id), now);
  }
}

http::Request LokiShipper::request_for(const std::string& tenant) {
  http::Request request{
      .url = url_,
      .headers = {{"Content-Type", "application/x-protobuf"}, {"User-Agent", user_agent_}},
      .body = {},
      .timeout = timeout_,
      .basic_auth = {}};
  if (is_otlp()) request.headers.emplace_back("Content-Encoding", "gzip");
  if (!tenant.empty()) request.headers.emplace_back("X-Scope-OrgID", tenant);
  const std::size_t own = request.headers.size();
  for (const auto& header : headers_) {
    const auto own_end = request.headers.begin() + static_cast<std::ptrdiff_t>(own);
    if (!http::has_header({request.headers.begin(), own_end}, header.first)) {
      request.headers.push_back(header);
    } else if (warned_headers_.insert(header.first).second) {
      log_.warn("custom header overrides one of the client's own, not sent",
                {{"component", "client"}, {"host", host_}, {"header", header.first}});
    }
  }
  return request;
}

Status LokiShipper::encode_next(OpenRequest& open) {
  if (!open.part_bytes.empty()) return {};
  auto part = is_otlp() ? encode_otlp_range(open.body, open.todo.back())
                        : encode_range(open.body, open.todo.back());
  if (!part) return fail(part.error());
  open.part_bytes = std::move(*part);
  return {};
}

void LokiShipper::start(OpenRequest& open, SteadyTime now) {
  http::Request request = request_for(open.body.tenant);
  const auto readiness = auth_.apply(request);
  if (!readiness) {
    on_failed(open, {.error = readiness.error().message, .body = {}, .content_type = {}}, now);
    return;
  }
  if (*readiness == http::Auth::Readiness::kTokenOnItsWay) return;
  if (!open.probing && (is_otlp() || !open.next_is_whole())) {
    const Status encoded = encode_next(open);
    if (!encoded && is_otlp()) {
      // There is nothing else that could be sent.
      give_up(open, kReasonIngesterError,
              {.error = encoded.error().message, .body = {}, .content_type = {}});
      return;
    }
    if (!encoded) {
      // Twice is better than never: what was answered already goes again with the rest.
      log_.error("request cannot be taken apart, sent whole",
                 {{"component", "client"}, {"host", host_}, {"error", encoded.error().message}});
      open.whole_only = true;
      const std::uint32_t first = open.todo.back().first;
      open.todo = {{.first = first, .count = open.end() - first}};
    }
  }
  if (open.probing) {
    if (is_otlp()) open.part_bytes = empty_otlp();
    request.body = {is_otlp() ? std::string_view(open.part_bytes) : kEmptyPush};
  } else if (open.next_is_whole() && !is_otlp()) {
    request.body = body_parts(open.body);
  } else {
    request.body = {std::string_view(open.part_bytes)};
  }
  open.sent_bytes = 0;
  for (const std::string_view part : request.body)
    open.sent_bytes += part.size();
  open.in_flight = true;
  open.started = now;
  ++in_flight_;
  transport_.submit(endpoint_, open.id, request);
}

void LokiShipper::on_answer(OpenRequest& open, const http::Response& response, SteadyTime now) {
  --in_flight_;
  open.in_flight = false;
  open.due = now;
  metrics_.attempt(status_text(response),
                   std::chrono::duration<double>(now - open.started).count());
  if (response.status == 401) auth_.on_unauthorized();
  if (open.probing) {
    on_probe_answer(open, response, now);
    return;
  }
  switch (judge(response)) {
    case Verdict::kAccepted:
      on_accepted(open, response, now);
      return;
    case Verdict::kBlocked:
      on_blocked(open, response, now);
      return;
    case Verdict::kRefused:
      on_refused(open, response, now);
      return;
    case Verdict::kTooLarge:
      on_too_large(open, response, now);
      return;
    case Verdict::kRateLimited:
    case Verdict::kUnavailable:
    case Verdict::kMisconfigured:
      on_failed(open, response, now);
      return;
  }
}

void LokiShipper::on_accepted(OpenRequest& open, const http::Response& response, SteadyTime now) {
  accepted_something_ = true;
  settle_undecided(open);
  if (open.sent_bytes >= too_large_bytes_) too_large_bytes_ = kNoSize;  // The limit was raised.
  passed_bytes_ = std::max(passed_bytes_, open.sent_bytes);
  std::uint32_t entries = open.todo.back().count;
  OtlpRejection rejection;
  if (is_otlp()) rejection = otlp_rejection(response.body);
  const auto rejected =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(rejection.entries, entries));
  entries -= rejected;
  metrics_.sent(entries, open.sent_bytes);
  if (entries > 0) report(open, entries, {}, {});
  if (rejected > 0) {
    http::Response answer = response;
    answer.body = rejection.message;
    drop_refused(open, {.entries = rejected, .bytes = 0, .answer = std::move(answer)});
  }
  open.todo.pop_back();
  go_on(open, now);
}

// Only Loki answers so: the endpoint takes pushes.
void LokiShipper::on_blocked(OpenRequest& open, const http::Response& response, SteadyTime now) {
  accepted_something_ = true;
  refuse_part(open, response, now);
}

void LokiShipper::on_refused(OpenRequest& open, const http::Response& response, SteadyTime now) {
  if (open.rest_as_one) {
    refuse_part(open, response, now);
    return;
  }
  if (++open.refusals < kRefusalsMax) {
    halve_part(open, response, now);
    return;
  }
  open.rest_as_one = true;
  const EntryRange part = open.todo.back();
  const std::uint32_t behind = part.first + part.count;
  if (part.count == 1 || behind == open.end()) {  // Nothing can be joined to it.
    open.todo.clear();
    if (behind < open.end()) open.todo.push_back({.first = behind, .count = open.end() - behind});
    open.todo.push_back(part);
    refuse_part(open, response, now);
    return;
  }
  open.todo = {{.first = part.first, .count = open.end() - part.first}};
  go_on(open, now);
}

void LokiShipper::on_too_large(OpenRequest& open, const http::Response& response, SteadyTime now) {
  too_large_bytes_ = std::min(too_large_bytes_, open.sent_bytes);
  // What passed at another time is no help when this does not.
  if (passed_bytes_ >= too_large_bytes_) passed_bytes_ = too_large_bytes_ / 2;
  halve_part(open, response, now);
}

// Sends the halves of the next part, or refuses it when it has none.
void LokiShipper::halve_part(OpenRequest& open, const http::Response& response, SteadyTime now) {
  const EntryRange part = open.todo.back();
  if (part.count == 1 || open.whole_only) {
    refuse_part(open, response, now);
    return;
  }
  const std::uint32_t half = part.count / 2;
  open.todo.back() = {.first = part.first + half, .count = part.count - half};
  open.todo.push_back({.first = part.first, .count = half});
  go_on(open, now);
}

// The next part is refused for good, unless nobody knows yet whom we are talking to.
void LokiShipper::refuse_part(OpenRequest& open, const http::Response& response, SteadyTime now) {
  OpenRequest::Undecided part{
      .entries = open.todo.back().count, .bytes = open.sent_bytes, .answer = response};
  open.todo.pop_back();
  if (accepted_something_) {
    settle_undecided(open);
    drop_refused(open, part);
  } else {
    open.undecided.push_back(std::move(part));
  }
  go_on(open, now);
}

// Sends the next part; asks who is there when every part was refused; or ends the request.
void LokiShipper::go_on(OpenRequest& open, SteadyTime now) {
  open.part_bytes.clear();
  open.trouble.clear();
  if (!open.todo.empty()) {
    start(open, now);
    return;
  }
  if (accepted_something_) settle_undecided(open);
  if (open.undecided.empty()) {
    requests_.erase(open.id);
    return;
  }
  open.probing = true;
  start(open, now);
}

void LokiShipper::on_probe_answer(OpenRequest& open, const http::Response& response,
                                  SteadyTime now) {
  const http::Response refusal = open.undecided.back().answer;
  const Verdict verdict = judge(response);
  if (!accepted_something_ &&
      (verdict == Verdict::kRateLimited || verdict == Verdict::kUnavailable)) {
    on_failed(open, response, now);
    return;
  }
  open.probing = false;
  // Newer Lokis refuse an empty push with 422. An answer that depends on what was pushed comes from
  // somebody who reads pushes.
  if (accepted_something_ || verdict == Verdict::kAccepted || verdict == Verdict::kBlocked ||
      (verdict == Verdict::kRefused && response.status != refusal.status)) {
    accepted_something_ = true;
    go_on(open, now);
    return;
  }
  open.undecided.clear();
  open.part_bytes.clear();
  open.todo = {open.rest()};
  open.refusals = 0;
  open.rest_as_one = false;
  on_failed(open, refusal, now);
}

void LokiShipper::on_failed(OpenRequest& open, const http::Response& response, SteadyTime now) {
  const Verdict verdict = judge(response);
  const bool limited = verdict == Verdict::kRateLimited;
  const std::string_view reason = limited ? kReasonRateLimited : kReasonIngesterError;
  if (limited && drop_rate_limited_) {
    give_up(open, reason, response);
    return;
  }
  metrics_.retried(open.body.tenant);
  std::chrono::nanoseconds wait = open.backoff.next();
  if (attempts_max_ != 0 && open.backoff.attempts() >= attempts_max_) {
    give_up(open, reason, response);
    return;
  }
  wait = std::max<std::chrono::nanoseconds>(wait, std::min(response.retry_after, kRetryAfterMax));
  open.due = now + wait;
  const std::string error = http::describe(response);
  if (open.failure.empty()) open.failing_since = now;
  open.failure = error;
  open.trouble = limited || verdict == Verdict::kUnavailable ? std::string() : error;
  const std::initializer_list<LogField> fields{{"component", "client"},
                                               {"host", host_},
                                               {"status", status_text(response)},
                                               {"tenant", open.body.tenant},
                                               {"error", error}};
  if (open.trouble.empty()) {
    log_.warn("error sending batch, will retry", fields);
  } else {
    log_.error("the server does not take what is sent; is the client set up right? Will retry",
               fields);
  }
}

// Drops what has no result yet.
void LokiShipper::give_up(OpenRequest& open, std::string_view reason,
                          const http::Response& response) {
  std::uint32_t entries = 0;
  for (const OpenRequest::Undecided& part : open.undecided)
    entries += part.entries;
  for (const EntryRange& part : open.todo)
    entries += part.count;
  const std::uint64_t bytes = open.bytes * entries / open.end();
  metrics_.dropped(open.body.tenant, reason, entries, bytes);
  log_.error("final error sending batch", {{"component", "client"},
                                           {"host", host_},
                                           {"status", status_text(response)},
                                           {"tenant", open.body.tenant},
                                           {"entries", std::to_string(entries)},
                                           {"error", http::describe(response)}});
  report(open, entries, reason, response);
  requests_.erase(open.id);
}

void LokiShipper::settle_undecided(OpenRequest& open) {
  for (const OpenRequest::Undecided& part : std::exchange(open.undecided, {})) {
    drop_refused(open, part);
  }
}

void LokiShipper::drop_refused(OpenRequest& open, const OpenRequest::Undecided& part) {
  metrics_.dropped(open.body.tenant, kReasonIngesterError, part.entries, part.bytes);
  log_.error("entries refused by the server, dropped", {{"component", "client"},
                                                        {"host", host_},
                                                        {"status", status_text(part.answer)},
                                                        {"tenant", open.body.tenant},
                                                        {"entries", std::to_string(part.entries)},
                                                        {"error", http::describe(part.answer)}});
  report(open, part.entries, kReasonIngesterError, part.answer);
}

// An empty reason means accepted.
void LokiShipper::report(OpenRequest& open, std::uint32_t entries, std::string_view drop_reason,
                         const http::Response& answer) {
  open.backoff.reset();
  open.failure.clear();
  PushResult& result = results_.emplace_back();
  result.request = open.id;
  result.entries = entries;
  result.accepted = drop_reason.empty();
  if (result.accepted) return;
  result.reason = drop_reason;
  result.status = answer.status;
  result.answer = http::describe(answer);
}

}  // namespace tailrace::shippers
