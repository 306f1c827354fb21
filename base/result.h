// What a function returns that can fail: a value or an Error.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace tailrace {

// What went wrong. Callers decide by `code`, never by the text.
struct Error {
  // An errno value where the system gave one; the k... constants below otherwise.
  int code = kOther;
  // One sentence for a person, without a final full stop: "open /var/log/a: Permission denied".
  std::string message;

  static constexpr int kOther = -1;
  static constexpr int kInvalid = -2;    // Malformed input (configuration, file format).
  static constexpr int kCorrupt = -3;    // A checksum or an invariant of stored data fails.
  static constexpr int kExhausted = -4;  // A limit of our own was reached.
};

// A value or an Error; ignoring one does not compile. The base class becomes std::expected one day.
template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

using Status = Result<void>;

// `return fail(EACCES, "...")` in a function that returns a Result.
inline tl::unexpected<Error> fail(int code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}
inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

// The system's words for an errno value behind what was tried: "open /var/log/a: Permission
// denied".
Error system_failure(int code, std::string_view attempt);

}  // namespace tailrace
