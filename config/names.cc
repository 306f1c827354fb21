// Names in configuration files: which are valid, and which were probably meant.
#include "config/names.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "base/ascii.h"

namespace tailrace::config {
namespace {

// Longer names are not compared: the distance takes the product of both lengths.
constexpr std::size_t kComparedMax = 64;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

// Insertions, deletions and substitutions that make `a` of `b`.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

// Lower case, without underscores and dashes: `batch_wait` is `batchwait`.
std::string squeeze(std::string_view name) {
  std::string squeezed;
  for (const char c : name) {
    if (c != '_' && c != '-') squeezed += to_lower(c);
  }
  return squeezed;
}

}  // namespace

bool is_metric_name(std::string_view name) {
  const auto allowed = [](char c) { return is_letter(c) || is_digit(c) || c == ':'; };
  return !name.empty() && !is_digit(name[0]) && std::all_of(name.begin(), name.end(), allowed);
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return to_lower(x) == to_lower(y); });
}

std::string to_lower_ascii(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), to_lower);
  return lower;
}

std::optional<std::string_view> nearest_name(std::string_view name,
                                             std::span<const std::string_view> candidates) {
  if (name.size() > kComparedMax) return std::nullopt;
  const std::string squeezed = squeeze(name);
  std::size_t best_distance = squeezed.size() < 4 ? 2 : squeezed.size() < 8 ? 3 : 4;
  std::optional<std::string_view> best;
  for (const std::string_view candidate : candidates) {
    const std::string other = squeeze(candidate);
    const bool prefix = squeezed.size() >= 4 && other.size() >= 4 &&
                        (other.starts_with(squeezed) || squeezed.starts_with(other));
    const std::size_t distance = prefix ? 1 : edit_distance(squeezed, other);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates) {
  const auto nearest = nearest_name(name, candidates);
  return nearest ? fmt::format("; did you mean \"{}\"?", *nearest) : std::string();
}

}  // namespace tailrace::config
