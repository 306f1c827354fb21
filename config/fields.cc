// Conversions of YAML scalars in Promtail's three manners.
#include "config/fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "config/byte_size.h"
#include "config/go_duration.h"
#include "config/names.h"
#include "config/secrets.h"

namespace tailrace::config {
namespace {

constexpr std::size_t kShownMax = 60;

bool is_empty_value(const YamlNode& node) {
  return node.is_null() || (node.is_scalar() && node.text.empty()) ||
         (node.type == YamlType::kList && node.items.empty());
}

// The shortest decimal that reads back as the same number, without an exponent, as Go writes it.
std::string shortest_decimal(double number) {
  std::array<char, 400> buffer{};
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::fixed);
  return error == std::errc{} ? std::string(buffer.data(), end) : std::string();
}

std::string decimal(YamlInteger integer) {
  return fmt::format("{}{}", integer.negative ? "-" : "", integer.magnitude);
}

std::optional<bool> parse_go_bool(std::string_view text) {
  constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "true", "TRUE", "True"};
  constexpr std::array<std::string_view, 7> kFalse = {"0", "f", "F", "false", "FALSE", "False", ""};
  if (std::find(kTrue.begin(), kTrue.end(), text) != kTrue.end()) return true;
  if (std::find(kFalse.begin(), kFalse.end(), text) != kFalse.end()) return false;
  return std::nullopt;
}

// Go truncates; the range is that of int64.
std::optional<YamlInteger> truncate(double number) {
  if (!(std::abs(number) < 0x1p63)) return std::nullopt;
  return YamlInteger{number < 0, static_cast<std::uint64_t>(std::abs(number))};
}

std::optional<std::chrono::nanoseconds> to_nanoseconds(YamlInteger integer) {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (integer.magnitude > kMax) return std::nullopt;
  const auto value = static_cast<std::int64_t>(integer.magnitude);
  return std::chrono::nanoseconds(integer.negative ? -value : value);
}

}  // namespace

Fields::Fields(const YamlNode& map, std::string path, Report& report, Decoding decoding)
    : map_(&map), path_(std::move(path)), report_(&report), decoding_(decoding) {
  if (map.type != YamlType::kMap && !map.is_null()) wrong_type(map, path_, "a map");
}

const YamlEntry* Fields::entry(std::string_view key) const {
  const YamlEntry* near = nullptr;
  for (const YamlEntry& entry : map_->entries) {
    if (entry.key == key) return &entry;
    if (is_stage() && near == nullptr && equal_ignoring_case(entry.key, key)) near = &entry;
  }
  return near;
}

void Fields::note(std::string_view key, KeyKind kind, std::string_view fallback) const {
  if (!is_recorded()) return;
  report_->recorder()->on_key(path_of(key), kind, has_fallback_ ? fallback : std::string_view());
}

void Fields::note_duration(std::string_view key, std::chrono::nanoseconds fallback) {
  if (is_recorded()) note(key, KeyKind::kDuration, format_go_duration(fallback));
}

void Fields::ignore(std::string_view key) {
  note(key, KeyKind::kIgnored);
  find(key);
}

const YamlNode* Fields::find(std::string_view key) {
  note(key, KeyKind::kAny);
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.push_back(key);
  const YamlEntry* found = entry(key);
  return found == nullptr ? nullptr : found->value;
}

const YamlNode* Fields::present(std::string_view key) {
  const YamlNode* node = find(key);
  return node == nullptr || node->is_null() ? nullptr : node;
}

const YamlNode* Fields::list(std::string_view key) {
  note(key, KeyKind::kList);
  const YamlNode* node = present(key);
  if (node == nullptr) return nullptr;
  if (node->type == YamlType::kList) return node;
  wrong_type(*node, path_of(key), "a list");
  return nullptr;
}

const YamlNode* Fields::map(std::string_view key) {
  note(key, KeyKind::kMap);
  const YamlNode* node = present(key);
  if (node == nullptr) return nullptr;
  if (node->type == YamlType::kMap) return node;
  wrong_type(*node, path_of(key), "a map");
  return nullptr;
}

