// `tailrace tap`: shows entries on their way through a daemon that runs.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/event_loop.h"
#include "base/result.h"
#include "base/text_output.h"
#include "http/local_client.h"

namespace tailrace::daemon {

struct TapOptions {
  enum class Format { kText, kJson };
  std::string selector;     // Empty: everything.
  std::string config_file;  // As the daemon's; to find the socket.
  bool expand_env = false;
  std::string socket;  // Empty: the configuration says.
  std::uint32_t rate = 100;
  Format format = Format::kText;
  std::optional<bool> stages;            // What each stage did; text: yes, JSON: no.
  std::uint64_t limit = 0;               // Entries; 0: no end.
  std::chrono::nanoseconds duration{0};  // 0: no end.
  bool help = false;
};

// Flags as for the main program; one argument may be the selector.
// Errors: kInvalid, with the words for the user.
Result<TapOptions> parse_tap_options(std::span<const char* const> arguments);
std::string tap_help_text();

// What a tap runs with.
struct TapWorld {
  const Clock& clock;
  EventLoop& loop;                    // Woken when a signal arrives.
  std::function<bool()> interrupted;  // Asked between two polls.
  TextOutput output;
  TextOutput errors;
  std::string id;  // Of the tap: no other has it.
};

// Polls `client` until a limit is reached or a signal comes. The exit status: 0, or 1 when there is
// no daemon, or it refuses.
int run_tap(const TapOptions& options, http::LocalClient& client, const TapWorld& world);

}  // namespace tailrace::daemon
