// The files of the live page, which are part of the program.
#pragma once

#include <span>
#include <string_view>

namespace tailrace::daemon {

struct LiveAsset {
  std::string_view path;  // "/tailrace/live.js"
  std::string_view content_type;
  std::string_view body;
};

// Those of daemon/live/. They ask for nothing from elsewhere.
std::span<const LiveAsset> live_assets();

}  // namespace tailrace::daemon
