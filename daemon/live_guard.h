// Who may look at what lies below /tailrace/ (docs/how-to/tap.md, who may look).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "http/server.h"

namespace tailrace::daemon {

// What an answer shows.
enum class LiveShows {
  kState,  // Targets, files, pages: what /targets and /config show, too.
  kLines,  // Log lines.
};

struct LiveGuardOptions {
  std::vector<std::string> hosts;  // In lower case: names, beside localhost, that a Host may have.
  bool remote = false;             // The pages were told to listen where other machines reach them.
  bool remote_lines = false;
};

LiveGuardOptions live_guard_options(const config::Config& config, std::string_view host_name);

// Why a request is answered with 403, for its sender; nothing: it is not. What comes by the local
// socket may do everything.
std::optional<std::string> live_refusal(const http::ServerRequest& request,
                                        const LiveGuardOptions& options, LiveShows shows);

// What browsers are told about every answer: not kept, not guessed at, and pages may only load from
// here. Headers that are there already stay.
void add_live_headers(http::ServerResponse& response);

}  // namespace tailrace::daemon
