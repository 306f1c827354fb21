// Fuzzes path patterns: parsing of anything, and matching against a slow matcher.
// libraries: tailrace_tailer

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "tailer/path_glob.h"

namespace tailrace::path_glob_fuzz {
namespace {

using tailrace::tailer::PathGlob;

// Plain recursion over patterns of letters, '/', '*', '?' and "/**/"; exponential, for short texts.
bool matches_slowly(std::string_view pattern, std::string_view path) {
  if (pattern.empty()) return path.empty();
  if (pattern == "/**") {
    return path.empty() || path[0] == '/';
  }
  if (pattern.starts_with("/**/")) {
    if (matches_slowly(pattern.substr(3), path)) return true;
    if (!path.starts_with('/')) return false;
    const std::size_t slash = path.find('/', 1);
    return slash != std::string_view::npos && matches_slowly(pattern, path.substr(slash));
  }
  if (pattern[0] == '*') {
    if (matches_slowly(pattern.substr(1), path)) return true;
    return !path.empty() && path[0] != '/' && matches_slowly(pattern, path.substr(1));
  }
  if (path.empty()) return false;
  const bool one = pattern[0] == '?' ? path[0] != '/' : pattern[0] == path[0];
  return one && matches_slowly(pattern.substr(1), path.substr(1));
}

// Absolute, clean, of a few different characters, so that matches are not rare.
std::string make_path(std::string_view from, std::string_view alphabet) {
  std::string path = "/a";
  for (const char c : from) {
    const char next = alphabet[static_cast<unsigned char>(c) % alphabet.size()];
    if (next == '/' && path.back() == '/') continue;
    path += next;
  }
  if (path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t half = size / 2;
  const auto any = PathGlob::parse(text.substr(0, half), {.working_directory = "/w"});
  if (any) {
    static_cast<void>(any->matches("/" + std::string(text.substr(half))));
    TAILRACE_CHECK(any->text() == text.substr(0, half));
  }
  if (size > 24) return 0;
  const std::string pattern = make_path(text.substr(0, half), "ab/*?*");
  const std::string path = make_path(text.substr(half), "ab/");
  const auto glob = PathGlob::parse(pattern);
  TAILRACE_CHECK(glob.has_value());
  TAILRACE_CHECK(glob->matches(path) == matches_slowly(pattern, path));
  return 0;
}

}  // namespace tailrace::path_glob_fuzz
