// A small Loki to look at what is sent.
#include "daemon/receive_command.h"

#include <unistd.h>

#include <charconv>
#include <csignal>
#include <optional>
#include <utility>

#include "base/text_output.h"
#include "http/microhttpd_server.h"
#include "shippers/print_shipper.h"

namespace tailrace::daemon {
namespace {

constexpr std::uint64_t kBodyBytesMax = 64U << 20U;
constexpr std::uint64_t kRawBytesMax = 256U << 20U;

std::optional<int> parse_number(std::string_view text, int low, int high) {
  int value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
  if (value < low || value > high) return std::nullopt;
  return value;
}

Error bad(std::string message) {
  return {Error::kInvalid, std::move(message)};
}

void append_json(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    } else {
      out += c;
    }
  }
  out += '"';
}

// Nanoseconds since 1970, also those that do not fit 64 bits.
std::string nanoseconds_text(const Timestamp& time) {
  const bool negative = time.seconds < 0;
  std::int64_t seconds = negative ? -time.seconds : time.seconds;
  std::int64_t rest = time.nanoseconds;
  if (negative && rest != 0) {
    --seconds;
    rest = Timestamp::kPerSecond - rest;
  }
  if (seconds == 0) return (negative ? "-" : "") + std::to_string(rest);
  const std::string digits = std::to_string(Timestamp::kPerSecond + rest).substr(1);
  return (negative ? "-" : "") + std::to_string(seconds) + digits;
}

std::string json_line(const receivers::PushedEntry& entry) {
  std::string out = "{\"time\":\"" + nanoseconds_text(entry.time) + "\",\"labels\":";
  append_json(out, entry.labels);
  out += ",\"line\":";
  append_json(out, entry.line);
  if (!entry.metadata.empty()) {
    out += ",\"metadata\":{";
    bool first = true;
    for (const auto& [name, value] : entry.metadata) {
      if (!std::exchange(first, false)) out += ',';
      append_json(out, name);
      out += ':';
      append_json(out, value);
    }
    out += '}';
  }
  return out + "}\n";
}

Status set_option(ReceiveOptions& options, std::string_view name, const std::string& value) {
  if (name == "listen") {
    const std::size_t colon = value.rfind(':');
    const auto port = parse_number(std::string_view(value).substr(colon + 1), 0, 65535);
    if (colon == std::string::npos || !port) return fail(bad("-listen wants ADDRESS:PORT"));
    options.address = value.substr(0, colon);
    if (options.address.starts_with('[') && options.address.ends_with(']')) {  // [::1]:3100
      options.address = options.address.substr(1, options.address.size() - 2);
    }
    options.port = static_cast<std::uint16_t>(*port);
  } else if (name == "keep") {
    const auto keep = parse_number(value, 0, 10'000'000);
    if (!keep) return fail(bad("-keep wants a number of entries"));
    options.keep = static_cast<std::size_t>(*keep);
  } else if (name == "status") {
    const auto status = parse_number(value, 200, 599);
    if (!status) return fail(bad("-status wants an HTTP status from 200 to 599"));
    options.answer_status = *status;
  } else if (name == "output") {
    if (value == "text") {
      options.output = ReceiveOptions::Output::kText;
    } else if (value == "json") {
      options.output = ReceiveOptions::Output::kJson;
    } else {
      return fail(bad("-output wants text or json"));
    }
  } else {
    return fail(bad("flag provided but not defined: -" + std::string(name)));
  }
  return {};
}

}  // namespace

Result<ReceiveOptions> parse_receive_options(std::span<const char* const> arguments) {
  ReceiveOptions options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view text = arguments[i];
    if (text.size() < 2 || text.front() != '-') {
      return fail(bad("unexpected argument: " + std::string(text)));
    }
    text.remove_prefix(text.starts_with("--") ? 2 : 1);
    const std::size_t equals = text.find('=');
    const std::string name(text.substr(0, equals));
    if (name == "help" || name == "h") {
      options.help = true;
      continue;
    }
    std::string value;
    if (equals != std::string_view::npos) {
      value = text.substr(equals + 1);
    } else if (i + 1 < arguments.size()) {
      value = arguments[++i];
    } else {
      return fail(bad("flag needs an argument: -" + name));
    }
    if (Status set = set_option(options, name, value); !set) return fail(set.error());
  }
  return options;
}

