// `tailrace tap`: polls the daemon's control socket and prints what comes.
#include "daemon/tap_command.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "config/go_duration.h"
#include "daemon/tap.h"
#include "debugger/trace_parse.h"
#include "debugger/trace_text.h"
#include "pipeline/selection.h"

namespace tailrace::daemon {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::chrono::milliseconds kPollPeriod{200};
// Signals wait for a request to end.
constexpr std::chrono::milliseconds kRequestMax{2000};
// For the last poll, when no time is left.
constexpr std::chrono::milliseconds kRequestMin{500};

Error bad_argument(std::string message) {
  return {Error::kInvalid, std::move(message)};
}

template <typename T>
Status read_number(std::string_view name, const std::string& text, T& number) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size() && number > 0) return {};
  return fail(
      bad_argument("-" + std::string(name) + " wants a number above 0, not \"" + text + "\""));
}

Status set_option(TapOptions& options, std::string_view name, const std::string& value) {
  if (name == "config.file") {
    options.config_file = value;
  } else if (name == "socket") {
    options.socket = value;
  } else if (name == "rate") {
    if (read_number(name, value, options.rate) && options.rate <= Tap::kRateMax) return {};
    return fail(bad_argument("-rate wants a number from 1 to " + std::to_string(Tap::kRateMax) +
                             ", not \"" + value + "\""));
  } else if (name == "limit") {
    return read_number(name, value, options.limit);
  } else if (name == "for") {
    const auto duration = config::parse_go_duration(value);
    if (!duration || duration->count() <= 0) {
      return fail(bad_argument("-for wants a duration (30s, 5m), not \"" + value + "\""));
    }
    options.duration = *duration;
  } else if (name == "format") {
    if (value != "text" && value != "json") return fail(bad_argument("-format wants text or json"));
    options.format = value == "json" ? TapOptions::Format::kJson : TapOptions::Format::kText;
  } else {
    return fail(bad_argument("flag provided but not defined: -" + std::string(name)));
  }
  return {};
}

// False: it is no such flag.
bool is_switch(std::string_view name) {
  return name == "help" || name == "h" || name == "stages" || name == "config.expand-env";
}

Status set_switch(TapOptions& options, std::string_view name, std::string_view value) {
  if (value != "true" && value != "false") {
    return fail(bad_argument("invalid boolean value \"" + std::string(value) + "\" for -" +
                             std::string(name)));
  }
  const bool on = value == "true";
  if (name == "stages") options.stages = on;
  if (name == "config.expand-env") options.expand_env = on;
  if (name == "help" || name == "h") options.help = on;
  return {};
}

// What a tap counts, and what it shows.
class Viewer {
 public:
  Viewer(const TapOptions& options, const TextOutput& output)
      : options_(options),
        output_(output),
        stages_(options.stages.value_or(options.format == TapOptions::Format::kText)) {}

  bool stages() const { return stages_; }
  bool done() const { return options_.limit > 0 && shown_ >= options_.limit; }

  // Errors: it is no answer of a tap.
  Status show(const std::string& body) {
    const Json answer = Json::parse(body, nullptr, false);
    if (!answer.is_object() || !answer.contains("traces")) {
      return fail(Error::kInvalid, "the daemon's answer cannot be read");
    }
    for (const Json& trace : answer["traces"]) {
      if (done()) break;
      const std::string text = trace.dump();
      if (options_.format == TapOptions::Format::kJson) {
        output_.write(text + "\n");
      } else if (const auto parsed = debugger::parse_trace(text)) {
        std::string shown = debugger::entry_text(*parsed, output_.colours);
        if (stages_) shown += debugger::inspect_text(*parsed, output_.colours) + "\n";
        output_.write(shown);
      } else {
        return fail(parsed.error());
      }
      ++shown_;
    }
    const auto number = [&answer](const char* name) {
      const auto found = answer.find(name);
      return found != answer.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
    };
    seen_ += number("seen");
    sampled_out_ += number("sampled_out");
    dropped_ += number("dropped_queue");
    return {};
  }

  std::string summary() const {
    std::string text = std::to_string(shown_) + " shown, " + std::to_string(seen_) + " seen, " +
                       std::to_string(sampled_out_) + " sampled out";
    if (dropped_ > 0) text += ", " + std::to_string(dropped_) + " not fetched in time";
    return text + "\n";
  }

 private:
  const TapOptions& options_;
  const TextOutput& output_;
  const bool stages_;
  std::uint64_t shown_ = 0;
  std::uint64_t seen_ = 0;
  std::uint64_t sampled_out_ = 0;
  std::uint64_t dropped_ = 0;
};

