// Finds wanted fields of a JSON object in one pass, without building a tree.
//
// Of equal keys the last wins, so a field is written again each time its key comes, and a field
// with wanted fields below it forgets these first. Names are compared one by one: the few that a
// pipeline wants are found faster so than through a hash.
#include "pipeline/json/field_scanner.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "pipeline/json/json_text.h"

namespace tailrace::pipeline::json {
namespace {

// A number of this many bytes without exponent cannot exceed what a double holds.
constexpr std::ptrdiff_t kSafeNumberBytes = 300;

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

const char* skip_blanks(const char* at, const char* end) {
  while (at != end && is_blank(*at))
    ++at;
  return at;
}

bool ends_run(char c) {
  return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
}

// The first quote, backslash or control character.
const char* find_run_end(const char* at, const char* end) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i last_control = _mm_set1_epi8(0x1F);
  while (end - at >= 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes);
    const __m128i special =
        _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash));
    const int mask = _mm_movemask_epi8(_mm_or_si128(special, control));
    if (mask != 0) return at + std::countr_zero(static_cast<unsigned>(mask));
    at += 16;
  }
#endif
  while (at != end && !ends_run(*at))
    ++at;
  return at;
}

// Behind an escape; `at` is on the backslash.
const char* skip_escape(const char* at, const char* end) {
  if (end - at < 2) return nullptr;
  const char kind = at[1];
  if (kind != 'u') {
    return std::string_view("\"\\/bfnrt").find(kind) == std::string_view::npos ? nullptr : at + 2;
  }
  if (end - at < 6) return nullptr;
  for (int i = 2; i < 6; ++i) {
    const char c = at[i];
    const bool hexadecimal =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (!hexadecimal) return nullptr;
  }
  return at + 6;
}

struct StringEnd {
  const char* quote = nullptr;  // Null: malformed.
  bool escaped = false;
};

// `at` is behind the opening quote.
StringEnd find_string_end(const char* at, const char* end) {
  StringEnd result;
  while (true) {
    at = find_run_end(at, end);
    if (at == end) return {};
    if (*at == '"') {
      result.quote = at;
      return result;
    }
    if (*at != '\\') return {};
    result.escaped = true;
    at = skip_escape(at, end);
    if (at == nullptr) return {};
  }
}

const char* skip_string(const char* at, const char* end) {
  const StringEnd string = find_string_end(at + 1, end);
  return string.quote == nullptr ? nullptr : string.quote + 1;
}

bool is_digit(const char* at, const char* end) {
  return at != end && *at >= '0' && *at <= '9';
}

const char* skip_digits(const char* at, const char* end) {
  if (!is_digit(at, end)) return nullptr;
  while (is_digit(at, end))
    ++at;
  return at;
}

// Null also for a number beyond the range of a double.
const char* skip_number(const char* begin, const char* end) {
  const char* at = begin;
  if (*at == '-') ++at;
  if (at != end && *at == '0') {
    ++at;
  } else if (at = skip_digits(at, end); at == nullptr) {
    return nullptr;
  }
  if (at != end && *at == '.') {
    at = skip_digits(at + 1, end);
    if (at == nullptr) return nullptr;
  }
  bool check_range = at - begin > kSafeNumberBytes;
  if (at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at != end && (*at == '+' || *at == '-')) ++at;
    at = skip_digits(at, end);
    if (at == nullptr) return nullptr;
    check_range = true;
  }
  if (check_range && !to_double({begin, static_cast<std::size_t>(at - begin)})) return nullptr;
  return at;
}

const char* skip_word(const char* at, const char* end, std::string_view word) {
  if (static_cast<std::size_t>(end - at) < word.size()) return nullptr;
  if (std::memcmp(at, word.data(), word.size()) != 0) return nullptr;
  return at + word.size();
}

}  // namespace

