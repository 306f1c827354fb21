// Which paths are pages.
#include "http/page_path.h"

#include <gtest/gtest.h>

namespace tailrace::http {
namespace {

TEST(PagePath, a_prefix_has_a_slash_in_front_and_none_behind) {
  EXPECT_EQ(normal_prefix(""), "");
  EXPECT_EQ(normal_prefix("/"), "");
  EXPECT_EQ(normal_prefix("/p"), "/p");
  EXPECT_EQ(normal_prefix("/p/q//"), "/p/q");
  EXPECT_EQ(normal_prefix("p/"), "/p");
}

TEST(PagePath, only_what_is_below_the_prefix_is_a_page) {
  EXPECT_EQ(below_prefix("/ready", ""), "/ready");
  EXPECT_EQ(below_prefix("/p/ready", "/p"), "/ready");
  EXPECT_EQ(below_prefix("/p/", "/p"), "/");
  for (const char* path : {"/ready", "/p", "/pready", "/", "", "/q/ready"})
    EXPECT_FALSE(below_prefix(path, "/p")) << path;
}

}  // namespace
}  // namespace tailrace::http
