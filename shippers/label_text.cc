// The labels of a stream as Loki's text, and the tenant that they choose.
#include "shippers/label_text.h"

#include <charconv>
#include <cstdint>

namespace tailrace::shippers {

namespace {

void add(StreamLabels& result, std::string_view name, std::string_view value) {
  if (name == kTenantLabel) {
    result.tenant = value;
    return;
  }
  if (result.text.size() > 1) result.text += ", ";
  result.text += name;
  result.text += '=';
  append_go_quoted(result.text, value);
}

// Appends a code point as UTF-8.
void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0U | point >> 6U);
    put(0x80U | (point & 0x3fU));
  } else if (point < 0x10000) {
    put(0xe0U | point >> 12U);
    put(0x80U | (point >> 6U & 0x3fU));
    put(0x80U | (point & 0x3fU));
  } else {
    put(0xf0U | point >> 18U);
    put(0x80U | (point >> 12U & 0x3fU));
    put(0x80U | (point >> 6U & 0x3fU));
    put(0x80U | (point & 0x3fU));
  }
}

// Takes what follows a backslash off `text`.
bool take_escape(std::string_view& text, std::string& out) {
  if (text.empty()) return false;
  const char kind = text.front();
  text.remove_prefix(1);
  constexpr std::string_view kLetters = "abfnrtv\\\"";
  constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\\"";
  if (const std::size_t at = kLetters.find(kind); at != std::string_view::npos) {
    out += kMeanings[at];
    return true;
  }
  const std::size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
  if (digits == 0 || text.size() < digits) return false;
  std::uint32_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + digits, value, 16);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + digits || value > 0x10ffff) {
    return false;
  }
  text.remove_prefix(digits);
  if (kind == 'x') {
    out += static_cast<char>(value);  // A byte, not a character.
  } else {
    append_utf8(out, value);
  }
  return true;
}

// Takes a quoted value off `text`, which begins behind its first quote.
bool take_quoted(std::string_view& text, std::string& out) {
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '"') return true;
    if (c != '\\') {
      out += c;
    } else if (!take_escape(text, out)) {
      return false;
    }
  }
  return false;
}

}  // namespace

StreamLabels stream_labels(const LabelSet& labels,
                           const std::vector<std::pair<std::string, std::string>>& external,
                           std::string_view client_tenant) {
  StreamLabels result{.tenant = std::string(client_tenant), .text = "{"};
  auto under = external.begin();
  for (const LabelPair& pair : labels.pairs()) {
    for (; under != external.end() && under->first < pair.name; ++under) {
      add(result, under->first, under->second);
    }
    if (under != external.end() && under->first == pair.name) ++under;
    add(result, pair.name, pair.value);
  }
  for (; under != external.end(); ++under)
    add(result, under->first, under->second);
  result.text += '}';
  return result;
}

Result<std::vector<std::pair<std::string, std::string>>> parse_label_text(std::string_view text) {
  const auto corrupt = fail(Error::kCorrupt, "labels of a stream: " + std::string(text));
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') return corrupt;
  text = text.substr(1, text.size() - 2);
  std::vector<std::pair<std::string, std::string>> labels;
  while (!text.empty()) {
    const std::size_t quote = text.find("=\"");
    if (quote == std::string_view::npos || quote == 0) return corrupt;
    auto& [name, value] = labels.emplace_back(text.substr(0, quote), std::string());
    text.remove_prefix(quote + 2);
    if (!take_quoted(text, value)) return corrupt;
    if (text.empty()) break;
    if (!text.starts_with(", ") || text.size() == 2) return corrupt;
    text.remove_prefix(2);
  }
  return labels;
}

}  // namespace tailrace::shippers
