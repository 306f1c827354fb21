// What may not be shown: which keys hold secrets, and passwords in URLs.
#pragma once

#include <string>
#include <string_view>

namespace tailrace::config {

// Stands in a configuration dump where a secret was; as Promtail's.
inline constexpr std::string_view kSecretPlaceholder = "<secret>";

// Whether the values of a key, of whatever block, are secret. Headers are as a whole: their names
// are anybody's.
bool is_secret_key(std::string_view key);

// Replaces user and password of every URL in `text`.
void mask_urls(std::string& text);

}  // namespace tailrace::config
