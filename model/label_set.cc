// Label sets: sorted name/value pairs, interned per worker so that a stream is a pointer.
#include "model/label_set.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace tailrace {
namespace {

// An odd constant with well-mixed bits (the golden ratio in 64 bits).
constexpr std::uint64_t kMix = 0x9E3779B97F4A7C15ULL;

std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * kMix;
  return hash ^ (hash >> 32U);
}

// One code point at the front of a text.
struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 0;  // 0: not valid UTF-8.
};

constexpr bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

CodePoint decode(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return {.value = first, .bytes = 1};
  const std::size_t bytes = first < 0xC2   ? 0
                            : first < 0xE0 ? 2
                            : first < 0xF0 ? 3
                            : first < 0xF5 ? 4
                                           : 0;
  if (bytes == 0 || text.size() < bytes) return {};
  char32_t value = first & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if (!is_continuation(text[i])) return {};
    value = (value << 6U) | (byte(i) & 0x3FU);
  }
  const bool overlong = (bytes == 3 && value < 0x800) || (bytes == 4 && value < 0x10000);
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (overlong || surrogate || value > 0x10FFFF) return {};
  return {.value = value, .bytes = bytes};
}

struct Range {
  char32_t first;
  char32_t last;
};

// Controls, format characters, separators and private use: what Go's strconv.Quote escapes, except
// code points that no Unicode version has assigned yet. Those stay as they are, which Loki reads
// back just the same.
constexpr std::array kNotPrintable = {
    Range{0x7F, 0xA0},       Range{0xAD, 0xAD},       Range{0x600, 0x605},
    Range{0x61C, 0x61C},     Range{0x6DD, 0x6DD},     Range{0x70F, 0x70F},
    Range{0x890, 0x891},     Range{0x8E2, 0x8E2},     Range{0x1680, 0x1680},
    Range{0x180E, 0x180E},   Range{0x2000, 0x200F},   Range{0x2028, 0x202F},
    Range{0x205F, 0x2064},   Range{0x2066, 0x206F},   Range{0x3000, 0x3000},
    Range{0xD800, 0xF8FF},   Range{0xFDD0, 0xFDEF},   Range{0xFEFF, 0xFEFF},
    Range{0xFFF9, 0xFFFB},   Range{0x110BD, 0x110BD}, Range{0x110CD, 0x110CD},
    Range{0x13430, 0x13438}, Range{0x1BCA0, 0x1BCA3}, Range{0x1D173, 0x1D17A},
    Range{0xE0001, 0xE0001}, Range{0xE0020, 0xE007F}, Range{0xF0000, 0x10FFFF},
};

bool is_printable(char32_t value) {
  if ((value & 0xFFFEU) == 0xFFFEU) return false;  // The last two of each plane are no characters.
  const auto* const found =
      std::partition_point(kNotPrintable.begin(), kNotPrintable.end(),
                           [value](const Range& range) { return range.last < value; });
  return found == kNotPrintable.end() || value < found->first;
}

// The escapes of ASCII; '\0' where there is none of two characters.
char short_escape(char32_t value) {
  switch (value) {
    case '"':
      return '"';
    case '\\':
      return '\\';
    case '\a':
      return 'a';
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\v':
      return 'v';
    default:
      return '\0';
  }
}

void append_hex(std::string& out, char letter, std::size_t digits, char32_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += '\\';
  out += letter;
  for (std::size_t shift = digits * 4; shift != 0;) {
    shift -= 4;
    out += kDigits[(value >> shift) & 0xFU];
  }
}

void append_escaped(std::string& out, char32_t value, std::string_view raw) {
  if (const char letter = short_escape(value); letter != '\0') {
    out += '\\';
    out += letter;
  } else if (value < 0x20 || value == 0x7F) {
    append_hex(out, 'x', 2, value);
  } else if (value < 0x7F || is_printable(value)) {
    out += raw;
  } else {
    value < 0x10000 ? append_hex(out, 'u', 4, value) : append_hex(out, 'U', 8, value);
  }
}

bool same_pairs(std::span<const LabelPair> a, std::span<const LabelPair> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const LabelPair& x, const LabelPair& y) {
                      return x.value == y.value && x.name == y.name;
                    });
}

}  // namespace