std::string receive_help_text() {
  return "tailrace receive takes what is pushed to Loki and prints it.\n\n"
         "  -listen=ADDRESS:PORT   where it listens (127.0.0.1:3100); port 0 takes any free one\n"
         "  -output=text|json      readable lines, or one JSON object per entry (text)\n"
         "  -status=CODE           answer pushes with this status and keep nothing, to rehearse\n"
         "                         failures (204)\n"
         "  -keep=N                entries kept for GET /entries (1000)\n"
         "\nPOST /loki/api/v1/push takes protobuf in snappy and JSON, gzip or not; GET /ready says "
         "ready.\n";
}

PushReceiver::PushReceiver(ReceiveOptions options, std::function<void(std::string_view)> print)
    : options_(std::move(options)), print_(std::move(print)) {}

std::uint64_t PushReceiver::entries() const {
  const MutexLock lock(mutex_);
  return entries_;
}

http::ServerResponse PushReceiver::answer(const http::ServerRequest& request) {
  http::ServerResponse response;
  if (request.path == "/ready") {
    response.body = "ready\n";
    return response;
  }
  if (request.path == "/entries" && request.method == "GET") {
    response.content_type = "application/x-ndjson";
    const MutexLock lock(mutex_);
    for (const receivers::PushedEntry& entry : last_)
      response.body += json_line(entry);
    return response;
  }
  if (request.path == "/loki/api/v1/push" || request.path == "/api/prom/push") {
    if (request.method == "POST") return push(request);
    response.status = 405;
    response.body = "push with POST\n";
    return response;
  }
  response.status = 404;
  response.body = "404 page not found\n";
  return response;
}

http::ServerResponse PushReceiver::push(const http::ServerRequest& request) {
  http::ServerResponse response;
  if (options_.answer_status != 204) {
    response.status = options_.answer_status;
    response.body = "rehearsal: every push is answered like this\n";
    return response;
  }
  const auto header = [&request](const char* name) -> std::string_view {
    const auto found = request.headers.find(name);
    return found == request.headers.end() ? std::string_view{} : std::string_view(found->second);
  };
  Result<std::vector<receivers::PushedEntry>> entries = receivers::decode_push_request(
      header("content-type"), header("content-encoding"), request.body, kRawBytesMax);
  if (!entries) {
    response.status = 400;
    response.body = entries.error().message + "\n";
    return response;
  }
  std::string text;
  for (const receivers::PushedEntry& entry : *entries)
    text += render(entry);
  print_(text);
  const MutexLock lock(mutex_);
  entries_ += entries->size();
  for (receivers::PushedEntry& entry : *entries) {
    last_.push_back(std::move(entry));
    if (last_.size() > options_.keep) last_.pop_front();
  }
  response.status = 204;
  return response;
}

std::string PushReceiver::render(const receivers::PushedEntry& entry) const {
  if (options_.output == ReceiveOptions::Output::kJson) return json_line(entry);
  const bool colour = options_.output == ReceiveOptions::Output::kColour;
  std::string out = colour ? "\x1b[34m" : "";
  out += shippers::dry_run_time(entry.time);
  out += colour ? "\x1b[0m \x1b[33m" : " ";
  out += entry.labels;
  out += colour ? "\x1b[0m " : " ";
  out += entry.line;
  for (const auto& [name, value] : entry.metadata)
    out += "  " + name + "=" + value;
  return out + "\n";
}

int run_receive(const ReceiveOptions& options) {
  PushReceiver receiver(options, [](std::string_view text) { write_text(STDOUT_FILENO, text); });
  http::MicrohttpdServer::Options server_options;
  server_options.address = options.address;
  server_options.port = options.port;
  server_options.body_bytes_max = kBodyBytesMax;
  auto server = http::MicrohttpdServer::create(
      server_options,
      [&receiver](const http::ServerRequest& request) { return receiver.answer(request); });
  if (!server) {
    write_text(STDERR_FILENO, server.error().message + "\n");
    return 1;
  }
  write_text(STDERR_FILENO, "receiving on http://" + options.address + ":" +
                                std::to_string((*server)->port()) + "/loki/api/v1/push\n");
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  int signal = 0;
  sigwait(&signals, &signal);
  server->reset();
  write_text(STDERR_FILENO, std::to_string(receiver.entries()) + " entries received\n");
  return 0;
}

}  // namespace tailrace::daemon
