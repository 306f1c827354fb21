// Which keys and parts of URLs are not shown.
#include "config/secrets.h"

#include <string>

#include <gtest/gtest.h>

namespace tailrace::config {
namespace {

TEST(Secrets, keys_that_hold_them_are_known_by_name) {
  for (const char* key : {"connection_string", "passwd", "passphrase", "secret_access_key",
                          "password", "client_secret", "bearer_token", "credentials", "key",
                          "headers", "X-Api-Key", "Authorization", "values", "Cookie"}) {
    EXPECT_TRUE(is_secret_key(key)) << key;
  }
  for (const char* key : {"password_file", "token_url", "username", "keyword", "url", "value"}) {
    EXPECT_FALSE(is_secret_key(key)) << key;
  }
}

TEST(Secrets, a_private_key_is_one_whatever_it_is_called) {
  EXPECT_TRUE(is_secret_value("-----BEGIN RSA PRIVATE KEY-----\nMII"));
  EXPECT_TRUE(is_secret_value("Endpoint=sb://h/;SharedAccessKey=abc"));
  EXPECT_FALSE(is_secret_value("-----BEGIN CERTIFICATE-----\nMII"));
}

TEST(Secrets, a_url_is_shown_without_user_password_and_query) {
  struct Case {
    const char* url;
    const char* shown;
  };
  for (const Case& c :
       {Case{"http://u:p@h:1/x", "http://***@h:1/x"}, Case{"https://h/@y", "https://h/@y"},
        Case{"http://user:it's@h", "http://***@h"}, Case{"http://u:a@b@h/", "http://***@h/"},
        Case{"u:p@h:1/x", "***@h:1/x"}, Case{"//u:p@h/x", "//***@h/x"},
        Case{"http://h/x?token=abc", "http://h/x?***"},
        Case{"http://u@h?a=//b@c", "http://***@h?***"},
        Case{"http://h/push user=me", "http://h/push user=me"}, Case{"name", "name"},
        Case{"", ""}}) {
    EXPECT_EQ(shown_url(c.url), c.shown);
    EXPECT_EQ(shown_url(c.shown), c.shown);
  }
}

TEST(Secrets, urls_in_a_text_lose_user_and_password) {
  std::string text = "see http://u:p\"'@h/x and https://h/y, ftp://a@b";
  mask_urls(text);
  EXPECT_EQ(text, "see http://***@h/x and https://h/y, ftp://***@b");
}

TEST(Secrets, messages_show_no_queries) {
  struct Case {
    const char* text;
    const char* shown;
  };
  for (const Case& c :
       {Case{"at http://u:p@h/x?token=abc&b=c: refused", "at http://***@h/x?*** refused"},
        Case{"{url: 'http://h/?q=abc', x: 1}", "{url: 'http://h/?***', x: 1}"},
        Case{"expression: 'http://h/(?P<a>.*)=b'", "expression: 'http://h/(?P<a>.*)=b'"},
        Case{"why? a=b", "why? a=b"}, Case{"http://h/? a=b", "http://h/? a=b"}}) {
    std::string text = c.text;
    mask_urls_and_queries(text);
    EXPECT_EQ(text, c.shown);
  }
}

}  // namespace
}  // namespace tailrace::config
