// Pull, give, acknowledge.
#include "receivers/gcplog_puller.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "receivers/base64.h"

namespace tailrace::receivers {
namespace {

constexpr Backoff::Options kPullRetry{.min = std::chrono::seconds(1),
                                      .max = std::chrono::minutes(1)};
// A subscription's deadline for acknowledgements is at most ten minutes.
constexpr std::chrono::minutes kComesAgainWithin{15};
// The server holds a pull that has nothing for about a minute and a half.
constexpr std::chrono::minutes kPullTimeout{3};
constexpr std::uint32_t kPull = 1;
constexpr std::uint32_t kAcknowledge = 2;

const LabelSet& intern_fixed(const config::LabelMap& labels, LabelSetTable& table) {
  std::vector<LabelPair> pairs;
  for (const auto& [name, value] : labels) {
    if (!name.starts_with("__") && !value.empty()) pairs.push_back({name, value});
  }
  return table.intern(pairs);
}

discovery::LineRelabeler::Options fixed_over(const config::LabelMap& labels) {
  discovery::LineRelabeler::Options options;
  options.labels = labels;
  return options;
}

http::Response no_answer(const Error& error) {
  http::Response response;
  response.error = error.message;
  return response;
}

std::string_view member(simdjson::dom::object object, const char* key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

}  // namespace

GcplogPuller::GcplogPuller(Options options, discovery::Relabeler relabeler, const World& world)
    : options_(std::move(options)),
      world_(world),
      relabeler_(std::move(relabeler), fixed_over(options_.labels), world.label_sets),
      labels_(intern_fixed(options_.labels, world.label_sets)),
      endpoint_(world.transport.add_endpoint(google_endpoint())),
      token_(options_.token, world.file_system, world.transport, world.clock),
      entries_(world.metrics.counter("promtail_gcplog_target_entries_total",
                                     "Total number of successful entries sent to the gcplog target",
                                     {{"project", options_.project}})),
      errors_(
          world.metrics.counter("promtail_gcplog_target_parsing_errors_total",
                                "Total number of parsing errors while receiving gcplog messages",
                                {{"project", options_.project}})),
      last_success_(
          world.metrics.gauge("promtail_gcplog_target_last_success_scrape",
                              "Timestamp of the specific target's last successful poll",
                              {{"project", options_.project}, {"target", options_.subscription}})),
      random_(options_.id),
      backoff_(kPullRetry, random_) {
  labels_.pin();
  resume();
}

GcplogPuller::~GcplogPuller() {
  world_.transport.remove_endpoint(endpoint_);
  std::for_each(waiting_.begin(), waiting_.end(), drop);
  std::for_each(given_.begin(), given_.end(), drop);
  labels_.unpin();
}

// The ids in hexadecimal, separated by blanks.
void GcplogPuller::resume() {
  if (!options_.resume) return;
  lines_ = options_.resume->position;
  std::string_view rest = options_.resume->cursor_details;
  while (!rest.empty()) {
    std::uint64_t id = 0;
    const auto [end, fault] = std::from_chars(rest.data(), rest.data() + rest.size(), id, 16);
    if (fault != std::errc()) break;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (rest.starts_with(' ')) rest.remove_prefix(1);
    open_.push_back({.id = id, .ack = {}, .state = Open::State::kStored, .of_before = true});
    if (open_.size() > kOfBeforeMax) open_.pop_front();
  }
  for (const Open& open : open_)
    remember(open.id);
  of_before_ = open_.size();
}

void GcplogPuller::fill_resume_point(ResumePoint& point) const {
  point.source = options_.id;
  point.kind = SourceKind::kGcplog;
  point.job = options_.job;
  point.path = options_.name;
  point.position = lines_;
  point.cursor_details.clear();
  for (const Open& open : open_) {
    if (!point.cursor_details.empty()) point.cursor_details += ' ';
    fmt::format_to(std::back_inserter(point.cursor_details), "{:x}", open.id);
  }
}

void GcplogPuller::drop(const Message& message) {
  if (message.labels != nullptr) message.labels->unpin();
}

void GcplogPuller::remember(std::uint64_t id) {
  if (!remembered_.insert(id).second) return;
  remembered_order_.push_back(id);
  if (remembered_order_.size() <= kRememberedMax) return;
  remembered_.erase(remembered_order_.front());
  remembered_order_.pop_front();
}

template <typename Predicate>
void GcplogPuller::close(Predicate predicate) {
  std::erase_if(open_, [&](const Open& open) {
    if (!predicate(open)) return false;
    if (open.of_before) --of_before_;
    return true;
  });
}

// --- requests ---

http::RequestTag GcplogPuller::tag(std::uint32_t number) const {
  return (std::uint64_t{static_cast<std::uint32_t>(endpoint_)} << 32U) | number;
}

http::Request GcplogPuller::request(const char* verb, const std::string& authorization) const {
  http::Request request;
  request.url = fmt::format("{}/v1/projects/{}/subscriptions/{}:{}", options_.api_url,
                            options_.project, options_.subscription, verb);
  request.headers = {{"Content-Type", "application/json"}};
  if (!authorization.empty()) request.headers.emplace_back("Authorization", authorization);
  return request;
}

bool GcplogPuller::wants_pull() const {
  return !stopping_ && !pulling_ && waiting_.empty() &&
         open_.size() + kMessagesAtOnce <= kOpenMax + of_before_;
}

bool GcplogPuller::wants_acknowledgement() const {
  return !acknowledging_ && std::any_of(open_.begin(), open_.end(), [](const Open& open) {
    return open.state == Open::State::kStored && !open.ack.empty();
  });
}

void GcplogPuller::send_pull(const std::string& authorization) {
  pulling_ = true;
  pull_body_ = fmt::format(R"({{"maxMessages":{}}})", kMessagesAtOnce);
  http::Request pull = request("pull", authorization);
  pull.body = {pull_body_};
  pull.timeout = kPullTimeout;
  pull.body_bytes_max = kAnswerBytesMax;
  world_.transport.submit(endpoint_, tag(kPull), pull);
}

void GcplogPuller::send_acknowledgement(const std::string& authorization) {
  acknowledging_ = true;
  acknowledge_body_ = R"({"ackIds":[)";
  const char* separator = "";
  std::size_t count = 0;
  for (Open& open : open_) {
    if (open.state != Open::State::kStored || open.ack.empty()) continue;
    if (++count > kAcknowledgedAtOnce) break;
    open.state = Open::State::kInFlight;
    acknowledge_body_.append(separator).append("\"").append(open.ack).append("\"");
    separator = ",";
  }
  acknowledge_body_ += "]}";
  http::Request acknowledge = request("acknowledge", authorization);
  acknowledge.body = {acknowledge_body_};
  world_.transport.submit(endpoint_, tag(kAcknowledge), acknowledge);
}

void GcplogPuller::fail_for_now(std::string_view what, const http::Response& response,
                                SteadyTime now) {
  if (response.status == 401) token_.forget();
  trouble_ = response.status == 0 ? fmt::format("{}: {}", what, response.error)
                                  : fmt::format("{}: the server answers {}: {}", what,
                                                response.status, response.body.substr(0, 200));
  world_.log.warn("gcplog: a request failed; it is tried again",
                  {{"job", options_.job}, {"error", trouble_}});
  retry_at_ = now + std::max<std::chrono::nanoseconds>(backoff_.next(), response.retry_after);
}

void GcplogPuller::take_answers(SteadyTime now) {
  for (const http::Completion& completion : world_.transport.take_completions(endpoint_)) {
    if (completion.tag == tag(kPull)) {
      take_pulled(completion.response, now);
    } else {
      take_acknowledged(completion.response, now);
    }
  }
}

void GcplogPuller::take_acknowledged(const http::Response& response, SteadyTime now) {
  acknowledging_ = false;
  // Refused for good, as where one id of exactly-once delivery is too old: what was not
  // acknowledged comes again, with another id, and is still known.
  const bool done = response.status == 200 || response.status == 400;
  if (response.status != 200) fail_for_now("acknowledge", response, now);
  close([&](const Open& open) { return done && open.state == Open::State::kInFlight; });
  for (Open& open : open_) {
    if (open.state == Open::State::kInFlight) open.state = Open::State::kStored;
  }
}

void GcplogPuller::take_pulled(const http::Response& response, SteadyTime now) {
  pulling_ = false;
  if (response.status == 504) return;  // There was nothing for as long as the server waits.
  if (response.status != 200) return fail_for_now("pull", response, now);
  const Status parsed = parse_pulled(response.body);
  if (!parsed) {
    return fail_for_now("pull", no_answer(parsed.error()), now);
  }
  // Only what is asked for comes again.
  if (of_before_ != 0 && forget_before_at_ == SteadyTime::max()) {
    forget_before_at_ = now + kComesAgainWithin;
  }
  backoff_.reset();
  trouble_.clear();
  last_success_.set(static_cast<double>(unix_nanoseconds(world_.clock.wall_now()) / 1'000'000'000));
}

Status GcplogPuller::parse_pulled(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::object answer;
  if (parser.parse(body.data(), body.size()).get(answer) != simdjson::SUCCESS) {
    return fail(Error::kInvalid, "the answer is no JSON object");
  }
  simdjson::dom::array messages;
  if (answer["receivedMessages"].get(messages) != simdjson::SUCCESS) return {};
  for (const simdjson::dom::element each : messages) {
    simdjson::dom::object received, message;
    if (each.get(received) != simdjson::SUCCESS ||
        received["message"].get(message) != simdjson::SUCCESS) {
      continue;
    }
    std::string_view id = member(message, "messageId");
    if (id.empty()) id = member(message, "message_id");
    add_message(id, member(received, "ackId"), member(message, "data"));
  }
  return {};
}

void GcplogPuller::add_message(std::string_view id, std::string_view ack, std::string_view data) {
  if (id.empty() || ack.empty()) return;
  const std::uint64_t hash = hash_text(id, 0);
  const auto found =
      std::find_if(open_.begin(), open_.end(), [&](const Open& open) { return open.id == hash; });
  // Those of before a restart stay in open_ when there are too many others to remember.
  if (found != open_.end() || remembered_.contains(hash)) {
    // It is in the outbox, or on its way there: only its acknowledgement is due.
    remember(hash);
    if (found == open_.end()) {
      const auto same = [&](const Message& message) { return message.id == hash; };
      const bool waits =
          std::any_of(waiting_.begin(), waiting_.end(), same) ||
          std::any_of(given_.begin() + static_cast<std::ptrdiff_t>(consumed_), given_.end(), same);
      if (!waits) {
        open_.push_back({.id = hash, .ack = std::string(ack), .state = Open::State::kStored});
      }
    } else {
      found->ack = ack;
      if (found->state == Open::State::kInFlight) found->state = Open::State::kStored;
    }
    return;
  }
  remember(hash);
  Message message{.id = hash, .ack = std::string(ack), .entry = {}, .labels = nullptr};
  auto decoded = decode_base64(data);
  std::string text = decoded ? std::move(*decoded) : std::string(data);
  auto entry = parse_gcp_log_entry(text, options_.lines, options_.times);
  if (entry) {
    message.entry = std::move(*entry);
  } else {
    errors_.increment();
    message.entry.line = std::move(text);
  }
  std::vector<LabelPair> discovered;
  for (const auto& [name, value] : message.entry.labels)
    discovered.push_back({name, value});
  message.labels = relabeler_.resolve(discovered);
  if (message.labels != nullptr) message.labels->pin();
  waiting_.push_back(std::move(message));
}

// --- lines ---

Result<Source::Outcome> GcplogPuller::read(ReadBuffer& /*buffer*/, LineBlock& block) {
  // What was not consumed is given again.
  for (std::size_t i = given_.size(); i > consumed_; --i) {
    if (stopping_) drop(given_[i - 1]);
    if (!stopping_) waiting_.push_front(std::move(given_[i - 1]));
  }
  given_.clear();
  consumed_ = 0;
  std::size_t bytes = 0;
  while (!waiting_.empty() && (given_.empty() || bytes < ReadBuffer::kDefaultBytes)) {
    given_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    bytes += given_.back().entry.line.size();
  }
  pass_front();
  for (std::size_t i = consumed_; i < given_.size(); ++i) {
    const Message& message = given_[i];
    if (message.labels == nullptr) continue;
    Line line;
    line.text = std::string_view(message.entry.line).substr(0, options_.line_bytes_max);
    line.cut_short = message.entry.line.size() > options_.line_bytes_max;
    line.begin = i;
    line.next = i + 1;
    line.time_ns = message.entry.time_ns;
    line.labels = message.labels;
    block.lines.push_back(line);
  }
  if (!block.lines.empty()) return Outcome::kLines;
  return may_end() ? Outcome::kEnded : Outcome::kUpToDate;
}

void GcplogPuller::ran(Message message) {
  const bool dropped = message.labels == nullptr;
  if (!dropped) {
    ++lines_;
    entries_.increment();
    message.labels->unpin();
  }
  open_.push_back({.id = message.id,
                   .ack = std::move(message.ack),
                   .state = dropped ? Open::State::kStored : Open::State::kRan});
  if (!dropped && oldest_ran_ == SteadyTime::max()) oldest_ran_ = world_.clock.steady_now();
}

// Messages that rules drop have nothing to wait for.
void GcplogPuller::pass_front() {
  while (consumed_ < given_.size() && given_[consumed_].labels == nullptr) {
    Message& message = given_[consumed_++];
    ran({message.id, std::move(message.ack), {}, nullptr});
  }
}

void GcplogPuller::consume(const Line& last) {
  while (consumed_ < last.next) {
    Message& message = given_[consumed_++];
    // The text stays where it is until the next read().
    ran({message.id, std::move(message.ack), {}, std::exchange(message.labels, nullptr)});
  }
  pass_front();
}

void GcplogPuller::stored() {
  for (Open& open : open_) {
    if (open.state == Open::State::kRan) open.state = Open::State::kStored;
  }
  oldest_ran_ = SteadyTime::max();
}

// --- the worker's turns ---

void GcplogPuller::poll(SteadyTime now) {
  if (now >= forget_before_at_) {
    // What was acknowledged, but not confirmed before the restart: it would have come by now.
    close([](const Open& open) { return open.ack.empty(); });
    forget_before_at_ = SteadyTime::max();
  }
  token_.take_completions();
  take_answers(now);
  if (now < retry_at_ || (!wants_pull() && !wants_acknowledgement())) return;
  auto authorization = token_.authorization();
  if (!authorization) {
    return fail_for_now("credentials", no_answer(authorization.error()), now);
  }
  if (!authorization->has_value()) return;
  if (wants_acknowledgement()) send_acknowledgement(**authorization);
  if (wants_pull()) send_pull(**authorization);
}

// An end waits until what has run is acknowledged, if that is possible just now.
bool GcplogPuller::may_end() const {
  if (!stopping_ || !waiting_.empty()) return false;
  const bool acknowledged =
      !acknowledging_ && !wants_acknowledgement() && oldest_ran_ == SteadyTime::max();
  return acknowledged || !trouble_.empty();
}

bool GcplogPuller::ready() const {
  return !waiting_.empty() || consumed_ < given_.size() || may_end();
}

SteadyTime GcplogPuller::next_deadline() const {
  SteadyTime deadline = world_.transport.next_deadline();
  const SteadyTime now = world_.clock.steady_now();
  // Past that a cut is wanted, and whoever cuts knows when it can.
  if (oldest_ran_ != SteadyTime::max() && now < oldest_ran_ + kCutWithin) {
    deadline = std::min(deadline, oldest_ran_ + kCutWithin);
  }
  // Until a token is there, only its answer changes anything.
  if (!token_.pending() && (wants_pull() || wants_acknowledgement())) {
    deadline = std::min(deadline, std::max(retry_at_, now));
  }
  return deadline;
}

bool GcplogPuller::wants_cut() const {
  if (oldest_ran_ == SteadyTime::max()) return false;
  return stopping_ || world_.clock.steady_now() >= oldest_ran_ + kCutWithin;
}

void GcplogPuller::begin_stop() {
  stopping_ = true;
  if (pulling_) world_.transport.cancel(tag(kPull));
  pulling_ = false;
  // It was not given yet: it comes again, to whoever pulls then.
  std::for_each(waiting_.begin(), waiting_.end(), drop);
  waiting_.clear();
}

InputStatus GcplogPuller::status() const {
  InputStatus status;
  status.ready = trouble_.empty();
  status.trouble = trouble_;
  status.details = {{"subscription", options_.project + "/" + options_.subscription},
                    {"lines", std::to_string(lines_)},
                    {"not acknowledged", std::to_string(open_.size())}};
  return status;
}

}  // namespace tailrace::receivers
