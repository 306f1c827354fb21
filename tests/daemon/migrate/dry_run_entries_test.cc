// What both programs print is read back alike.
#include "daemon/migrate/dry_run_entries.h"

#include <vector>

#include <gtest/gtest.h>

namespace tailrace::daemon::migrate {
namespace {

using Entries = std::vector<PrintedEntry>;

TEST(DryRunEntries, begin_behind_the_clients_and_have_their_parts) {
  EXPECT_EQ(
      parse_dry_run("Clients configured:\n----------------------\nurl: http://x\n\n"
                    "2026-01-02T03:04:05.5+0000\t{a=\"b\", filename=\"/x.log\"}\tone\n"
                    "2026-01-02T03:04:05-0130\t{a=\"}\\\"\"}\ttwo words\n"),
      (Entries{{"2026-01-02T03:04:05.5+0000", "{a=\"b\", filename=\"/x.log\"}", "one", "/x.log"},
               {"2026-01-02T03:04:05-0130", "{a=\"}\\\"\"}", "two words", ""}}));
}

TEST(DryRunEntries, a_table_that_swallows_tabs_changes_nothing) {
  const char* const head = "2026-01-02T03:04:05+0000";
  for (const char* rest :
       {"{job=\"12345678\"}a b", "{job=\"12345678\"}\ta\t b", "\t\t{job=\"12345678\"}\t\ta b"}) {
    const Entries entries = parse_dry_run(std::string(head) + rest + "\n");
    ASSERT_EQ(entries.size(), 1U) << rest;
    EXPECT_EQ(entries[0].labels, "{job=\"12345678\"}");
    EXPECT_EQ(entries[0].line, "a b");
  }
}

TEST(DryRunEntries, an_entry_may_have_several_lines) {
  const Entries entries = parse_dry_run(
      "2026-01-02T03:04:05+0000\t{a=\"b\"}\tone\n  two\n2026-01-02 is no time\n"
      "2026-01-02T03:04:05+0000\t{a=\"b\"}\tnext\n2026-01-02T03:04:05+0000\t{a=\"b\"}\tcut off");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].line, "one  two2026-01-02 is no time");
  EXPECT_EQ(entries[1].line, "next");
}

TEST(DryRunEntries, a_label_that_ends_in_filename_is_another_one) {
  EXPECT_EQ(parse_dry_run("2026-01-02T03:04:05+0000\t{my_filename=\"x\"}\ta\n")[0].file, "");
}

}  // namespace
}  // namespace tailrace::daemon::migrate
