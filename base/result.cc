// Error texts for errno values.
#include "base/result.h"

#include <string.h>

#include <array>

namespace tailrace {

Error system_failure(int code, std::string_view attempt) {
  std::array<char, 128> buffer{};
  // The GNU variant: thread-safe, and the text is where the return value points.
  const char* const reason = strerror_r(code, buffer.data(), buffer.size());
  std::string message(attempt);
  message += ": ";
  message += reason;
  return Error{code, std::move(message)};
}

}  // namespace tailrace
