// Requests of the playground: any bytes, and stages and lines within a request that is well formed.
// libraries: tailrace_debugger
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/clock.h"
#include "debugger/playground.h"

namespace tailrace::playground_fuzz {

// The first line feed behind a NUL byte parts stages from lines; without a NUL it is a request.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const tailrace::SystemClock clock;
  const tailrace::debugger::PlayWorld world{clock, {}};
  const std::size_t end = text.find('\0');
  std::string request(text);
  if (end != std::string_view::npos) {
    nlohmann::json json{{"stages", text.substr(0, end)}, {"labels", {{"job", "x"}}}};
    json["lines"] = nlohmann::json::array();
    for (std::size_t begin = end + 1; begin < text.size();) {
      const std::size_t newline = std::min(text.find('\n', begin), text.size());
      json["lines"].push_back(text.substr(begin, newline - begin));
      begin = newline + 1;
    }
    request = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  const auto answer = tailrace::debugger::play(request, world);
  TAILRACE_CHECK(answer.status == 200 || answer.status == 400);
  const auto json = nlohmann::json::parse(answer.json, nullptr, false);
  TAILRACE_CHECK(json.is_object());
  // Faults and results exclude each other.
  if (answer.status == 400) {
    TAILRACE_CHECK(json.contains("error"));
    return 0;
  }
  bool failed = false;
  for (const auto& diagnostic : json["diagnostics"])
    failed = failed || diagnostic["severity"] == "error";
  TAILRACE_CHECK(failed != json.contains("traces"));
  return 0;
}

}  // namespace tailrace::playground_fuzz