FieldScanner::FieldScanner(const std::vector<std::vector<std::string>>& paths) : fields_(1) {
  for (std::uint32_t i = 0; i < paths.size(); ++i) {
    std::uint32_t field = 0;
    for (const std::string& name : paths[i])
      field = find_or_add_child(field, name);
    fields_[field].outputs.push_back(i);
  }
}

std::uint32_t FieldScanner::find_or_add_child(std::uint32_t parent, const std::string& name) {
  const std::uint32_t known = child_of(fields_[parent], name);
  if (known != kNoField) return known;
  const auto added = static_cast<std::uint32_t>(fields_.size());
  Field& field = fields_.emplace_back();
  field.name = name;
  field.sibling = fields_[parent].first_child;
  fields_[parent].first_child = added;
  return added;
}

std::uint32_t FieldScanner::child_of(const Field& parent, std::string_view name) const {
  for (std::uint32_t i = parent.first_child; i != kNoField; i = fields_[i].sibling) {
    const std::string& candidate = fields_[i].name;
    if (candidate.size() == name.size() &&
        std::memcmp(candidate.data(), name.data(), name.size()) == 0) {
      return i;
    }
  }
  return kNoField;
}

void FieldScanner::clear(const Field& field, std::span<Value> out) const {
  put(field, Value::nil(), out);
  for (std::uint32_t i = field.first_child; i != kNoField; i = fields_[i].sibling) {
    clear(fields_[i], out);
  }
}

void FieldScanner::put(const Field& field, const Value& value, std::span<Value> out) {
  for (const std::uint32_t i : field.outputs)
    out[i] = value;
}

FieldScanner::Outcome FieldScanner::scan(std::string_view text, std::span<Value> out,
                                         Arena& arena) {
  std::fill(out.begin(), out.end(), Value::nil());
  end_ = text.data() + text.size();
  out_ = out;
  arena_ = &arena;
  depth_ = 0;
  const char* at = skip_blanks(text.data(), end_);
  if (at == end_) return Outcome::kMalformed;
  if (*at == 'n') {
    at = skip_word(at, end_, "null");  // An object without members, to Promtail.
  } else {
    at = *at == '{' ? object(at, fields_.front()) : nullptr;
  }
  if (at == nullptr) return Outcome::kMalformed;
  return skip_blanks(at, end_) == end_ ? Outcome::kOk : Outcome::kMalformed;
}

// Reads a key, the colon and the blanks behind it; `at` is on the opening quote.
const char* FieldScanner::member_key(const char* at, std::string_view& key) {
  if (at == end_ || *at != '"') return nullptr;
  const StringEnd string = find_string_end(at + 1, end_);
  if (string.quote == nullptr) return nullptr;
  key = {at + 1, static_cast<std::size_t>(string.quote - at - 1)};
  if (string.escaped) {
    char* const copy = arena_->allocate(key.size());
    const auto length = unescape(key, copy);
    if (!length) return nullptr;
    key = {copy, *length};
  }
  at = skip_blanks(string.quote + 1, end_);
  if (at == end_ || *at != ':') return nullptr;
  return skip_blanks(at + 1, end_);
}

// Recurses along wanted paths only, so to the depth of the longest of them.
const char* FieldScanner::object(const char* at, const Field& field) {
  ++depth_;
  at = skip_blanks(at + 1, end_);
  if (at != end_ && *at == '}') {
    --depth_;
    return at + 1;
  }
  while (true) {
    std::string_view key;
    at = member_key(at, key);
    if (at == nullptr || at == end_) return nullptr;
    const std::uint32_t child = child_of(field, key);
    at = child == kNoField ? skip_value(at) : wanted_value(at, fields_[child]);
    if (at == nullptr) return nullptr;
    at = skip_blanks(at, end_);
    if (at == end_) return nullptr;
    if (*at == '}') {
      --depth_;
      return at + 1;
    }
    if (*at != ',') return nullptr;
    at = skip_blanks(at + 1, end_);
  }
}

