// Windows, slices, and the lines in them.
#include "tailer/cloudflare_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/rfc3339.h"

namespace tailrace::tailer {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kSliceMinNs = 1'000'000;  // Cloudflare takes nanoseconds.
constexpr std::int64_t kKeptNs = std::chrono::nanoseconds(CloudflareReader::kKept).count();
constexpr Backoff::Options kLogpullRetry{.min = std::chrono::seconds(1),
                                         .max = std::chrono::minutes(1)};
constexpr std::chrono::minutes kRequestTimeout{2};
constexpr std::string_view kTimeField = "EdgeStartTimestamp";

// docs/compatibility.md, cloudflare: each set has those before it.
constexpr std::string_view kDefaultFields =
    "ClientIP,ClientRequestHost,ClientRequestMethod,ClientRequestURI,EdgeEndTimestamp,"
    "EdgeRequestHost,EdgeResponseBytes,EdgeResponseStatus,EdgeStartTimestamp,RayID";
constexpr std::string_view kMinimalFields =
    ",CacheCacheStatus,CacheResponseStatus,ClientCountry,ClientRequestPath,ClientRequestProtocol,"
    "ClientRequestReferer,ClientRequestUserAgent,ClientSSLProtocol,EdgeColoCode,"
    "EdgeResponseContentType,ZoneID";
constexpr std::string_view kExtendedFields =
    ",CacheResponseBytes,ClientASN,ClientIPClass,ClientSSLCipher,EdgePathingOp,EdgePathingSrc,"
    "EdgePathingStatus,OriginIP,OriginResponseHTTPExpires,OriginResponseHTTPLastModified,"
    "OriginResponseStatus,OriginSSLProtocol,ParentRayID,WorkerCPUTime,WorkerStatus,"
    "WorkerSubrequest,WorkerSubrequestCount";
constexpr std::string_view kAllFields =
    ",BotScore,BotScoreSrc,BotTags,CacheTieredFill,ClientDeviceType,ClientRequestBytes,"
    "ClientRequestSource,ClientSrcPort,ClientXRequestedWith,EdgeColoID,"
    "EdgeResponseCompressionRatio,EdgeServerIP,FirewallMatchesActions,FirewallMatchesRuleIDs,"
    "FirewallMatchesSources,OriginResponseBytes,OriginResponseTime,RequestHeaders,"
    "ResponseHeaders,WAFFlags,WAFMatchedVar";

const LabelSet& intern_fixed(const config::TextPairs& labels, LabelSetTable& table) {
  std::vector<LabelPair> pairs;
  for (const auto& [name, value] : labels) {
    if (!name.starts_with("__") && !value.empty()) pairs.push_back({name, value});
  }
  const LabelSet sorted(pairs);
  return table.intern(sorted.pairs());
}

http::EndpointOptions logpull_endpoint() {
  http::EndpointOptions options;
  options.proxy_from_environment = true;
  return options;
}

// Takes a number off the front of a blank-separated text.
template <typename T>
bool take_number(std::string_view& text, T& number) {
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  return true;
}

// `line` has simdjson's padding behind it. 0: it does not say.
std::int64_t edge_time(simdjson::ondemand::parser& parser, std::string_view line) {
  simdjson::ondemand::document document;
  const simdjson::padded_string_view padded(line.data(), line.size(),
                                            line.size() + simdjson::SIMDJSON_PADDING);
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS) return 0;
  simdjson::ondemand::value value;
  if (document[kTimeField].get(value) != simdjson::SUCCESS) return 0;
  std::int64_t time = 0;
  if (value.get(time) == simdjson::SUCCESS) return std::max<std::int64_t>(time, 0);
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return 0;
  return parse_rfc3339(text).value_or(0);
}

}  // namespace

std::string cloudflare_fields(const config::CloudflareConfig& cloudflare) {
  using Type = config::CloudflareConfig::FieldsType;
  const Type type = cloudflare.fields_type;
  std::string fields;
  if (type != Type::kCustom) fields += kDefaultFields;
  if (type == Type::kMinimal || type == Type::kExtended || type == Type::kAll)
    fields += kMinimalFields;
  if (type == Type::kExtended || type == Type::kAll) fields += kExtendedFields;
  if (type == Type::kAll) fields += kAllFields;
  for (const std::string& field : cloudflare.additional_fields) {
    if (("," + fields + ",").find("," + field + ",") != std::string::npos) continue;
    if (!fields.empty()) fields += ',';
    fields += field;
  }
  return fields;
}

