// Frames of "<length> <priority>version time host app process id message": Heroku's own dialect of
// RFC 5424, which has no structured data.
#include "receivers/heroku_format.h"

#include <array>
#include <charconv>
#include <map>

#include "base/rfc3339.h"
#include "receivers/unpack_body.h"
#include "shippers/label_text.h"

namespace tailrace::receivers {
namespace {

constexpr auto kHerokuRoutes =
    std::to_array<PushFormat::Route>({{"/heroku/api/v1/drain", "heroku_api_v1_drain"}});

struct Frame {
  std::string_view time, host, app, process, id, message;
};

// The text up to the next blank, taken off with it.
bool take_word(std::string_view& rest, std::string_view& word) {
  const std::size_t blank = rest.find(' ');
  if (blank == std::string_view::npos || blank == 0) return false;
  word = rest.substr(0, blank);
  rest.remove_prefix(blank + 1);
  return true;
}

bool parse_frame(std::string_view text, Frame& frame) {
  std::string_view priority;
  if (!text.starts_with('<') || !take_word(text, priority)) return false;
  const std::size_t end = priority.find('>');
  if (end == std::string_view::npos || end < 2 || end + 1 == priority.size()) return false;
  if (!take_word(text, frame.time) || !take_word(text, frame.host) || !take_word(text, frame.app) ||
      !take_word(text, frame.process) || !take_word(text, frame.id)) {
    return false;
  }
  frame.message = text;
  return true;
}

// The next frame's text, taken off with its length.
bool take_frame(std::string_view& rest, std::string_view& text) {
  std::string_view digits;
  if (!take_word(rest, digits)) return false;
  std::size_t bytes = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), bytes);
  if (read.ec != std::errc{} || read.ptr != digits.data() + digits.size()) return false;
  if (bytes > rest.size()) return false;
  text = rest.substr(0, bytes);
  rest.remove_prefix(bytes);
  return true;
}

// ?a=1&a=2 is a label with "1,2".
std::map<std::string, std::string> parameters(const http::ServerRequest& request) {
  std::map<std::string, std::string> result;
  for (const auto& [name, value] : request.query_pairs) {
    const auto [at, fresh] = result.try_emplace("__heroku_drain_param_" + name, value);
    if (!fresh) at->second += "," + value;
  }
  return result;
}

}  // namespace

std::span<const PushFormat::Route> HerokuFormat::routes() const {
  return kHerokuRoutes;
}

std::optional<Refusal> HerokuFormat::decode(const http::ServerRequest& request,
                                            PushedLines& lines) {
  const auto malformed = [](std::string message) {
    return Refusal{.status = 400, .reason = "", .message = std::move(message)};
  };
  const std::string_view encoding = header_of(request, "content-encoding");
  std::string_view rest = request.body;
  if (!encoding.empty() && encoding != "identity") {
    const Status done = unpack_body(encoding, rest, options_.raw_bytes_max, raw_);
    if (!done) {
      Refusal refusal = malformed(done.error().message);
      if (done.error().code == Error::kExhausted) refusal.status = 413;
      return refusal;
    }
    rest = raw_;
  }
  const std::string_view tenant = header_of(request, "x-scope-orgid");
  const auto given = parameters(request);
  std::vector<LabelPair> common;
  for (const auto& [name, value] : given)
    common.push_back({lines.keep(name), lines.keep(value)});
  if (!tenant.empty()) common.push_back({shippers::kTenantLabel, tenant});
  while (!rest.empty()) {
    std::string_view text;
    Frame frame;
    if (!take_frame(rest, text)) return malformed("a frame's length is wrong");
    if (!parse_frame(text, frame)) return malformed("a frame is no message of Heroku's");
    const auto time = parse_rfc3339(frame.time);
    if (!time) return malformed("a time is not as RFC 3339: " + std::string(frame.time));
    lines.begin_group();
    for (const LabelPair& pair : common)
      lines.add_label(pair.name, pair.value);
    lines.add_label("__heroku_drain_host", frame.host);
    lines.add_label("__heroku_drain_app", frame.app);
    lines.add_label("__heroku_drain_proc", frame.process);
    lines.add_label("__heroku_drain_log_id", frame.id);
    lines.add_line(frame.message, options_.times == Times::kIncoming ? *time : 0);
    if (lines.full()) break;
  }
  return std::nullopt;
}

}  // namespace tailrace::receivers
