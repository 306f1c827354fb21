// Base64, read and written.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tailrace::receivers {

// The standard alphabet or the one for URLs, with or without padding; nothing when it is neither.
std::optional<std::string> decode_base64(std::string_view text);

// The standard alphabet, padded.
std::string encode_base64(std::string_view bytes);

}  // namespace tailrace::receivers
