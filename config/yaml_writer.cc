// Block style, double quotes where plain text could be read as something else.
#include "config/yaml_writer.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include <fmt/format.h>

#include "config/secrets.h"

namespace tailrace::config {
namespace {

bool is_plain_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.' || c == '/' || c == ':' || c == '@' || c == '+';
}

// Without quotes it is the same text, whatever stands around it.
bool can_be_plain(std::string_view text) {
  if (text.empty() || text.front() == '-' || text.front() == ':' || text.front() == '@' ||
      text.back() == ':') {
    return false;
  }
  // Digits with colons are numbers to base 60 for some readers, with dashes dates.
  const bool begins_with_digit = text.front() >= '0' && text.front() <= '9';
  if (begins_with_digit && text.find_first_of(":-") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), is_plain_byte) &&
         resolve_plain_scalar(text).type == YamlType::kText;
}

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\r':
      out += "\\r";
      return;
    default:
      break;
  }
  if (const auto byte = static_cast<unsigned char>(c); byte < 0x20 || byte == 0x7f) {
    out += fmt::format("\\x{:02x}", byte);
  } else {
    out.push_back(c);
  }
}

}  // namespace

std::string YamlWriter::quoted(std::string_view text) {
  if (can_be_plain(text)) return std::string(text);
  std::string result = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    // Characters that end a line, or that a reader may drop: NEL, LS, PS, BOM.
    bool escaped = false;
    for (const auto& [bytes, escape] :
         {std::pair<std::string_view, std::string_view>{"\xc2\x85", "\\u0085"},
          {"\xe2\x80\xa8", "\\u2028"},
          {"\xe2\x80\xa9", "\\u2029"},
          {"\xef\xbb\xbf", "\\ufeff"}}) {
      if (!rest.starts_with(bytes)) continue;
      result += escape;
      i += bytes.size() - 1;
      escaped = true;
    }
    if (!escaped) append_escaped(result, text[i]);
  }
  return result + "\"";
}

void YamlWriter::line(std::string_view content) {
  std::string prefix(indent_, ' ');
  for (std::size_t at = indent_ - 2 * dashes_; at < indent_; at += 2)
    prefix[at] = '-';
  dashes_ = 0;
  result_ += prefix;
  result_ += content;
  result_ += '\n';
}

void YamlWriter::text(std::string_view key, std::string_view value) {
  line(quoted(key) + ": " + quoted(value));
}

void YamlWriter::number(std::string_view key, double value) {
  std::string shown = fmt::format("{}", value);
  if (!std::isfinite(value)) shown.insert(shown.find_first_of("in"), 1, '.');  // -.inf, .nan
  line(quoted(key) + ": " + shown);
}

void YamlWriter::begin(std::string_view key) {
  line(quoted(key) + ":");
  indent_ += 2;
}

void YamlWriter::begin_item() {
  indent_ += 2;
  ++dashes_;
}

void YamlWriter::item(std::string_view value) {
  begin_item();
  line(quoted(value));
  end();
}

void YamlWriter::node(std::string_view key, const YamlNode& value, Show show) {
  const bool outer = secret_;
  if (show == Show::kNoSecrets && is_secret_key(key)) secret_ = true;
  if (show == Show::kNoSecrets && !secret_ && is_url_key(key) && value.type == YamlType::kText) {
    return line(quoted(key) + ": " + quoted(shown_url(value.text)));
  }
  scalar_or_children(quoted(key) + ":", value, show);
  secret_ = outer;
}

// `head` is "key:" or nothing for an item.
void YamlWriter::scalar_or_children(const std::string& head, const YamlNode& value, Show show) {
  const std::string gap = head.empty() ? "" : " ";
  if (value.is_null()) {
    line(head + gap + "null");
  } else if (value.is_scalar()) {
    std::string shown = value.text;
    if (show == Show::kNoSecrets && is_secret_value(shown)) shown = kSecretPlaceholder;
    if (secret_ && !shown.empty()) shown = kSecretPlaceholder;
    if (value.type == YamlType::kText || shown == kSecretPlaceholder) {
      if (show == Show::kNoSecrets) mask_urls(shown);
      shown = quoted(shown);
    }
    line(head + gap + shown);
  } else if (value.items.empty() && value.entries.empty()) {
    line(head + gap + (value.type == YamlType::kList ? "[]" : "{}"));
  } else if (head.empty()) {
    children(value, show);
  } else {
    line(head);
    indent_ += 2;
    children(value, show);
    indent_ -= 2;
  }
}

void YamlWriter::children(const YamlNode& value, Show show) {
  for (const YamlNode* const one : value.items) {
    begin_item();
    scalar_or_children("", *one, show);
    end();
  }
  for (const YamlEntry& entry : value.entries)
    node(entry.key, *entry.value, show);
}

}  // namespace tailrace::config