std::optional<Fields> Fields::block(std::string_view key) {
  note(key, KeyKind::kBlock);
  const YamlNode* node = map(key);
  if (node == nullptr) return std::nullopt;
  return Fields(*node, path_of(key), *report_, decoding_);
}

std::string Fields::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

SourceLocation Fields::location(std::string_view key) const {
  const YamlEntry* found = entry(key);
  if (found == nullptr) return {path_of(key), map_->line, map_->column};
  // A null value has no place of its own.
  if (found->value->is_null()) return {path_of(key), found->line, found->column};
  return {path_of(key), found->value->line, found->value->column};
}

SourceLocation Fields::key_location(std::string_view key) const {
  const YamlEntry* found = entry(key);
  if (found == nullptr) return {path_of(key), map_->line, map_->column};
  return {path_of(key), found->line, found->column};
}

void Fields::error(std::string_view key, std::string message) {
  report_->error(location(key), std::move(message));
}

void Fields::warning(std::string_view key, std::string message) {
  report_->warning(location(key), std::move(message));
}

void Fields::wrong_type(const YamlNode& node, const std::string& path, std::string_view wanted) {
  std::string got(describe(node.type));
  if (!hide_values_ && node.is_scalar() && !node.is_null() && node.text.size() <= kShownMax) {
    got += fmt::format(" ({}{}{})", node.quoted ? "\"" : "", node.text, node.quoted ? "\"" : "");
  }
  std::string_view hint;
  if (wanted == "text" && node.is_scalar()) hint = "; put it in quotes";
  if (wanted != "text" && node.quoted && resolve_plain_scalar(node.text).type != YamlType::kText) {
    hint = "; take the quotes off";
  }
  report_->error(node, path, fmt::format("must be {}, not {}{}", wanted, got, hint));
}

std::optional<std::string> Fields::to_text(const YamlNode& node, const std::string& path) {
  if (!node.is_scalar()) {
    wrong_type(node, path, "text");
    return std::nullopt;
  }
  if (decoding_ == Decoding::kStrict) return node.is_null() ? std::string() : node.text;
  if (node.type == YamlType::kText) return node.text;
  if (decoding_ == Decoding::kStage) {
    wrong_type(node, path, "text");
    return std::nullopt;
  }
  switch (node.type) {
    case YamlType::kBool:
      return node.scalar.boolean ? "1" : "0";
    case YamlType::kInteger:
      return decimal(node.scalar.integer);
    case YamlType::kFloat:
      return shortest_decimal(node.scalar.number);
    default:
      return std::string();
  }
}

std::optional<YamlInteger> Fields::to_integer(const YamlNode& node, std::string_view key) {
  if (node.type == YamlType::kInteger) return node.scalar.integer;
  if (node.type == YamlType::kFloat) {
    const auto whole = truncate(node.scalar.number);
    if (!whole) {
      error(key, "is too large a number");
    } else if (static_cast<double>(whole->magnitude) != std::abs(node.scalar.number)) {
      warning(key, fmt::format("the fraction is ignored: {}", decimal(*whole)));
    }
    return whole;
  }
  if (decoding_ == Decoding::kWeak && node.type == YamlType::kBool) {
    return YamlInteger{false, node.scalar.boolean ? 1U : 0U};
  }
  if (decoding_ == Decoding::kWeak && node.type == YamlType::kText) {
    if (node.text.empty()) return YamlInteger{};
    std::string digits = node.text;
    if (const auto integer = parse_prefixed_integer(digits)) return integer;
  }
  wrong_type(node, path_of(key), "a whole number");
  return std::nullopt;
}

std::optional<YamlInteger> Fields::read_integer(std::string_view key) {
  const YamlNode* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_null()) return to_integer(*node, key);
  return is_stage() ? std::nullopt : std::optional<YamlInteger>(YamlInteger{});
}