std::uint64_t hash_text(std::string_view text, std::uint64_t seed) {
  std::uint64_t hash = mix(seed, text.size());
  std::uint64_t word = 0;
  while (text.size() >= sizeof word) {
    std::memcpy(&word, text.data(), sizeof word);
    hash = mix(hash, word);
    text.remove_prefix(sizeof word);
  }
  if (text.empty()) return hash;
  word = 0;
  std::memcpy(&word, text.data(), text.size());
  return mix(hash, word);
}

std::uint64_t hash_labels(std::span<const LabelPair> sorted_pairs) {
  std::uint64_t hash = kMix;
  for (const LabelPair& pair : sorted_pairs) {
    hash = hash_text(pair.value, hash_text(pair.name, hash));
  }
  return hash;
}

LabelSet::LabelSet(std::span<const LabelPair> pairs, std::uint32_t index, std::uint64_t serial)
    : serial_(serial), index_(index) {
  std::vector<LabelPair> sorted(pairs.begin(), pairs.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const LabelPair& a, const LabelPair& b) { return a.name < b.name; });
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (i + 1 < sorted.size() && sorted[i].name == sorted[i + 1].name) continue;
    pairs_.push_back(sorted[i]);
    bytes += sorted[i].name.size() + sorted[i].value.size();
  }
  storage_.reserve(bytes);  // So that the views stay valid.
  const auto keep = [this](std::string_view text) {
    const std::size_t begin = storage_.size();
    storage_ += text;
    return std::string_view(storage_.data() + begin, text.size());
  };
  for (LabelPair& pair : pairs_)
    pair = {.name = keep(pair.name), .value = keep(pair.value)};
  hash_ = hash_labels(pairs_);
}

const std::string_view* LabelSet::find(std::string_view name) const {
  for (const LabelPair& pair : pairs_) {
    if (pair.name == name) return &pair.value;
  }
  return nullptr;
}

std::string LabelSet::text() const {
  std::string result = "{";
  for (const LabelPair& pair : pairs_) {
    if (result.size() > 1) result += ", ";
    result += pair.name;
    result += '=';
    append_go_quoted(result, pair.value);
  }
  result += '}';
  return result;
}

void append_go_quoted(std::string& out, std::string_view value) {
  out += '"';
  while (!value.empty()) {
    const CodePoint point = decode(value);
    if (point.bytes == 0) {
      append_hex(out, 'x', 2, static_cast<unsigned char>(value.front()));
      value.remove_prefix(1);
      continue;
    }
    append_escaped(out, point.value, value.substr(0, point.bytes));
    value.remove_prefix(point.bytes);
  }
  out += '"';
}

bool is_label_name(std::string_view name) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (name.empty() || !is_letter(name.front())) return false;
  return std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

bool is_valid_utf8(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;
  while (!text.empty()) {
    std::uint64_t word = 0;
    if (text.size() >= sizeof word) {
      std::memcpy(&word, text.data(), sizeof word);
      if ((word & kHighBits) == 0) {
        text.remove_prefix(sizeof word);
        continue;
      }
    }
    const CodePoint point = decode(text);
    if (point.bytes == 0) return false;
    text.remove_prefix(point.bytes);
  }
  return true;
}

const LabelSet& LabelSetTable::intern(std::span<const LabelPair> sorted_pairs) {
  const std::uint64_t hash = hash_labels(sorted_pairs);
  const auto [first, last] = sets_.equal_range(hash);
  for (auto i = first; i != last; ++i) {
    const LabelSet& set = *i->second;
    if (!same_pairs(set.pairs(), sorted_pairs)) continue;
    set.mark_used(sweeps_);
    return set;
  }
  std::uint32_t index = next_index_;
  if (free_indices_.empty()) {
    ++next_index_;
  } else {
    index = free_indices_.back();
    free_indices_.pop_back();
  }
  auto set = std::make_unique<LabelSet>(sorted_pairs, index, next_serial_++);
  set->mark_used(sweeps_);
  return *sets_.emplace(hash, std::move(set))->second;
}

void LabelSetTable::sweep() {
  ++sweeps_;
  std::erase_if(sets_, [this](const auto& item) {
    const LabelSet& set = *item.second;
    if (set.pinned() || set.last_used() + 1 >= sweeps_) return false;
    free_indices_.push_back(set.index());
    return true;
  });
}

}  // namespace tailrace