const char* FieldScanner::wanted_value(const char* at, const Field& field) {
  if (field.first_child != kNoField) clear(field, out_);
  const char c = *at;
  if (c == '"') return wanted_string(at, field);
  if (c == '{' || c == '[') return wanted_container(at, field);
  const char* const behind = skip_scalar(at);
  if (behind == nullptr) return nullptr;
  if (c == 't' || c == 'f') {
    put(field, Value::of_bool(c == 't'), out_);
  } else if (c == 'n') {
    put(field, Value::nil(), out_);
  } else if (!field.outputs.empty()) {
    const auto number = to_double({at, static_cast<std::size_t>(behind - at)});
    if (!number) return nullptr;
    put(field, Value::of(*number), out_);
  }
  return behind;
}

const char* FieldScanner::wanted_string(const char* at, const Field& field) {
  const StringEnd string = find_string_end(at + 1, end_);
  if (string.quote == nullptr) return nullptr;
  std::string_view text(at + 1, static_cast<std::size_t>(string.quote - at - 1));
  if (string.escaped) {
    char* const copy = arena_->allocate(text.size());
    const auto length = unescape(text, copy);
    if (!length) return nullptr;
    text = {copy, *length};
  }
  put(field, Value::of(text), out_);
  return string.quote + 1;
}

const char* FieldScanner::wanted_container(const char* at, const Field& field) {
  const bool descend = *at == '{' && field.first_child != kNoField;
  const char* const behind = descend ? object(at, field) : skip_value(at);
  if (behind == nullptr || field.outputs.empty()) return behind;
  const std::string_view text(at, static_cast<std::size_t>(behind - at));
  if (document_.parse(text, *arena_) != Document::Outcome::kOk) return nullptr;
  rendered_.clear();
  document_.append_text(rendered_, document_.root());
  put(field, Value::of(arena_->copy(rendered_)), out_);
  return behind;
}

const char* FieldScanner::skip_scalar(const char* at) const {
  switch (*at) {
    case '"':
      return skip_string(at, end_);
    case 't':
      return skip_word(at, end_, "true");
    case 'f':
      return skip_word(at, end_, "false");
    case 'n':
      return skip_word(at, end_, "null");
    default:
      return skip_number(at, end_);
  }
}

const char* FieldScanner::skip_value(const char* at) {
  if (*at != '{' && *at != '[') return skip_scalar(at);
  const std::size_t outside = depth_;
  const auto push = [&](bool object) {
    const std::uint64_t bit = std::uint64_t{1} << (depth_ % 64);
    std::uint64_t& word = is_object_[depth_ / 64];
    word = object ? word | bit : word & ~bit;
    ++depth_;
  };
  const auto in_object = [&] {
    return ((is_object_[(depth_ - 1) / 64] >> ((depth_ - 1) % 64)) & 1U) != 0;
  };
  while (true) {
    // At a value.
    if (at == end_) return nullptr;
    bool opened = false;
    if (*at == '{' || *at == '[') {
      if (depth_ >= kDepthMax) return nullptr;
      const char closing = *at == '{' ? '}' : ']';
      push(*at == '{');
      at = skip_blanks(at + 1, end_);
      if (at == end_) return nullptr;
      opened = *at != closing;
    } else {
      at = skip_scalar(at);
      if (at == nullptr) return nullptr;
    }
    // Behind a value: close what ends here.
    while (!opened) {
      if (depth_ == outside) return at;
      at = skip_blanks(at, end_);
      if (at == end_) return nullptr;
      if (*at == ',') {
        at = skip_blanks(at + 1, end_);
        break;
      }
      if (*at != (in_object() ? '}' : ']')) return nullptr;
      --depth_;
      ++at;
    }
    if (in_object()) {
      if (at == end_ || *at != '"') return nullptr;
      at = skip_string(at, end_);
      if (at == nullptr) return nullptr;
      at = skip_blanks(at, end_);
      if (at == end_ || *at != ':') return nullptr;
      at = skip_blanks(at + 1, end_);
    }
  }
}

}  // namespace tailrace::pipeline::json
