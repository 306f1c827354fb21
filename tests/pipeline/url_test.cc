// URLs as Go's net/url takes them apart.
#include "pipeline/go_template/url.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::pipeline::go_template {
namespace {

// scheme|opaque|userinfo|host|hostname|path|query|fragment
std::string parts_of(std::string_view text) {
  const auto url = parse_url(text);
  if (!url) return "refused";
  return url->scheme + "|" + url->opaque + "|" + url->userinfo + "|" + url->host + "|" +
         std::string(url->hostname()) + "|" + url->path + "|" + url->query + "|" + url->fragment;
}

struct UrlCase {
  std::string text;
  std::string parts;
};

TEST(Url, is_taken_apart) {
  const std::vector<UrlCase> cases = {
      {"", "|||||||"},
      {"*", "|||||*||"},
      {"/a/b", "|||||/a/b||"},
      {"a/b:c", "|||||a/b:c||"},
      {"a:b/c", "a|b/c||||||"},
      {"1a:b", "refused"},
      {":a", "refused"},
      {"HTTP://Host/Path", "http|||Host|Host|/Path||"},
      {"http://h?q?r#f#g", "http|||h|h||q?r|f#g"},
      {"http://h/?", "http|||h|h|/||"},
      {"mailto:a@b?c", "mailto|a@b|||||c|"},
      {"file:///a", "file|||||/a||"},
      {"///a", "|||||///a||"},
      {"//h:1/a", "|||h:1|h|/a||"},
      {"http://a@b@c/", "http||a%40b|c|c|/||"},
      {"http://a:b%40@c/", "http||a:b%40|c|c|/||"},
      {"http://:p@h", "http||:p|h|h|||"},
      {"http://h:x/", "refused"},
      {"http://[::1]:80/", "http|||[::1]:80|::1|/||"},
      {"http://[fe80::1%25en0]/", "http|||[fe80::1%en0]|fe80::1%en0|/||"},
      {"http://[::1/", "refused"},
      {"http://[::1]x/", "refused"},
      {"http://a%41/", "refused"},
      {"http://a%C3%A9/", "http|||a\xC3\xA9|a\xC3\xA9|/||"},
      {"http://h/%zz", "refused"},
      {"http://h/%4", "refused"},
      {"http://h/%41#%zz", "refused"},
      {"http://h/%41%2f", "http|||h|h|/A/||"},
      {"http://h/a\x01", "refused"},
      {"http://h/a b", "http|||h|h|/a b||"},
  };
  for (const UrlCase& one : cases)
    EXPECT_EQ(parts_of(one.text), one.parts) << one.text;
}

TEST(Url, is_put_together_again) {
  const std::vector<std::string> same = {"http://u:p@h:80/a/b?c=d#e",
                                         "/a",
                                         "a",
                                         "mailto:a@b",
                                         "//h/a",
                                         "http://h",
                                         "*",
                                         "file:///a",
                                         "http://[::1]:80/",
                                         "s:",
                                         "?q",
                                         "#f",
                                         "http://h/a%20b%3Fc:d@e&f=g+h$i,j;k/%C3%A9#%20!()*'"};
  for (const std::string& text : same) {
    const auto url = parse_url(text);
    ASSERT_TRUE(url.has_value()) << text;
    EXPECT_EQ(url->text(), text == same.back() ? text.substr(0, text.size() - 1) + "%27" : text);
  }
  Url url;
  url.path = "a:b";
  EXPECT_EQ(url.text(), "./a:b");
  url.host = "h";
  EXPECT_EQ(url.text(), "//h/a:b");
}

}  // namespace
}  // namespace tailrace::pipeline::go_template
