// What a journal entry becomes: text and labels.
#include "tailer/journal_entry.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "discovery/relabel.h"
#include "tests/tailer/fake_journal.h"

namespace tailrace::tailer {
namespace {

// Rules that take all fields as labels, or none.
enum class Labels { kAll, kNone };

discovery::Relabeler rules(Labels wanted) {
  std::vector<config::RelabelConfig> configs;
  if (wanted == Labels::kAll) {
    config::RelabelConfig rule;
    rule.action = config::RelabelConfig::Action::kLabelMap;
    rule.regex = "__journal_(.+)";
    configs.push_back(rule);
  }
  std::vector<config::Diagnostic> diagnostics;
  return *discovery::Relabeler::compile(configs, diagnostics);
}

class JournalEntryTest : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kLineMax = 64;

  // The text of an entry with these fields ("~" behind what was cut short), "none" without.
  std::string text(std::vector<std::string> fields, JournalEntry::Form form) {
    files_.entries.clear();
    files_.add(std::move(fields));
    FakeJournal journal(files_);
    EXPECT_TRUE(*journal.next());
    LabelSetTable table;
    discovery::LineRelabeler relabeler(rules(labels_), {}, table);
    JournalEntry entry(form, kLineMax, relabeler);
    const auto outcome = entry.read(journal);
    EXPECT_TRUE(outcome);
    discovered_.clear();
    for (const LabelPair& pair : entry.discovered())
      discovered_[std::string(pair.name)] = pair.value;
    if (outcome.value_or(JournalEntry::Outcome::kNoMessage) == JournalEntry::Outcome::kNoMessage)
      return "none";
    return std::string(entry.text()) + (entry.cut_short() ? "~" : "");
  }
  std::string message(std::vector<std::string> fields) {
    return text(std::move(fields), JournalEntry::Form::kMessage);
  }
  std::string json(std::vector<std::string> fields) {
    return text(std::move(fields), JournalEntry::Form::kJson);
  }

  FakeJournalFiles files_;
  Labels labels_ = Labels::kAll;
  std::map<std::string, std::string> discovered_;
};

TEST_F(JournalEntryTest, the_line_is_the_message_as_it_is) {
  EXPECT_EQ(message({"PRIORITY=6", "MESSAGE=a=b\n\xff c\n"}), "a=b\n\xff c\n");
  EXPECT_EQ(message({"MESSAGE="}), "");
  EXPECT_EQ(message({"MESSAGE_ID=1"}), "none");
  EXPECT_EQ(message({"MESSAGE=one", "MESSAGE=two"}), "two");
}

TEST_F(JournalEntryTest, fields_become_labels) {
  message({"MESSAGE=m", "_SYSTEMD_UNIT=a.service", "Q=1", "EMPTY=", "TWICE=a", "TWICE=b"});
  const std::map<std::string, std::string> all = {{"__journal_message", "m"},
                                                  {"__journal__systemd_unit", "a.service"},
                                                  {"__journal_q", "1"},
                                                  {"__journal_empty", ""},
                                                  {"__journal_twice", "b"}};
  EXPECT_EQ(discovered_, all);
}

TEST_F(JournalEntryTest, a_priority_gives_its_keyword) {
  const std::map<std::string, std::string> keywords = {
      {"0", "emerg"},  {"1", "alert"}, {"2", "crit"},  {"3", "error"}, {"4", "warning"},
      {"5", "notice"}, {"6", "info"},  {"7", "debug"}, {"8", "8"},     {"high", "high"}};
  for (const auto& [priority, keyword] : keywords) {
    message({"PRIORITY=" + priority, "MESSAGE=m"});
    EXPECT_EQ(discovered_["__journal_priority"], priority);
    EXPECT_EQ(discovered_["__journal_priority_keyword"], keyword);
  }
}

TEST_F(JournalEntryTest, labels_that_no_rule_reads_are_left_out) {
  labels_ = Labels::kNone;
  EXPECT_EQ(message({"MESSAGE=m", "_PID=7", "PRIORITY=3"}), "m");
  EXPECT_TRUE(discovered_.empty());
}

TEST_F(JournalEntryTest, json_has_all_fields_sorted) {
  EXPECT_EQ(json({"MESSAGE=m", "_PID=7", "AA=\"<&>\"", "AA=\xff\x01\n", "EMPTY="}),
            R"({"AA":"\ufffd\u0001\n","EMPTY":"","MESSAGE":"m","_PID":"7"})");
  EXPECT_EQ(json({"NOTHING=to say"}), R"({"NOTHING":"to say"})");
  EXPECT_EQ(json({"HTML=<&>"}), R"({"HTML":"\u003c\u0026\u003e"})");
}

TEST_F(JournalEntryTest, what_is_longer_than_the_limit_is_cut) {
  const std::string limit(kLineMax, 'x');
  EXPECT_EQ(message({"MESSAGE=" + limit}), limit);
  EXPECT_EQ(message({"MESSAGE=" + limit + "y"}), limit + "~");
  EXPECT_EQ(json({"MESSAGE=" + limit}), (R"({"MESSAGE":")" + limit).substr(0, kLineMax) + "~");
}

TEST_F(JournalEntryTest, large_fields_take_nothing_from_the_message) {
  std::vector<std::string> fields;
  for (char c = 'A'; c <= 'Z'; ++c)
    fields.push_back(std::string("BIG_") + c + "=" + std::string(10 * kLineMax, c));
  fields.push_back("MESSAGE=still here");
  EXPECT_EQ(message(fields), "still here");
  std::size_t copied = 0;
  for (const auto& [name, value] : discovered_)
    copied += value.size();
  EXPECT_LE(copied, JournalEntry::kCopiedLines * (kLineMax + 1));
}

}  // namespace
}  // namespace tailrace::tailer
