// URLs taken apart and put together as Go's net/url does.
#include "pipeline/go_template/url.h"

#include <algorithm>

#include "base/ascii.h"

namespace tailrace::pipeline::go_template {
namespace {

enum class Part { kHost, kZone, kPath, kUser, kFragment };

bool is_url_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_one_of(char c, std::string_view set) {
  return set.find(c) != std::string_view::npos;
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool must_escape(char c, Part part) {
  if (is_url_letter(c) || is_digit(c) || is_one_of(c, "-_.~")) return false;
  switch (part) {
    case Part::kHost:
    case Part::kZone:
      return !is_one_of(c, "!$&'()*+,;=:[]<>\"");
    case Part::kPath:
      return !is_one_of(c, "$&+,/:;=@");
    case Part::kUser:
      return !is_one_of(c, "$&+,;=");
    case Part::kFragment:
      break;
  }
  return !is_one_of(c, "$&+,/:;=?@!()*");
}

std::string escaped(std::string_view text, Part part) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (must_escape(c, part)) {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    } else {
      out += c;
    }
  }
  return out;
}

// In a host only bytes that are not ASCII may be encoded, and the % before a zone.
bool may_be_encoded(std::string_view sequence, char decoded, Part part) {
  if (sequence == "%25") return true;
  if (part == Part::kHost) return (static_cast<unsigned char>(decoded) & 0x80U) != 0;
  return part != Part::kZone || decoded == ' ' || !must_escape(decoded, Part::kHost);
}

std::optional<std::string> unescaped(std::string_view text, Part part) {
  const bool in_host = part == Part::kHost || part == Part::kZone;
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      const bool ascii = (static_cast<unsigned char>(text[i]) & 0x80U) == 0;
      if (in_host && ascii && must_escape(text[i], part)) return std::nullopt;
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    const char decoded = static_cast<char>(high * 16 + low);
    if (!may_be_encoded(text.substr(i, 3), decoded, part)) return std::nullopt;
    out += decoded;
    i += 2;
  }
  return out;
}

// "" or ":" and digits.
bool is_port(std::string_view text) {
  if (text.empty()) return true;
  return text[0] == ':' && std::all_of(text.begin() + 1, text.end(), is_digit);
}

std::optional<std::string> parse_host(std::string_view text) {
  if (!text.starts_with('[')) {
    const std::size_t colon = text.rfind(':');
    if (colon != std::string_view::npos && !is_port(text.substr(colon))) return std::nullopt;
    return unescaped(text, Part::kHost);
  }
  const std::size_t end = text.rfind(']');
  if (end == std::string_view::npos || !is_port(text.substr(end + 1))) return std::nullopt;
  const std::size_t zone = text.substr(0, end).find("%25");
  if (zone == std::string_view::npos) return unescaped(text, Part::kHost);
  const auto address = unescaped(text.substr(0, zone), Part::kHost);
  const auto name = unescaped(text.substr(zone, end - zone), Part::kZone);
  const auto rest = unescaped(text.substr(end), Part::kHost);
  if (!address || !name || !rest) return std::nullopt;
  return *address + *name + *rest;
}

bool parse_authority(std::string_view text, Url& url) {
  const std::size_t at = text.rfind('@');
  if (at != std::string_view::npos) {
    auto userinfo = normal_userinfo(text.substr(0, at));
    if (!userinfo) return false;
    url.userinfo = std::move(*userinfo);
    text.remove_prefix(at + 1);
  }
  auto host = parse_host(text);
  if (!host) return false;
  url.host = std::move(*host);
  return true;
}

// Takes "scheme:" off the front, if there is one. False: a colon without a scheme.
bool take_scheme(std::string_view& text, std::string& scheme) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ':') {
      if (i == 0) return false;
      scheme = text.substr(0, i);
      std::transform(scheme.begin(), scheme.end(), scheme.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter | 0x20) : letter;
      });
      text.remove_prefix(i + 1);
      return true;
    }
    if (!is_url_letter(c) && (i == 0 || !(is_digit(c) || is_one_of(c, "+-.")))) return true;
  }
  return true;
}

// Everything but the fragment.
bool parse_rest(std::string_view text, Url& url) {
  if (text == "*") {
    url.path = "*";
    return true;
  }
  if (!take_scheme(text, url.scheme)) return false;
  const std::size_t question = text.find('?');
  if (question != std::string_view::npos) {
    url.query = text.substr(question + 1);
    text = text.substr(0, question);
  }
  if (!text.starts_with('/')) {
    if (!url.scheme.empty()) {
      url.opaque = text;
      return true;
    }
    // A colon there looks like a scheme that is none.
    if (text.substr(0, text.find('/')).find(':') != std::string_view::npos) return false;
  }
  const bool has_authority =
      text.starts_with("//") && (!url.scheme.empty() || !text.starts_with("///"));
  if (has_authority) {
    const std::size_t slash = std::min(text.find('/', 2), text.size());
    if (!parse_authority(text.substr(2, slash - 2), url)) return false;
    text.remove_prefix(slash);
  }
  auto path = unescaped(text, Part::kPath);
  if (!path) return false;
  url.path = std::move(*path);
  return true;
}

}  // namespace

std::string_view Url::hostname() const {
  std::string_view name = host;
  const std::size_t colon = name.rfind(':');
  if (colon != std::string_view::npos && is_port(name.substr(colon))) name = name.substr(0, colon);
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  return name;
}

std::string Url::text() const {
  std::string out;
  if (!scheme.empty()) out = scheme + ":";
  if (!opaque.empty()) {
    out += opaque;
  } else {
    const bool has_authority = !host.empty() || !userinfo.empty();
    if (has_authority || (!scheme.empty() && !path.empty())) out += "//";
    if (!userinfo.empty()) out += userinfo + "@";
    out += escaped(host, Part::kHost);
    const std::string way = path == "*" ? path : escaped(path, Part::kPath);
    if (!way.empty() && way[0] != '/' && !host.empty()) out += '/';
    if (out.empty() && way.substr(0, way.find('/')).find(':') != std::string::npos) out += "./";
    out += way;
  }
  if (!query.empty()) out += "?" + query;
  if (!fragment.empty()) out += "#" + escaped(fragment, Part::kFragment);
  return out;
}

std::optional<Url> parse_url(std::string_view text) {
  const std::size_t hash = std::min(text.find('#'), text.size());
  const bool has_control =
      std::any_of(text.begin(), text.begin() + static_cast<long>(hash), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F;
      });
  Url url;
  if (has_control || !parse_rest(text.substr(0, hash), url)) return std::nullopt;
  if (hash + 1 < text.size()) {
    auto fragment = unescaped(text.substr(hash + 1), Part::kFragment);
    if (!fragment) return std::nullopt;
    url.fragment = std::move(*fragment);
  }
  return url;
}

std::optional<std::string> normal_userinfo(std::string_view text) {
  const bool valid = std::all_of(text.begin(), text.end(), [](char c) {
    return is_url_letter(c) || is_digit(c) || is_one_of(c, "-._:~!$&'()*+,;=%@");
  });
  if (!valid) return std::nullopt;
  const std::size_t colon = text.find(':');
  const auto name = unescaped(text.substr(0, colon), Part::kUser);
  if (!name) return std::nullopt;
  if (colon == std::string_view::npos) return escaped(*name, Part::kUser);
  const auto password = unescaped(text.substr(colon + 1), Part::kUser);
  if (!password) return std::nullopt;
  return escaped(*name, Part::kUser) + ":" + escaped(*password, Part::kUser);
}

}  // namespace tailrace::pipeline::go_template