CloudflareReader::CloudflareReader(Options options, const World& world)
    : options_(std::move(options)),
      world_(world),
      labels_(intern_fixed(options_.cloudflare.labels, world.label_sets)),
      fields_(cloudflare_fields(options_.cloudflare)),
      endpoint_(world.transport.add_endpoint(logpull_endpoint())),
      entries_(world.metrics.counter("promtail_cloudflare_target_entries_total",
                                     "Total number of successful entries sent via the cloudflare "
                                     "target")),
      last_end_(
          world.metrics.gauge("promtail_cloudflare_target_last_requested_end_timestamp",
                              "The last cloudflare request end timestamp fetched. This allows "
                              "to calculate how far the target is behind.")),
      skipped_seconds_(world.metrics.counter("tailrace_cloudflare_skipped_seconds_total",
                                             "Time whose logs Cloudflare did not have any more")),
      random_(options_.id),
      backoff_(kLogpullRetry, random_) {
  labels_.pin();
  resume();
}

CloudflareReader::~CloudflareReader() {
  world_.transport.remove_endpoint(endpoint_);
  labels_.unpin();
}

// Promtail's, or a person's, position wins over ours; without any it is the last minute but one.
void CloudflareReader::resume() {
  std::string_view cursor;
  if (options_.stored_cursor) {
    cursor = *options_.stored_cursor;
  } else if (options_.resume) {
    cursor = options_.resume->cursor;
  }
  std::int64_t position = 0;
  if (take_number(cursor, position) && position > 0) {
    from_ = position - range_ns();
  } else {
    const std::int64_t now = unix_nanoseconds(world_.clock.wall_now());
    from_ = now - std::chrono::nanoseconds(kDelay).count() - range_ns();
  }
  if (options_.resume) lines_ = options_.resume->position;
  if (options_.resume && !options_.stored_cursor) resume_details(options_.resume->cursor_details);
}

// "from", then "end time hash equal" of each mark: another pull_range moves the cursor, but not
// these.
void CloudflareReader::resume_details(std::string_view details) {
  std::int64_t from = 0;
  if (!take_number(details, from)) return;
  from_ = from;
  Mark mark;
  while (take_number(details, mark.end) && take_number(details, mark.time_ns) &&
         take_number(details, mark.hash) && take_number(details, mark.equal)) {
    if (mark.end > from_) resumed_.push_back(mark);
  }
}

void CloudflareReader::fill_resume_point(ResumePoint& point) const {
  point.source = options_.id;
  point.kind = SourceKind::kCloudflare;
  point.job = options_.job;
  point.path = "cursor-" + options_.cloudflare.zone_id;
  point.position = lines_;
  point.cursor = std::to_string(from_ + range_ns());
  point.cursor_details = std::to_string(from_);
  const auto append = [&](const Mark& mark) {
    fmt::format_to(std::back_inserter(point.cursor_details), " {} {} {} {}", mark.end, mark.time_ns,
                   mark.hash, mark.equal);
  };
  if (mark_.end != 0) append(mark_);
  std::for_each(resumed_.begin(), resumed_.end(), append);
}

// --- pulling ---

void CloudflareReader::skip_what_is_gone(std::int64_t now_ns) {
  const std::int64_t oldest = now_ns - kKeptNs + 60 * kNsPerSecond;
  if (from_ >= oldest) return;
  const std::int64_t seconds = (oldest - from_) / kNsPerSecond;
  skipped_seconds_.add(static_cast<double>(seconds));
  world_.log.error("cloudflare: logs are too old to be pulled; they are lost",
                   {{"job", options_.job}, {"seconds", std::to_string(seconds)}});
  from_ = oldest;
  resumed_.clear();
}

// Where the next window ends; first of all the slices that were at hand before a restart.
std::int64_t CloudflareReader::next_end() const {
  std::int64_t end = from_ + range_ns();
  for (const Mark& mark : resumed_)
    end = std::min(end, mark.end);
  return end;
}

// The next window in slices, when it is over long enough.
void CloudflareReader::plan_slices() {
  if (stopping_) return;
  const std::int64_t now = unix_nanoseconds(world_.clock.wall_now());
  // Planned, and refused until it was too old: it would be refused for ever.
  const bool in_flight = std::any_of(slices_.begin(), slices_.end(), [](const auto& slice) {
    return slice->state == Slice::State::kInFlight;
  });
  if (!slices_.empty() && slices_.front()->state == Slice::State::kDue && !in_flight &&
      slices_.front()->begin < now - kKeptNs) {
    slices_.clear();
  }
  if (!slices_.empty()) return;
  skip_what_is_gone(now);
  const std::int64_t end = next_end();
  if (now < end + std::chrono::nanoseconds(kDelay).count()) return;
  const std::int64_t count = resumed_.empty() ? options_.cloudflare.workers : 1;
  const std::int64_t step = std::max((end - from_) / count, kNsPerSecond);
  for (std::int64_t begin = from_; begin < end;) {
    // The last has what is left over by the division.
    const bool last = begin + 2 * step > end;
    auto slice = std::make_unique<Slice>();
    slice->begin = begin;
    slice->end = last ? end : begin + step;
    begin = slice->end;
    slices_.push_back(std::move(slice));
  }
}

