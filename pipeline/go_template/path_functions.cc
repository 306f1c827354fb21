// Template functions for paths and URLs.
#include <algorithm>
#include <array>
#include <string>

#include "pipeline/go_template/functions.h"
#include "pipeline/go_template/url.h"

namespace tailrace::pipeline::go_template {
namespace {

// Go's path.Clean.
std::string cleaned(std::string_view path) {
  const bool rooted = path.starts_with('/');
  std::string out;
  std::size_t ups = 0;  // Leading ".." that nothing takes back.
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (part.empty() || part == ".") continue;
    const std::size_t fixed = ups == 0 ? 0 : ups * 3 - 1;
    if (part != "..") {
      if (!out.empty()) out += '/';
      out += part;
    } else if (out.size() > fixed) {
      const std::size_t slash = out.rfind('/');
      out.resize(slash == std::string::npos || slash < fixed ? fixed : slash);
    } else if (!rooted) {
      if (!out.empty()) out += '/';
      out += "..";
      ++ups;
    }
  }
  if (rooted) out.insert(0, 1, '/');
  return out.empty() ? "." : out;
}

bool clean(Call& call) {
  call.runtime.start_text() = cleaned(call.args[0].text);
  return call.return_scratch();
}
bool dir(Call& call) {
  const std::string_view path = call.args[0].text;
  const std::size_t slash = path.rfind('/');
  call.runtime.start_text() =
      cleaned(slash == std::string_view::npos ? "" : path.substr(0, slash + 1));
  return call.return_scratch();
}
bool base(Call& call) {
  std::string_view path = call.args[0].text;
  if (path.empty()) return call.return_text(".");
  while (path.ends_with('/'))
    path.remove_suffix(1);
  if (path.empty()) return call.return_text("/");
  return call.return_text(path.substr(path.rfind('/') + 1));
}
bool extension(Call& call) {
  const std::string_view path = call.args[0].text;
  const std::size_t dot = path.find_last_of("./");
  const bool has = dot != std::string_view::npos && path[dot] == '.';
  return call.return_text(has ? path.substr(dot) : "");
}

bool is_absolute(Call& call) {
  return call.return_bool(call.args[0].text.starts_with('/'));
}

bool url_parse(Call& call) {
  const auto url = parse_url(call.args[0].text);
  if (!url.has_value()) return false;
  Map* const map = make_map(call.arena, 8);
  const auto set = [&](std::string_view key, std::string_view text) {
    put(*map, key, Value::of_text(call.arena.copy(text)), call.arena);
  };
  set("scheme", url->scheme);
  set("host", url->host);
  set("hostname", url->hostname());
  set("path", url->path);
  set("query", url->query);
  set("opaque", url->opaque);
  set("fragment", url->fragment);
  set("userinfo", url->userinfo);
  call.result = Value::of_map(map);
  return true;
}

// What is missing is empty; what is no text is an error.
bool url_join(Call& call) {
  if (call.args[0].map->element != Element::kAny) return false;
  Url url;
  const std::pair<std::string_view, std::string*> parts[] = {
      {"scheme", &url.scheme},     {"host", &url.host},     {"path", &url.path},
      {"query", &url.query},       {"opaque", &url.opaque}, {"fragment", &url.fragment},
      {"userinfo", &url.userinfo},
  };
  for (const auto& [key, part] : parts) {
    const Value* const value = find(*call.args[0].map, key);
    if (value == nullptr) continue;
    if (!value->is_text()) return false;
    *part = value->text;
  }
  auto userinfo = normal_userinfo(url.userinfo);
  if (!userinfo.has_value()) return false;
  url.userinfo = std::move(*userinfo);
  call.runtime.start_text() = url.text();
  return call.return_scratch();
}

constexpr auto kPathFunctions = std::to_array<Function>({
    {"base", "s", base},
    {"dir", "s", dir},
    {"ext", "s", extension},
    {"clean", "s", clean},
    {"isAbs", "s", is_absolute},
    {"osBase", "s", base},
    {"osDir", "s", dir},
    {"osExt", "s", extension},
    {"osClean", "s", clean},
    {"osIsAbs", "s", is_absolute},
    {"urlParse", "s", url_parse},
    {"urlJoin", "m", url_join},
});

}  // namespace

std::span<const Function> path_functions() {
  return kPathFunctions;
}

}  // namespace tailrace::pipeline::go_template
