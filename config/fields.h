// Reads the keys of one YAML map into fields, and reports what does not fit.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/key_recorder.h"
#include "config/report.h"
#include "config/yaml_document.h"

namespace tailrace::config {

using TextPairs = std::vector<std::pair<std::string, std::string>>;

// The keys of one map, in one of Promtail's manners of decoding (docs/compatibility.md,
// configuration file).
//
// - strict: the file outside of stages. Text may be any scalar and keeps its source text; numbers
//   and booleans must be unquoted; null is zero or empty; an unknown key is an error; a duration
//   may be a bare integer of nanoseconds.
// - stage: the body of most stages. Each type must be what it is (`value: 5` is no text); null is
//   absent; keys match in any case; an unknown key is a warning; a duration needs its unit.
// - weak: the bodies of cri, drop, multiline and the like. As stage, but scalars are converted.
//
// Every read(key, field) leaves the field alone when the key is absent or does not fit, and makes
// the key a known one; finish() then reports the keys that nobody asked for.
//
// Ownership: borrows the map and the report.
class Fields {
 public:
  static Fields strict(const YamlNode& map, std::string path, Report& report) {
    return {map, std::move(path), report, Decoding::kStrict};
  }
  static Fields stage(const YamlNode& map, std::string path, Report& report) {
    return {map, std::move(path), report, Decoding::kStage};
  }
  static Fields weak(const YamlNode& map, std::string path, Report& report) {
    return {map, std::move(path), report, Decoding::kWeak};
  }

  // The value of `key`, or null. present() also gives null when the value is null in YAML.
  const YamlNode* find(std::string_view key);
  const YamlNode* present(std::string_view key);
  // present(), when it is a list or a map with something in it; other kinds are errors.
  const YamlNode* list(std::string_view key);
  // present(), when it is a map (also an empty one); other kinds are errors.
  const YamlNode* map(std::string_view key);
  // The fields of a nested map, in the same manner.
  std::optional<Fields> block(std::string_view key);

  void read(std::string_view key, std::string& field);
  void read(std::string_view key, bool& field);
  void read(std::string_view key, double& field);
  void read(std::string_view key, std::chrono::nanoseconds& field);
  // A list of text; weak: also one scalar.
  void read(std::string_view key, std::vector<std::string>& field);
  // A map of text to text.
  void read(std::string_view key, TextPairs& field);
  template <std::integral T>
  void read(std::string_view key, T& field) {
    if (is_recorded()) note(key, KeyKind::kInteger, std::to_string(field));
    const auto integer = read_integer(key);
    if (!integer) return;
    const auto largest = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
    if (!integer->negative && integer->magnitude <= largest) {
      field = static_cast<T>(integer->magnitude);
    } else if (std::signed_integral<T> && integer->negative && integer->magnitude <= largest + 1) {
      field = static_cast<T>(-static_cast<std::int64_t>(integer->magnitude - 1) - 1);
    } else {
      error(key, integer->negative && !std::signed_integral<T> ? "may not be negative"
                                                               : "is too large a number");
    }
  }
  template <typename T>
  void read(std::string_view key, std::optional<T>& field) {
    const bool is_present = present(key) != nullptr;
    if (!is_present && !is_recorded()) return;
    T value{};
    const std::size_t errors = report_->error_count();
    has_fallback_ = false;
    read(key, value);
    has_fallback_ = true;
    if (!is_present) return;
    if (report_->error_count() == errors) field = std::move(value);
  }

  // A size in bytes (byte_size.h).
  void read_bytes(std::string_view key, std::uint64_t& field);
  void read_bytes(std::string_view key, std::optional<std::uint64_t>& field);
  // Text that must not be shown; warns when it is the placeholder of a configuration dump.
  void read_secret(std::string_view key, std::string& field);
  // A list or a map whose texts must not be shown.
  void read_secrets(std::string_view key, std::vector<std::string>& field);

  // The key is known and does nothing here.
  void ignore(std::string_view key);
  // When the key is there and not empty: an error that says `message` alone.
  void refuse(std::string_view key, std::string message);
  // When the key is there and not empty.
  void not_yet_supported(std::string_view key);

  // An error when the key is absent, null or empty text. (What is not text, or stands in something
  // that is no map, was reported as such.)
  void require(std::string_view key);

  // At the key's value when there is one, else at the map.
  void error(std::string_view key, std::string message);
  void warning(std::string_view key, std::string message);
  SourceLocation location(std::string_view key) const;
  // At the key itself when it is there, else at the map.
  SourceLocation key_location(std::string_view key) const;
  // What path a key of this map has.
  std::string path_of(std::string_view key) const;

  // Tells the recorder, where there is one: for keys that are read as text and mean a duration.
  void note_duration(std::string_view key, std::chrono::nanoseconds fallback);

  // Reports the keys that nobody asked for.
  void finish();

  const YamlNode& node() const { return *map_; }
  const std::string& path() const { return path_; }
  Report& report() { return *report_; }

 private:
  enum class Decoding { kStrict, kStage, kWeak };

  Fields(const YamlNode& map, std::string path, Report& report, Decoding decoding);

  bool is_recorded() const { return report_->recorder() != nullptr; }
  void note(std::string_view key, KeyKind kind, std::string_view fallback = "") const;
  const YamlEntry* entry(std::string_view key) const;
  bool is_stage() const { return decoding_ != Decoding::kStrict; }
  std::optional<YamlInteger> read_integer(std::string_view key);
  // The text of a scalar, or nothing after an error.
  std::optional<std::string> to_text(const YamlNode& node, const std::string& path);
  std::optional<YamlInteger> to_integer(const YamlNode& node, std::string_view key);
  std::optional<double> weak_number(const YamlNode& node) const;
  std::optional<bool> to_bool(const YamlNode& node, std::string_view key);
  void wrong_type(const YamlNode& node, const std::string& path, std::string_view wanted);

  const YamlNode* map_;
  std::string path_;
  Report* report_;
  Decoding decoding_;
  std::vector<std::string_view> known_;  // View the callers' literals.
  bool hide_values_ = false;
  bool has_fallback_ = true;  // Else what a field holds before it is read says nothing.
};

}  // namespace tailrace::config
