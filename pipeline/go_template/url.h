// URLs taken apart and put together as Go's net/url does.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tailrace::pipeline::go_template {

// The parts of a URL, percent-decoded but for `query` and `opaque`.
struct Url {
  std::string scheme;
  std::string opaque;    // What follows the scheme when that is no slash.
  std::string userinfo;  // Encoded: "name:password".
  std::string host;      // With the port.
  std::string path;
  std::string query;
  std::string fragment;

  // Without the port and the brackets of an IPv6 address.
  std::string_view hostname() const;
  std::string text() const;
};

// Nothing: Go does not take it for a URL.
std::optional<Url> parse_url(std::string_view text);

// "name:password" decoded and encoded again; nothing: it cannot stand in a URL.
std::optional<std::string> normal_userinfo(std::string_view text);

}  // namespace tailrace::pipeline::go_template
