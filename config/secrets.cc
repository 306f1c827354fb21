// What may not be shown.
#include "config/secrets.h"

#include <algorithm>
#include <array>

#include "config/names.h"

namespace tailrace::config {

namespace {

// What the names in a query are made of.
constexpr std::string_view kNameBytes =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

}  // namespace

bool is_secret_key(std::string_view key) {
  const std::string lower = to_lower_ascii(key);
  if (lower.ends_with("_file") || lower.ends_with("_url")) return false;
  if (lower == "key" || lower == "cookie" || lower == "headers" || lower == "api-key" ||
      lower == "apikey" || lower == "values" || lower == "proxy_connect_header") {
    return true;
  }
  constexpr std::array<std::string_view, 10> kParts = {
      "password",   "passwd",        "passphrase", "secret",     "token",
      "credential", "authorization", "api-key",    "access_key", "connection_string"};
  return std::any_of(kParts.begin(), kParts.end(),
                     [&](std::string_view part) { return lower.find(part) != std::string::npos; });
}

bool is_secret_value(std::string_view text) {
  return text.find("PRIVATE KEY-----") != std::string_view::npos ||
         text.find("SharedAccessKey=") != std::string_view::npos;
}

bool is_url_key(std::string_view key) {
  const std::string lower = to_lower_ascii(key);
  return lower == "url" || lower.ends_with("_url");
}

std::string shown_url(std::string_view url) {
  // Without a scheme it is taken for http, so a user may stand at its beginning.
  const std::size_t slashes = url.find("//");
  const std::size_t begin =
      slashes != std::string_view::npos &&
              url.substr(0, slashes).find_first_of("/?#@") == std::string_view::npos
          ? slashes + 2
          : 0;
  std::string shown(url);
  if (const std::size_t query = shown.find('?', begin); query != std::string::npos) {
    shown.replace(query, std::string::npos, "?***");
  }
  const std::size_t end = shown.find_first_of("/?#", begin);
  const std::size_t at = shown.substr(0, end).rfind('@');
  if (at != std::string::npos && at >= begin) shown.replace(begin, at - begin, "***");
  return shown;
}

void mask_urls(std::string& text) {
  for (std::size_t begin = text.find("://"); begin != std::string::npos;
       begin = text.find("://", begin + 3)) {
    const std::size_t end = text.find_first_of(" \t\n", begin + 3);
    const std::size_t at = text.rfind('@', end);
    if (at != std::string::npos && at > begin + 3) text.replace(begin + 3, at - begin - 3, "***");
  }
}

void mask_urls_and_queries(std::string& text) {
  mask_urls(text);
  for (std::size_t begin = text.find("://"); begin != std::string::npos;
       begin = text.find("://", begin + 3)) {
    const std::size_t end = std::min(text.find_first_of(" \t\n\"'", begin), text.size());
    for (std::size_t at = text.find('?', begin); at < end; at = text.find('?', at + 1)) {
      std::size_t name = at + 1;
      while (name < end && kNameBytes.find(text[name]) != std::string_view::npos)
        ++name;
      if (name == at + 1 || name >= end || text[name] != '=') continue;
      text.replace(at + 1, end - at - 1, "***");
      break;
    }
  }
}

}  // namespace tailrace::config
