// Fuzzes the answers of OAuth2 token endpoints: refused in words, or with a token.
// libraries: tailrace_http
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "http/token_response.h"

namespace tailrace::token_response_fuzz {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto response = tailrace::http::parse_token_response(text);
  if (response) {
    TAILRACE_CHECK(!response->access_token.empty());
    TAILRACE_CHECK(response->expires_in.count() >= 0);
  } else {
    TAILRACE_CHECK(!response.error().message.empty());
  }
  return 0;
}

}  // namespace tailrace::token_response_fuzz
