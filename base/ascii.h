// Characters of ASCII by kind, whatever the locale.
#pragma once

namespace tailrace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace tailrace
