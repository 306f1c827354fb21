// What a PushFormat makes of a request, as text.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "receivers/push_format.h"

namespace tailrace::receivers {

inline std::string shown_pairs(std::span<const LabelPair> pairs) {
  std::string text;
  for (const LabelPair& pair : pairs) {
    if (!text.empty()) text += ',';
    text += std::string(pair.name) + "=" + std::string(pair.value);
  }
  return text;
}

// "a=b,c=d|line@time{x=y}" per line.
inline std::vector<std::string> shown_lines(const PushedLines& lines) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const PushedLines::Entry& entry = lines[i];
    out.push_back(shown_pairs(lines.labels(lines.group(entry.group))) + "|" +
                  std::string(entry.text) + "@" + std::to_string(entry.time_ns) + "{" +
                  shown_pairs(lines.metadata(entry)) + "}");
  }
  return out;
}
using Shown = std::vector<std::string>;

inline http::ServerRequest push_of(std::string path, std::string type, std::string body) {
  http::ServerRequest request;
  request.method = "POST";
  request.path = std::move(path);
  request.headers["content-type"] = std::move(type);
  request.body = std::move(body);
  return request;
}

// The lines, or what was said instead.
inline std::vector<std::string> decoded(PushFormat& format, const http::ServerRequest& request) {
  PushedLines lines;
  const auto refusal = format.decode(request, lines);
  if (!refusal) return shown_lines(lines);
  return {std::to_string(refusal->status) + " " + refusal->reason + ": " + refusal->message};
}

}  // namespace tailrace::receivers
