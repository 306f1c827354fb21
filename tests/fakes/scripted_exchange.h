// What a ScriptedTransport was sent, and what it answers.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "http/transport.h"

namespace tailrace::testing {

struct ScriptedSent {
  int endpoint = 0;
  http::RequestTag tag = 0;
  std::string method;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // Joined.
  std::string basic_auth;
  std::chrono::nanoseconds timeout{};
  SteadyTime at{};
  http::Request::Answer answer = http::Request::Answer::kWhole;
  std::size_t body_bytes_max = 0;
  std::string wanted_header;  // Its name.

  // The first value of a header, by its exact name; empty when there is none.
  std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return {};
  }
};

struct ScriptedReply {
  int status = 204;
  std::string body = {};
  std::string content_type = {};
  std::string error = {};  // With status 0.
  std::chrono::seconds retry_after{0};
  std::chrono::nanoseconds delay{0};
  bool too_long = false;  // With status 0.
  bool never = false;     // Hangs until reset() or its cancellation.
  std::string wanted_header = {};
};

}  // namespace tailrace::testing
