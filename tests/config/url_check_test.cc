// URLs that a client can be given.
#include "config/url_check.h"

#include <gtest/gtest.h>

namespace tailrace::config {
namespace {

TEST(UrlCheck, accepts_urls_and_texts_without_scheme) {
  for (const char* url : {"http://loki:3100/loki/api/v1/push",
                          "https://u:p@h/x?y=z:w#f",
                          "http://[::1]:3100/",
                          "http://h:",
                          "loki/push",
                          "",
                          "/a:b",
                          "http://h/%41",
                          "http://h/a b",
                          "HTTP+x://h",
                          "http://u:p%20@h",
                          "http://a<b>",
                          "http://a'b",
                          "http://a!$&()*+,;=b",
                          "http://a~b_c",
                          "http://h%25",
                          "http://h%C3%A9/",
                          "http://[fe80::1%25eth0]/",
                          "http://@h",
                          "http://u:p!$&()*+,;=~@h",
                          "http://a:b@c@d/",
                          "http://h/{a}",
                          "http://h?a=}",
                          "http://h#}"}) {
    EXPECT_EQ(find_url_fault(url), std::nullopt) << url;
  }
}

TEST(UrlCheck, finds_faults) {
  for (const char* url : {"http://h:port/",
                          "http://h:80x",
                          "ht tp://h",
                          "%zz",
                          "http://h/%4",
                          "http://h/%g1",
                          "http:///path",
                          "http://[::1/",
                          "http://[::1]80/",
                          "http://a b/",
                          ":x",
                          "1http://h",
                          "http://h/\x01",
                          "http://u@",
                          "http://a}b/",
                          "http://a{b",
                          "http://a|b",
                          "http://a\\b",
                          "http://a^b",
                          "http://a`b",
                          "http://[}]/",
                          "http://h%41",
                          "//}/x",
                          "http://u<:p@h",
                          "http://u:p^w@h",
                          "http://u:p\xc3\xa9@h",
                          "http://u:p[w@h",
                          "http://u:p\"@h",
                          "http://u:p w@h"}) {
    EXPECT_NE(find_url_fault(url), std::nullopt) << url;
  }
}

TEST(UrlCheck, shows_no_password) {
  EXPECT_EQ(find_url_fault("http://user:secret@h:x/")->find("secret"), std::string::npos);
  EXPECT_EQ(find_url_fault("http://user:sec{ret@h/")->find("sec"), std::string::npos);
}

TEST(UrlCheck, tells_urls_that_can_be_sent_to_by_their_scheme) {
  for (const char* url : {"http://h", "https://h", "HTTP://h", "Https://h/"}) {
    EXPECT_TRUE(has_http_scheme(url)) << url;
  }
  for (const char* url : {"", "h", "h:80/x", "http:/h", "http//h", "ftp://h", "httpx://h"}) {
    EXPECT_FALSE(has_http_scheme(url)) << url;
  }
}

}  // namespace
}  // namespace tailrace::config
