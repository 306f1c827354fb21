// The block `journal`: defaults, durations, matches.
#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "config/journal_config.h"
#include "tests/config/loading.h"

namespace tailrace::config {
namespace {

JournalConfig parsed(const std::string& block) {
  const Config config = valid(
      "clients: [{url: http://a}]\nscrape_configs:\n- job_name: a\n  journal: " + block + "\n");
  return std::get<JournalConfig>(config.scrape_configs.at(0).inputs.at(0));
}

TEST(ParseJournal, has_promtails_defaults) {
  const JournalConfig journal = parsed("{}");
  EXPECT_EQ(journal, JournalConfig{});
  EXPECT_EQ(journal.max_age, std::chrono::hours(7));
}

TEST(ParseJournal, reads_every_key) {
  const JournalConfig journal = parsed(
      "{path: /var/log/journal, max_age: 12h, json: true, labels: {job: x, q: 1}, matches: A=b}");
  EXPECT_EQ(journal.path, "/var/log/journal");
  EXPECT_EQ(journal.max_age, std::chrono::hours(12));
  EXPECT_TRUE(journal.json);
  EXPECT_EQ(journal.labels, (std::map<std::string, std::string>{{"job", "x"}, {"q", "1"}}));
  EXPECT_EQ(journal.matches, std::vector<std::string>{"A=b"});
}

TEST(ParseJournal, an_age_may_be_of_days) {
  EXPECT_EQ(parsed("{max_age: ''}").max_age, std::chrono::hours(7));
  EXPECT_EQ(parsed("{max_age: 1d}").max_age, std::chrono::hours(24));
  EXPECT_EQ(parsed("{max_age: 1w2d}").max_age, std::chrono::hours(9 * 24));
  EXPECT_EQ(parsed("{max_age: 1.5h}").max_age, std::chrono::minutes(90));
  EXPECT_EQ(parsed("{max_age: -5s}").max_age, std::chrono::seconds(-5));
}

TEST(ParseJournal, matches_are_separated_by_blanks) {
  EXPECT_EQ(parsed("{matches: \"  PRIORITY=3 _SYSTEMD_UNIT=a=b.service\\t\\nX=\"}").matches,
            (std::vector<std::string>{"PRIORITY=3", "_SYSTEMD_UNIT=a=b.service", "X="}));
  EXPECT_TRUE(parsed("{matches: ' '}").matches.empty());
}

}  // namespace
}  // namespace tailrace::config
