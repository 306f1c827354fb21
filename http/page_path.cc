// Paths of pages below a prefix.
#include "http/page_path.h"

namespace tailrace::http {

std::string normal_prefix(std::string_view prefix) {
  while (prefix.ends_with('/'))
    prefix.remove_suffix(1);
  if (prefix.empty() || prefix.front() == '/') return std::string(prefix);
  return "/" + std::string(prefix);
}

std::optional<std::string_view> below_prefix(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return std::nullopt;
  path.remove_prefix(prefix.size());
  if (!path.starts_with('/')) return std::nullopt;
  return path;
}

}  // namespace tailrace::http