std::ptrdiff_t CloudflareReader::sendable() const {
  return std::min(static_cast<std::ptrdiff_t>(options_.cloudflare.workers), std::ssize(slices_));
}

void CloudflareReader::send_due(SteadyTime now) {
  if (now < retry_at_) return;
  for (std::ptrdiff_t i = 0; i < sendable(); ++i) {
    Slice& slice = *slices_[static_cast<std::size_t>(i)];
    if (slice.state != Slice::State::kDue) continue;
    slice.state = Slice::State::kInFlight;
    slice.tag = (std::uint64_t{static_cast<std::uint32_t>(endpoint_)} << 32U) | ++requests_;
    http::Request request;
    request.method = "GET";
    request.url = fmt::format(
        "{}/zones/{}/logs/received?start={}&end={}&timestamps=unixnano&fields={}",
        options_.cloudflare.api_url, options_.cloudflare.zone_id, slice.begin, slice.end, fields_);
    request.headers = {{"Authorization", "Bearer " + options_.cloudflare.api_token}};
    request.timeout = kRequestTimeout;
    request.body_bytes_max =
        kBodiesBytesMax / static_cast<std::size_t>(options_.cloudflare.workers);
    world_.transport.submit(endpoint_, slice.tag, request);
    last_end_.set(static_cast<double>(slice.end / kNsPerSecond));
  }
}

void CloudflareReader::take_answers(SteadyTime now) {
  for (http::Completion& completion : world_.transport.take_completions(endpoint_)) {
    const auto found = std::find_if(slices_.begin(), slices_.end(), [&](const auto& slice) {
      return slice->state == Slice::State::kInFlight && slice->tag == completion.tag;
    });
    if (found != slices_.end()) take_answer(**found, std::move(completion.response), now);
  }
}

void CloudflareReader::take_answer(Slice& slice, http::Response response, SteadyTime now) {
  if (response.status == 200) {
    slice.state = Slice::State::kPulled;
    slice.body = std::move(response.body);
    parse(slice);
    backoff_.reset();
    trouble_.clear();
    return;
  }
  slice.state = Slice::State::kDue;
  if (response.too_long && slice.end - slice.begin >= 2 * kSliceMinNs) return halve(slice);
  trouble_ = response.status == 0 ? response.error
                                  : fmt::format("the API answers {}: {}", response.status,
                                                response.body.substr(0, 200));
  world_.log.warn("cloudflare: a request failed; it is tried again",
                  {{"job", options_.job}, {"error", trouble_}});
  retry_at_ = now + std::max<std::chrono::nanoseconds>(backoff_.next(), response.retry_after);
}

void CloudflareReader::halve(Slice& slice) {
  const auto at = std::find_if(slices_.begin(), slices_.end(),
                               [&](const auto& each) { return each.get() == &slice; });
  auto second = std::make_unique<Slice>();
  second->begin = slice.begin + (slice.end - slice.begin) / 2;
  second->end = slice.end;
  slice.end = second->begin;
  slices_.insert(at + 1, std::move(second));
}

// --- lines ---

void CloudflareReader::parse(Slice& slice) {
  simdjson::ondemand::parser parser;
  slice.body.reserve(slice.body.size() + simdjson::SIMDJSON_PADDING);
  std::string_view rest = slice.body;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view text = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (text.ends_with('\r'))
      text.remove_suffix(1);
    if (!text.empty()) slice.lines.push_back({edge_time(parser, text), hash_text(text, 0), text});
  }
  const auto key = [](const PulledLine& line) { return std::pair(line.time_ns, line.hash); };
  std::stable_sort(slice.lines.begin(), slice.lines.end(),
                   [&](const PulledLine& a, const PulledLine& b) { return key(a) < key(b); });
  for (const Mark& mark : resumed_) {
    if (slice.end <= mark.end) skip_run(slice, mark);
  }
}

