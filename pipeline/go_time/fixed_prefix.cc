// The begin of a layout whose tokens all have a fixed width: read at once instead of step by step.
//
// Eight bytes are checked at a time: literals by comparing under a mask, digits by two additions
// that carry out of the low half of any byte that is none.
#include "pipeline/go_time/fixed_prefix.h"

#include <algorithm>
#include <cstring>

#include "pipeline/go_time/parts.h"

namespace tailrace::pipeline::go_time {
namespace {

constexpr std::uint64_t kEach = 0x0101010101010101U;
constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};

std::uint64_t word_at(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

std::size_t width_of(Token token) {
  switch (token) {
    case Token::kLongYear:
      return 4;
    case Token::kMonth:
      return 3;
    case Token::kZeroMonth:
    case Token::kZeroDay:
    case Token::kHour:
    case Token::kZeroMinute:
    case Token::kZeroSecond:
      return 2;
    default:
      return 0;
  }
}

int two_digits(const char* at) {
  return (at[0] - '0') * 10 + (at[1] - '0');
}

// 0 when it is no month.
int month_of(const char* at) {
  const char letters[3] = {static_cast<char>(at[0] | 0x20), static_cast<char>(at[1] | 0x20),
                           static_cast<char>(at[2] | 0x20)};
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (std::memcmp(letters, kMonths[i].data(), 3) == 0) return static_cast<int>(i) + 1;
  }
  return 0;
}

}  // namespace

FixedPrefix::FixedPrefix(const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    if (!add(step)) break;
    ++steps_;
    if (step.token == Token::kZeroSecond) break;
  }
}

bool FixedPrefix::add(const Step& step) {
  const std::size_t width = width_of(step.token);
  if (width == 0 || bytes_ + step.prefix.size() + width > kBytesMax) return false;
  if (step.prefix.find("  ") != std::string::npos) return false;
  for (const char c : step.prefix) {
    literals_[bytes_] = c;
    literal_mask_[bytes_++] = '\xFF';
  }
  fields_.push_back({step.token, bytes_});
  for (std::size_t i = 0; i < width; ++i) {
    if (step.token != Token::kMonth) digit_mask_[bytes_ + i] = '\xFF';
  }
  bytes_ += width;
  return true;
}

bool FixedPrefix::read(std::string_view text, Parts& parts) const {
  if (steps_ == 0 || text.size() < bytes_) return false;
  std::array<char, kBytesMax> copy;
  const char* bytes = text.data();
  const std::size_t words = (bytes_ + 7) / 8;
  if (text.size() < words * 8) {
    copy.fill('\0');
    std::memcpy(copy.data(), bytes, bytes_);
    bytes = copy.data();
  }
  std::uint64_t wrong = 0;
  for (std::size_t i = 0; i < words * 8; i += 8) {
    const std::uint64_t word = word_at(bytes + i);
    wrong |= (word ^ word_at(&literals_[i])) & word_at(&literal_mask_[i]);
    const std::uint64_t digits = (word ^ (kEach * '0')) & word_at(&digit_mask_[i]);
    wrong |= (digits | (digits + kEach * 6)) & (kEach * 0xF0);
  }
  if (wrong != 0) return false;
  for (const Field& field : fields_) {
    const char* const at = bytes + field.at;
    switch (field.token) {
      case Token::kLongYear:
        parts.year = two_digits(at) * 100 + two_digits(at + 2);
        break;
      case Token::kMonth:
        parts.month = month_of(at);
        break;
      case Token::kZeroMonth:
        parts.month = two_digits(at);
        break;
      case Token::kZeroDay:
        parts.day = two_digits(at);
        break;
      case Token::kHour:
        parts.hour = two_digits(at);
        break;
      case Token::kZeroMinute:
        parts.minute = two_digits(at);
        break;
      default:
        parts.second = two_digits(at);
        break;
    }
  }
  return parts.month != 0 && parts.month <= 12 && parts.hour < 24 && parts.minute < 60 &&
         parts.second < 60;
}

}  // namespace tailrace::pipeline::go_time
