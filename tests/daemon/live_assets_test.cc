// The files of the live page in the program.
#include "daemon/live_assets.h"

#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace tailrace::daemon {
namespace {

TEST(LiveAssets, are_the_files_of_the_source_tree) {
  const std::string names[] = {"index.html", "live.css", "live.js"};
  ASSERT_EQ(live_assets().size(), std::size(names));
  for (std::size_t i = 0; i < std::size(names); ++i) {
    std::ifstream file(std::string(TAILRACE_SOURCE_DIR) + "/daemon/live/" + names[i]);
    std::ostringstream text;
    text << file.rdbuf();
    EXPECT_EQ(live_assets()[i].body, text.str()) << names[i];
    EXPECT_GT(text.str().size(), 1000U);
  }
}

TEST(LiveAssets, name_nothing_of_another_host) {
  for (const LiveAsset& asset : live_assets()) {
    EXPECT_EQ(asset.body.find("://"), std::string_view::npos) << asset.path;
    EXPECT_EQ(asset.body.find("innerHTML"), std::string_view::npos) << asset.path;
  }
}

}  // namespace
}  // namespace tailrace::daemon