// The slice, or the one that it is a part of, had run up to this mark.
void CloudflareReader::skip_run(Slice& slice, const Mark& mark) const {
  const std::pair done(mark.time_ns, mark.hash);
  std::uint64_t equal = mark.equal;
  std::size_t run = 0;
  for (; run < slice.lines.size(); ++run) {
    const std::pair at(slice.lines[run].time_ns, slice.lines[run].hash);
    if (at > done || (at == done && equal == 0)) break;
    if (at == done) --equal;
  }
  slice.consumed = std::max(slice.consumed, run);
}

// Slices that have run wholly go, but the last block's lines stay where they are.
void CloudflareReader::leave_consumed() {
  while (!slices_.empty() && slices_.front()->state == Slice::State::kPulled &&
         slices_.front()->consumed == slices_.front()->lines.size()) {
    Slice& front = *slices_.front();
    from_ = front.end;
    mark_ = {};
    std::erase_if(resumed_, [&](const Mark& mark) { return mark.end <= from_; });
    if (given_ != 0) last_ = std::move(slices_.front());
    given_ = 0;
    slices_.pop_front();
  }
}

Result<Source::Outcome> CloudflareReader::read(ReadBuffer& /*buffer*/, LineBlock& block) {
  if (stopping_) return Outcome::kEnded;
  leave_consumed();
  last_.reset();
  given_ = 0;
  if (slices_.empty() || slices_.front()->state != Slice::State::kPulled) return Outcome::kUpToDate;
  const Slice& slice = *slices_.front();
  std::size_t bytes = 0;
  for (std::size_t i = slice.consumed; i < slice.lines.size(); ++i) {
    const PulledLine& pulled = slice.lines[i];
    bytes += pulled.text.size();
    if (given_ != 0 && bytes > ReadBuffer::kDefaultBytes) break;
    Line line;
    line.text = pulled.text.substr(0, options_.line_bytes_max);
    line.cut_short = pulled.text.size() > options_.line_bytes_max;
    line.begin = lines_ + given_;
    line.next = line.begin + 1;
    line.time_ns = pulled.time_ns;
    block.lines.push_back(line);
    ++given_;
  }
  return given_ == 0 ? Outcome::kUpToDate : Outcome::kLines;
}

void CloudflareReader::consume(const Line& last) {
  Slice& slice = *slices_.front();
  const std::uint64_t count = last.next - lines_;
  for (std::uint64_t i = 0; i < count; ++i) {
    const PulledLine& line = slice.lines[slice.consumed++];
    const bool same = mark_.time_ns == line.time_ns && mark_.hash == line.hash;
    mark_ = {slice.end, line.time_ns, line.hash, same ? mark_.equal + 1 : 1};
  }
  lines_ = last.next;
  entries_.add(static_cast<double>(count));
  leave_consumed();
}

// --- the worker's turns ---

void CloudflareReader::poll(SteadyTime now) {
  if (stopping_) return;
  take_answers(now);
  leave_consumed();
  plan_slices();
  send_due(now);
}

bool CloudflareReader::ready() const {
  return stopping_ || (!slices_.empty() && slices_.front()->state == Slice::State::kPulled);
}

SteadyTime CloudflareReader::next_deadline() const {
  if (stopping_) return SteadyTime::max();
  SteadyTime deadline = world_.transport.next_deadline();
  if (slices_.empty()) {
    const std::int64_t wait = next_end() + std::chrono::nanoseconds(kDelay).count() -
                              unix_nanoseconds(world_.clock.wall_now());
    deadline = std::min(deadline, world_.clock.steady_now() +
                                      std::chrono::nanoseconds(std::max<std::int64_t>(wait, 0)));
  } else if (std::any_of(slices_.begin(), slices_.begin() + sendable(),
                         [](const auto& slice) { return slice->state == Slice::State::kDue; })) {
    deadline = std::min(deadline, std::max(retry_at_, world_.clock.steady_now()));
  }
  return deadline;
}

void CloudflareReader::begin_stop() {
  stopping_ = true;
  for (const auto& slice : slices_) {
    if (slice->state == Slice::State::kInFlight) world_.transport.cancel(slice->tag);
  }
}

InputStatus CloudflareReader::status() const {
  InputStatus status;
  status.ready = trouble_.empty();
  status.trouble = trouble_;
  const std::int64_t behind = unix_nanoseconds(world_.clock.wall_now()) - from_;
  status.details = {{"zone", options_.cloudflare.zone_id},
                    {"seconds behind", std::to_string(behind / kNsPerSecond)},
                    {"lines", std::to_string(lines_)}};
  return status;
}

}  // namespace tailrace::tailer
