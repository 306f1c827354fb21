// What an OAuth2 token endpoint answers.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tailrace::http {

struct TokenResponse {
  std::string access_token;
  std::string token_type;             // As it stands there; often empty or "bearer".
  std::chrono::seconds expires_in{};  // 0: never.
};

// Reads the JSON object of RFC 6749, 5.1. Only the three members above are looked at.
// Errors: kInvalid for what is not such an object or has no access_token.
Result<TokenResponse> parse_token_response(std::string_view json);

}  // namespace tailrace::http
