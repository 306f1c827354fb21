// What the program shows of its configuration.
#include "daemon/config_output.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "config/load.h"
#include "tests/fakes/fake_clock.h"

namespace tailrace::daemon {
namespace {

config::Config two_clients() {
  auto loaded = config::load_text(
      "clients: [{url: http://a, bearer_token: geheim}, {url: http://b, external_labels: {env: "
      "x}}]",
      "", {});
  EXPECT_TRUE(loaded.config.has_value());
  return loaded.config.value_or(config::Config{});
}

TEST(ConfigOutput, the_text_loads_again_and_says_whose_it_is) {
  const std::string text = config_text(two_clients());
  EXPECT_EQ(text.find("---\n# tailrace, version "), 0U);
  const auto again = config::load_text(text, "", {});
  ASSERT_TRUE(again.config.has_value());
  EXPECT_EQ(again.config->clients.size(), 2U);
}

TEST(ConfigOutput, the_log_gets_it_from_the_last_line_to_the_first) {
  testing::FakeClock clock;
  std::vector<std::string> written;
  Log log(clock, {}, [&written](std::string_view text) { written.emplace_back(text); });
  log_config(two_clients(), log);
  ASSERT_GT(written.size(), 50U);
  EXPECT_NE(written.back().find("msg=---"), std::string::npos) << written.back();
  EXPECT_NE(written.front().find("when_full: block"), std::string::npos) << written.front();
}

TEST(ConfigOutput, a_dry_run_begins_with_the_clients) {
  std::string written;
  print_clients(two_clients(), {[&written](std::string_view text) { written += text; }});
  EXPECT_EQ(written.find("Clients configured:\n----------------------\nurl: http://a\n"
                         "batchwait: 1s\nbatchsize: 1048576\nauthorization:\n  type: Bearer\n"
                         "  credentials: \"<secret>\"\nfollow_redirects: true\n"),
            0U)
      << written;
  EXPECT_NE(written.find("drop_rate_limited_batches: false\n\n----------------------\nurl: "
                         "http://b\n"),
            std::string::npos);
  EXPECT_TRUE(written.ends_with("drop_rate_limited_batches: false\n\n"));
}

TEST(ConfigOutput, on_a_terminal_the_heading_is_yellow) {
  std::string written;
  print_clients(two_clients(), {[&written](std::string_view text) { written += text; },
                                TextOutput::Colours::kAnsi});
  EXPECT_TRUE(written.starts_with("\x1b[33mClients configured:\x1b[0m\n"));
}

}  // namespace
}  // namespace tailrace::daemon
