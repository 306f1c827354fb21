// Names of labels from names that others chose.
#pragma once

#include <string>
#include <string_view>

namespace tailrace::discovery {

// `prefix` and `name` behind it, in which every byte that no label may have is "_"
// (docs/compatibility.md, discovered targets).
inline std::string label_name(std::string_view prefix, std::string_view name) {
  std::string label(prefix);
  label.reserve(prefix.size() + name.size());
  for (const char c : name) {
    const bool allowed =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    label += allowed ? c : '_';
  }
  return label;
}

// "host:port", with brackets around what has colons.
inline std::string host_and_port(std::string_view host, std::string_view port) {
  std::string address;
  const bool brackets = host.find(':') != std::string_view::npos;
  if (brackets) address += '[';
  address += host;
  if (brackets) address += ']';
  address += ':';
  address += port;
  return address;
}

}  // namespace tailrace::discovery
