// What the functions of one template keep from call to call.
#include "pipeline/go_template/runtime.h"

#include <locale.h>

#include <cwctype>
#include <utility>

namespace tailrace::pipeline::go_template {

// The C library's tables, in a locale of our own: the process's stays as it is.
struct Runtime::Characters {
  Characters() : locale(newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{})) {}
  ~Characters() {
    if (locale != locale_t{}) freelocale(locale);
  }
  Characters(const Characters&) = delete;
  Characters& operator=(const Characters&) = delete;

  const locale_t locale;
};

Runtime::Runtime(Surroundings surroundings)
    : surroundings_(std::move(surroundings)), characters_(std::make_unique<Characters>()) {}
Runtime::~Runtime() = default;

RegexScanner* Runtime::regex(std::string_view pattern) {
  const auto known = patterns_.find(pattern);
  if (known != patterns_.end()) return known->second.get();
  auto scanner = RegexScanner::create(pattern);
  if (patterns_.size() >= kPatternsMax) patterns_.clear();
  return patterns_
      .emplace(std::string(pattern), scanner.has_value() ? std::move(*scanner) : nullptr)
      .first->second.get();
}

std::uint32_t Runtime::lower(std::uint32_t code_point) const {
  if (code_point < 0x80) {
    return code_point >= 'A' && code_point <= 'Z' ? code_point + 32 : code_point;
  }
  if (characters_->locale == locale_t{}) return code_point;
  return static_cast<std::uint32_t>(
      towlower_l(static_cast<wint_t>(code_point), characters_->locale));
}

std::uint32_t Runtime::upper(std::uint32_t code_point) const {
  if (code_point < 0x80) {
    return code_point >= 'a' && code_point <= 'z' ? code_point - 32 : code_point;
  }
  if (characters_->locale == locale_t{}) return code_point;
  return static_cast<std::uint32_t>(
      towupper_l(static_cast<wint_t>(code_point), characters_->locale));
}

bool Runtime::is_letter(std::uint32_t code_point) const {
  if (code_point < 0x80) return lower(code_point) >= 'a' && lower(code_point) <= 'z';
  return characters_->locale != locale_t{} &&
         iswalpha_l(static_cast<wint_t>(code_point), characters_->locale) != 0;
}

}  // namespace tailrace::pipeline::go_template
