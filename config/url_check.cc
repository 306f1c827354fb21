// URLs: the checks of Go's URL parser that a configuration can meet.
#include "config/url_check.h"

#include <algorithm>

#include <fmt/format.h>

namespace tailrace::config {
namespace {

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_scheme_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_scheme_byte(char c) {
  return is_scheme_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

bool is_user_byte(char c) {
  return is_scheme_letter(c) || (c >= '0' && c <= '9') ||
         std::string_view("-._~!$&'()*+,;=:%@").find(c) != std::string_view::npos;
}

// "%41" is refused in a host: only `%` itself and bytes of other scripts may be written so.
bool has_needless_escape(std::string_view host) {
  for (std::size_t i = host.find('%'); i != std::string_view::npos; i = host.find('%', i + 1)) {
    if (host.substr(i, 3) != "%25" && i + 1 < host.size() && host[i + 1] < '8') return true;
  }
  return false;
}

std::optional<std::string> find_authority_fault(std::string_view authority) {
  const std::size_t at = authority.rfind('@');
  std::string_view host = authority.substr(at == std::string_view::npos ? 0 : at + 1);
  if (at != std::string_view::npos &&
      !std::all_of(authority.begin(), authority.begin() + static_cast<std::ptrdiff_t>(at),
                   is_user_byte)) {
    return "a character in the user or the password that must be written with `%`";
  }
  if (host.empty()) return "the host is missing";
  if (host.find(' ') != std::string_view::npos) return "a blank in the host name";
  if (const std::size_t bad = host.find_first_of("{}|\\^`"); bad != std::string_view::npos) {
    return fmt::format("invalid character \"{}\" in the host name", host[bad]);
  }
  if (host.front() != '[' && has_needless_escape(host)) {
    return "a `%` in the host name";
  }
  std::string_view port;
  if (host.front() == '[') {
    const std::size_t end = host.find(']');
    if (end == std::string_view::npos) return "missing ']' in the host";
    port = host.substr(end + 1);
  } else if (const std::size_t colon = host.rfind(':'); colon != std::string_view::npos) {
    port = host.substr(colon);
  }
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!port.empty() &&
      (port.front() != ':' || !std::all_of(port.begin() + 1, port.end(), is_digit))) {
    return "an invalid port after the host";  // It may be a part of a password.
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> find_url_fault(std::string_view url) {
  for (const char c : url) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return "a control character in the URL";
  }
  std::size_t scheme = 0;
  while (scheme < url.size() && is_scheme_byte(url[scheme]))
    ++scheme;
  const bool has_scheme =
      scheme > 0 && scheme < url.size() && url[scheme] == ':' && is_scheme_letter(url[0]);
  std::string_view rest = has_scheme ? url.substr(scheme + 1) : url;
  if (!has_scheme && url.starts_with(':')) return "the scheme is missing";
  const std::string_view path = rest.substr(0, rest.find_first_of("?#"));
  if (!has_scheme && path.substr(0, path.find('/')).find(':') != std::string_view::npos) {
    return "a colon in the first part: is the scheme (http://) missing or misspelt?";
  }
  for (std::size_t i = path.find('%'); i != std::string_view::npos; i = path.find('%', i + 1)) {
    if (i + 2 >= path.size() || !is_hex(path[i + 1]) || !is_hex(path[i + 2])) {
      return "a `%` in a URL needs two hexadecimal digits behind it";
    }
  }
  if (!rest.starts_with("//")) return std::nullopt;
  rest.remove_prefix(2);
  return find_authority_fault(rest.substr(0, rest.find_first_of("/?#")));
}

bool has_http_scheme(std::string_view url) {
  const std::size_t colon = url.find("://");
  if (colon == std::string_view::npos) return false;
  std::string scheme(url.substr(0, colon));
  for (char& c : scheme)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return scheme == "http" || scheme == "https";
}

}  // namespace tailrace::config