std::optional<bool> Fields::to_bool(const YamlNode& node, std::string_view key) {
  if (node.type == YamlType::kBool) return node.scalar.boolean;
  if (decoding_ == Decoding::kWeak) {
    if (node.type == YamlType::kInteger) return node.scalar.integer.magnitude != 0;
    if (node.type == YamlType::kFloat) return std::fpclassify(node.scalar.number) != FP_ZERO;
    if (node.type == YamlType::kText) {
      if (const auto boolean = parse_go_bool(node.text)) return boolean;
    }
  }
  wrong_type(node, path_of(key), "true or false");
  return std::nullopt;
}

void Fields::read(std::string_view key, std::string& field) {
  note(key, hide_values_ ? KeyKind::kSecret : KeyKind::kText, field);
  const YamlNode* node = find(key);
  if (node == nullptr || (node->is_null() && is_stage())) return;
  if (auto text = to_text(*node, path_of(key))) field = std::move(*text);
}

void Fields::read(std::string_view key, bool& field) {
  note(key, KeyKind::kBool, field ? "true" : "false");
  const YamlNode* node = find(key);
  if (node == nullptr) return;
  if (node->is_null()) {
    if (!is_stage()) field = false;
  } else if (const auto boolean = to_bool(*node, key)) {
    field = *boolean;
  }
}

// What weak decoding makes of text and booleans.
std::optional<double> Fields::weak_number(const YamlNode& node) const {
  if (decoding_ != Decoding::kWeak) return std::nullopt;
  if (node.type == YamlType::kBool) return node.scalar.boolean ? 1 : 0;
  if (node.type != YamlType::kText) return std::nullopt;
  double number = 0;
  std::string_view text = node.text;
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc{} && end == text.data() + text.size() &&
                         !text.empty() && text[0] != 'i' && text[0] != 'n';
  return is_number ? std::optional<double>(number) : std::nullopt;
}

void Fields::read(std::string_view key, double& field) {
  if (is_recorded()) note(key, KeyKind::kNumber, shortest_decimal(field));
  const YamlNode* node = find(key);
  if (node == nullptr) return;
  if (node->is_null()) {
    if (!is_stage()) field = 0;
  } else if (node->type == YamlType::kFloat) {
    field = node->scalar.number;
  } else if (node->type == YamlType::kInteger) {
    const auto magnitude = static_cast<double>(node->scalar.integer.magnitude);
    field = node->scalar.integer.negative ? -magnitude : magnitude;
  } else if (const std::optional<double> number = weak_number(*node)) {
    field = *number;
  } else {
    wrong_type(*node, path_of(key), "a number");
  }
}

void Fields::read(std::string_view key, std::chrono::nanoseconds& field) {
  note_duration(key, field);
  const YamlNode* node = find(key);
  if (node == nullptr) return;
  if (node->is_null()) {
    if (!is_stage()) field = {};
    return;
  }
  if (!node->is_scalar() || (!is_stage() && node->type == YamlType::kBool)) {
    wrong_type(*node, path_of(key), "a duration");
    return;
  }
  const bool number = node->type == YamlType::kInteger || node->type == YamlType::kFloat;
  if (!is_stage() && number) {
    const auto integer = to_integer(*node, key);
    if (!integer) return;
    if (const auto value = to_nanoseconds(*integer)) {
      field = *value;
    } else {
      error(key, "is too long a duration");
    }
    return;
  }
  const auto text = to_text(*node, path_of(key));
  if (!text) return;
  if (auto duration = parse_go_duration(*text)) {
    field = *duration;
  } else {
    error(key, std::move(duration.error().message));
  }
}

