// What is written back for Promtail.
#include "daemon/migrate/promtail_positions.h"

#include <string>

#include <gtest/gtest.h>

#include "positions/positions_file.h"

namespace tailrace::daemon::migrate {
namespace {

TEST(PromtailPositions, have_no_checks_and_mean_the_same) {
  positions::PositionTable table;
  table["/var/log/a.log"] = {"1234"};
  table["/odd # 0123456789ab"] = {"5"};
  table["/" + std::string(200, 'x')] = {"6"};
  table["cursor-journal"] = {"s=1;i=2 # c11695db9623"};
  const auto text = promtail_positions(positions::write_positions(table), "p");
  ASSERT_TRUE(text);
  const auto document = positions::parse_positions(*text, "p");
  ASSERT_TRUE(document) << *text;
  ASSERT_EQ(document->table.size(), table.size());
  for (const auto& [key, stored] : document->table) {
    EXPECT_EQ(stored.value, table[key].value);
    // Nobody's but Promtail's: adopted, whatever an outbox knows.
    EXPECT_EQ(stored.origin, positions::PositionOrigin::kAdopted) << *text;
  }
  EXPECT_EQ(text->find("positions, keys"), std::string::npos);
}

TEST(PromtailPositions, those_of_promtail_stay_and_others_are_refused) {
  EXPECT_EQ(*promtail_positions("positions:\n  /a: \"1\"\n", "p"), "positions:\n  /a: \"1\"\n");
  EXPECT_EQ(*promtail_positions("", "p"), "positions: {}\n");
  EXPECT_FALSE(promtail_positions("positions: [1]\n", "p"));
}

}  // namespace
}  // namespace tailrace::daemon::migrate
