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

// Whether a text is or holds a secret, whatever its key is called: a private key, a key in a
// connection string.
bool is_secret_value(std::string_view text);

// Whether a key's value is a URL, which may hold a password.
bool is_url_key(std::string_view key);

// A URL, or a client's key that begins with one, as it may be shown: *** instead of user, password
// and query.
std::string shown_url(std::string_view url);

// Replaces user and password of every URL somewhere in `text`: up to the last '@' before a blank.
void mask_urls(std::string& text);

// The same, and what stands in their queries (`?token=...`): for messages. In a text that is read
// again, an expression for instance, a `?` may be no query.
void mask_urls_and_queries(std::string& text);

}  // namespace tailrace::config