void Fields::read(std::string_view key, std::vector<std::string>& field) {
  if (is_recorded()) {
    note(key, hide_values_ ? KeyKind::kSecretTexts : KeyKind::kTexts,
         fmt::format("{}", fmt::join(field, ", ")));
  }
  const YamlNode* node = present(key);
  if (node == nullptr) return;
  std::vector<std::string> texts;
  if (decoding_ == Decoding::kWeak && node->is_scalar()) {
    if (auto text = to_text(*node, path_of(key))) field = {std::move(*text)};
    return;
  }
  if (node->type != YamlType::kList) {
    wrong_type(*node, path_of(key), "a list");
    return;
  }
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    const std::string path = fmt::format("{}[{}]", path_of(key), i);
    const YamlNode& item = *node->items[i];
    if (is_stage() && item.type != YamlType::kText) {
      wrong_type(item, path, "text");
    } else if (auto text = to_text(item, path)) {
      texts.push_back(std::move(*text));
    }
  }
  field = std::move(texts);
}

void Fields::read(std::string_view key, TextPairs& field) {
  note(key, KeyKind::kTextMap);
  const YamlNode* node = map(key);
  if (node == nullptr) return;
  field.clear();
  for (const YamlEntry& entry : node->entries) {
    const std::string path = fmt::format("{}.{}", path_of(key), entry.key);
    if (entry.overrides_merged) {
      report_->error({path, entry.line, entry.column}, "the key is already set by a merged map");
    }
    if (auto text = to_text(*entry.value, path)) field.emplace_back(entry.key, std::move(*text));
  }
}

void Fields::read_bytes(std::string_view key, std::uint64_t& field) {
  if (is_recorded()) note(key, KeyKind::kBytes, std::to_string(field));
  const YamlNode* node = find(key);
  if (node == nullptr || (node->is_null() && is_stage())) return;
  const auto text = to_text(*node, path_of(key));
  if (!text) return;
  if (auto size = parse_byte_size(*text)) {
    field = *size;
  } else {
    error(key, std::move(size.error().message));
  }
}

void Fields::read_bytes(std::string_view key, std::optional<std::uint64_t>& field) {
  note(key, KeyKind::kBytes);
  if (present(key) == nullptr) return;
  std::uint64_t value = 0;
  const std::size_t errors = report_->error_count();
  read_bytes(key, value);
  if (report_->error_count() == errors) field = value;
}

void Fields::read_secret(std::string_view key, std::string& field) {
  hide_values_ = true;
  read(key, field);
  hide_values_ = false;
  if (field == kSecretPlaceholder) {
    warning(key, "is the placeholder that a configuration dump shows, not the secret itself");
  }
}

void Fields::read_secrets(std::string_view key, std::vector<std::string>& field) {
  hide_values_ = true;
  read(key, field);
  hide_values_ = false;
}

void Fields::require(std::string_view key) {
  if (map_->type != YamlType::kMap && !map_->is_null()) return;
  const YamlNode* node = present(key);
  if (node == nullptr || (node->type == YamlType::kText && node->text.empty())) {
    error(key, "is required");
  }
}

void Fields::refuse(std::string_view key, std::string message) {
  note(key, KeyKind::kRefused);
  const YamlNode* node = find(key);
  if (node == nullptr || is_empty_value(*node)) return;
  report_->error(key_location(key), std::move(message));
}

void Fields::not_yet_supported(std::string_view key) {
  refuse(key, fmt::format("`{}` is not yet supported", key));
}

void Fields::finish() {
  for (const YamlEntry& entry : map_->entries) {
    const bool known = std::any_of(known_.begin(), known_.end(), [&](std::string_view key) {
      return is_stage() ? equal_ignoring_case(key, entry.key) : key == entry.key;
    });
    if (known || report_->is_full()) continue;
    SourceLocation location{path_of(entry.key), entry.line, entry.column};
    const std::string hint = did_you_mean(entry.key, known_);
    if (is_stage()) {
      report_->warning(
          std::move(location),
          fmt::format("`{}` is not a key of this stage and does nothing{}", entry.key, hint));
    } else {
      report_->error(std::move(location),
                     fmt::format("`{}` is not a known key{}", entry.key, hint));
    }
  }
}

}  // namespace tailrace::config
