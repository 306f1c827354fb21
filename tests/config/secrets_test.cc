// Which keys and parts of URLs are not shown.
#include "config/secrets.h"

#include <string>

#include <gtest/gtest.h>

namespace tailrace::config {
namespace {

TEST(Secrets, keys_that_hold_them_are_known_by_name) {
  for (const char* key : {"password", "client_secret", "bearer_token", "credentials", "key",
                          "headers", "X-Api-Key", "Authorization", "values", "Cookie"}) {
    EXPECT_TRUE(is_secret_key(key)) << key;
  }
  for (const char* key : {"password_file", "token_url", "username", "keyword", "url", "value"}) {
    EXPECT_FALSE(is_secret_key(key)) << key;
  }
}

TEST(Secrets, urls_lose_user_and_password) {
  std::string text = "see http://u:p@h/x and https://h/@y, ftp://a@b";
  mask_urls(text);
  EXPECT_EQ(text, "see http://***@h/x and https://h/@y, ftp://***@b");
}

}  // namespace
}  // namespace tailrace::config
