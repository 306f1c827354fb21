// What may not be shown.
#include "config/secrets.h"

#include <algorithm>
#include <array>

#include "config/names.h"

namespace tailrace::config {

bool is_secret_key(std::string_view key) {
  const std::string lower = to_lower_ascii(key);
  if (lower.ends_with("_file") || lower.ends_with("_url")) return false;
  if (lower == "key" || lower == "cookie" || lower == "headers" || lower == "api-key" ||
      lower == "apikey" || lower == "values" || lower == "proxy_connect_header") {
    return true;
  }
  constexpr std::array<std::string_view, 6> kParts = {"password",   "secret",        "token",
                                                      "credential", "authorization", "api-key"};
  return std::any_of(kParts.begin(), kParts.end(),
                     [&](std::string_view part) { return lower.find(part) != std::string::npos; });
}

void mask_urls(std::string& text) {
  for (std::size_t begin = text.find("://"); begin != std::string::npos;
       begin = text.find("://", begin + 3)) {
    const std::size_t end = text.find_first_of(" /?#\"'", begin + 3);
    const std::size_t at = text.rfind('@', end);
    if (at != std::string::npos && at > begin + 3) text.replace(begin + 3, at - begin - 3, "***");
  }
}

}  // namespace tailrace::config