std::string why_not(const Error& error) {
  if (error.code == ENOENT || error.code == ECONNREFUSED) {
    return error.message +
           "\nNo daemon listens there. Does it run with this configuration, and is its "
           "control_socket not switched off?\n";
  }
  if (error.code == EACCES || error.code == EPERM) {
    return error.message + "\nThe socket is for the daemon's user only: run this as that user.\n";
  }
  if (error.code == ETIMEDOUT) return error.message + "\nThe daemon does not answer.\n";
  return error.message + "\n";
}

std::chrono::milliseconds request_time(SteadyTime now, SteadyTime end) {
  if (end - now >= kRequestMax) return kRequestMax;
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(end - now), kRequestMin);
}

std::string message_of(const http::LocalResponse& response) {
  const Json answer = Json::parse(response.body, nullptr, false);
  if (answer.is_object() && answer.contains("error") && answer["error"].is_string()) {
    return answer["error"].get<std::string>() + "\n";
  }
  return "the daemon answers with status " + std::to_string(response.status) + "\n";
}

}  // namespace

Result<TapOptions> parse_tap_options(std::span<const char* const> arguments) {
  TapOptions options;
  bool has_selector = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view text = arguments[i];
    if (text.size() < 2 || text.front() != '-') {
      if (std::exchange(has_selector, true)) {
        return fail(bad_argument("one selector is enough: put it in quotes"));
      }
      options.selector = text;
      continue;
    }
    text.remove_prefix(text.starts_with("--") ? 2 : 1);
    const std::size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    const bool has_value = equals != std::string_view::npos;
    Status set;
    if (is_switch(name)) {
      set = set_switch(options, name, has_value ? text.substr(equals + 1) : "true");
    } else if (has_value) {
      set = set_option(options, name, std::string(text.substr(equals + 1)));
    } else if (i + 1 < arguments.size()) {
      set = set_option(options, name, arguments[++i]);
    } else {
      set = fail(bad_argument("flag needs an argument: -" + std::string(name)));
    }
    if (!set) return fail(set.error());
  }
  if (const auto selection = pipeline::Selection::create(options.selector); !selection) {
    return fail(bad_argument(selection.error().message));
  }
  return options;
}

std::string tap_help_text() {
  return "tailrace tap shows entries on their way through a daemon that runs.\n\n"
         "Usage: tailrace tap [flags] [SELECTOR]\n\n"
         "The selector is as in a match stage: '{job=\"app\", level=~\"w.*\"} |= \"text\"'; "
         "without "
         "one,\nevery entry is shown. docs/how-to/tap.md says more.\n\n"
         "  -config.file=FILE   configuration of the daemon, which says where its socket is\n"
         "  -config.expand-env  replace ${VAR} in it\n"
         "  -socket=PATH        the socket, without a configuration\n"
         "  -rate=N             entries per second and worker (100; at most 1000)\n"
         "  -stages=BOOL        show what each stage did (text: true, json: false)\n"
         "  -format=text|json   readable, or one JSON object per entry (text)\n"
         "  -limit=N            end after so many entries\n"
         "  -for=DURATION       end after so long: 30s, 5m\n"
         "  -help               print this text\n\n"
         "Ctrl-C ends it. Exit status: 0; 1 when there is no daemon, it refuses or does not "
         "answer;\n"
         "2 for a wrong flag, rate or selector.\n";
}

int run_tap(const TapOptions& options, http::LocalClient& client, const TapWorld& world) {
  Viewer viewer(options, world.output);
  const std::string tap = "/tailrace/api/v1/tap?id=" + http::LocalClient::escaped(world.id);
  const std::string poll = tap + "&selector=" + http::LocalClient::escaped(options.selector) +
                           "&rate=" + std::to_string(options.rate) +
                           "&stages=" + (viewer.stages() ? "true" : "false");
  const bool endless = options.duration.count() == 0;
  const SteadyTime end = endless ? SteadyTime::max() : world.clock.steady_now() + options.duration;
  SteadyTime next = world.clock.steady_now();
  bool last = false;
  while (true) {
    client.set_timeout(request_time(world.clock.steady_now(), end));
    const auto response = client.get(poll);
    if (!response || response->status != 200) {
      world.errors.write(response ? message_of(*response) : why_not(response.error()));
      return 1;
    }
    if (const Status shown = viewer.show(response->body); !shown) {
      world.errors.write(shown.error().message + "\n");
      return 1;
    }
    if (last || viewer.done()) break;
    next = std::min(std::max(next + kPollPeriod, world.clock.steady_now()), end);
    while (world.clock.steady_now() < next && !world.interrupted()) {
      if (!world.loop.wait(world.clock, next)) break;
    }
    last = world.interrupted() || world.clock.steady_now() >= end;  // What came until now.
  }
  static_cast<void>(client.remove(tap));  // Else it goes when it is not polled.
  world.errors.write(viewer.summary());
  return 0;
}

}  // namespace tailrace::daemon
