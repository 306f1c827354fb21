// Refused entries: halving, sizes, and what is dropped when.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/shippers/loki_shipper_support.h"

namespace tailrace::shippers {
namespace {

using std::chrono::milliseconds;
using Texts = std::vector<std::string>;

// "l0".."l<count-1>", with "bad" before those in `bad`.
Texts lines(int count, const std::vector<int>& bad = {}) {
  Texts texts;
  for (int i = 0; i < count; ++i) {
    const bool is_bad = std::find(bad.begin(), bad.end(), i) != bad.end();
    texts.push_back((is_bad ? "bad" : "l") + std::to_string(i));
  }
  return texts;
}

class LokiShipperRefusalsTest : public LokiShipperTest {
 protected:
  // The endpoint is known to take pushes.
  void prove() {
    transport_.answer_with(nullptr);
    submit(999, {"proof"});
    ASSERT_EQ(run(), Texts{"999:1"});
    sent_before_ = transport_.sent().size();
  }
  std::size_t sent_since() const { return transport_.sent().size() - sent_before_; }

  // Entries per kind in a list of results, and all of them in order as +/-.
  static std::string pattern(const Texts& results) {
    std::string marks;
    for (const std::string& result : results) {
      const std::string count = result.substr(result.find(':') + 1);
      const int number = std::stoi(count);
      marks += std::string(static_cast<std::size_t>(std::abs(number)), number < 0 ? '-' : '+');
    }
    return marks;
  }

  // Lines that were accepted, in the order of their acceptance.
  Texts delivered_;
  std::size_t sent_before_ = 0;

  void answer_as_loki() {
    transport_.answer_with([this](const Sent& sent) {
      Reply reply = refuse_bad(sent);
      if (reply.status == 204) {
        for (const std::string& line : lines_of(sent.body)) {
          delivered_.push_back(line.substr(line.find(": ") + 2));
        }
      }
      return reply;
    });
  }
};

TEST_F(LokiShipperRefusalsTest, drops_only_the_bad_entries_in_wire_order) {
  for (const std::vector<int>& bad :
       {std::vector<int>{0}, {15}, {7}, {0, 15}, {3, 4}, {1, 8, 9}, {0, 1, 2, 3}}) {
    delivered_.clear();
    prove();
    answer_as_loki();
    const Texts all = lines(16, bad);
    submit(1, all);
    std::string want(16, '+');
    Texts good;
    for (int i = 0; i < 16; ++i) {
      if (std::find(bad.begin(), bad.end(), i) != bad.end()) {
        want[static_cast<std::size_t>(i)] = '-';
      } else {
        good.push_back(all[static_cast<std::size_t>(i)]);
      }
    }
    EXPECT_EQ(pattern(run()), want);
    EXPECT_EQ(delivered_, good);
    EXPECT_FALSE(transport_.views_changed());
  }
}

TEST_F(LokiShipperRefusalsTest, halves_and_counts) {
  prove();
  answer_as_loki();
  submit(1, lines(8, {5}));
  EXPECT_EQ(run(), (Texts{"1:4", "1:1", "1:-1 ingester_error", "1:2"}));
  // 8 refused, 4 taken, 4 refused, 2 refused, 1 taken, 1 refused, 2 taken.
  EXPECT_EQ(sent_since(), 7U);
  EXPECT_EQ(retries(), 0);
  EXPECT_EQ(metric(dropped("entries", "ingester_error")), 1);
  EXPECT_EQ(metric(dropped("bytes", "ingester_error")),
            static_cast<double>(transport_.sent()[sent_before_ + 5].body.size()));
  EXPECT_EQ(metric("promtail_sent_entries_total{host=\"loki:3100\"}"), 8);
  EXPECT_TRUE(logged("entries refused by the server, dropped"));
  EXPECT_TRUE(logged("bad5"));
}

TEST_F(LokiShipperRefusalsTest, takes_422_like_400) {
  prove();
  transport_.reply(422);
  submit(1, lines(1));
  EXPECT_EQ(run(), Texts{"1:-1 ingester_error"});
}

TEST_F(LokiShipperRefusalsTest, sends_the_rest_as_one_after_64_refusals) {
  prove();
  transport_.answer_with([](const Sent&) { return Reply{.status = 400, .body = "no"}; });
  submit(1, lines(200));
  EXPECT_EQ(pattern(run()), std::string(200, '-'));
  EXPECT_EQ(sent_since(), 65U);
  EXPECT_EQ(metric(dropped("entries", "ingester_error")), 200);
}

TEST_F(LokiShipperRefusalsTest, keeps_the_rest_when_it_is_taken_as_one) {
  prove();
  int count = 0;
  transport_.answer_with(
      [&count](const Sent&) { return Reply{.status = ++count <= 64 ? 400 : 204}; });
  submit(1, lines(200));
  const std::string marks = pattern(run());
  EXPECT_EQ(sent_since(), 65U);
  EXPECT_EQ(marks.size(), 200U);
  const std::size_t first_taken = marks.find('+');
  EXPECT_GT(first_taken, 20U);
  EXPECT_LT(first_taken, 64U);
  EXPECT_EQ(marks.find('-', first_taken), std::string::npos);
}

TEST_F(LokiShipperRefusalsTest, drops_the_rest_when_it_is_the_part_that_was_refused) {
  prove();
  // Single entries are refused, so that the 64th refusal meets the last part.
  int count = 0;
  transport_.answer_with([&count](const Sent& sent) {
    const Texts texts = lines_of(sent.body);
    const bool last = texts.back().find("l39") != std::string::npos;
    ++count;
    return Reply{.status = last || texts.size() == 1 ? 400 : 204};
  });
  submit(1, lines(40));
  EXPECT_EQ(pattern(run()).back(), '-');
}

TEST_F(LokiShipperRefusalsTest, retries_a_part_like_a_whole) {
  prove();
  transport_.reply(400);  // All.
  transport_.reply(204);  // l0, l1.
  transport_.reply(503);  // l2, l3.
  transport_.reply(429);
  transport_.reply(204);
  submit(1, lines(4));
  EXPECT_EQ(run(), (Texts{"1:2", "1:2"}));
  const auto& sent = transport_.sent();
  EXPECT_EQ(lines_of(sent[sent_before_ + 2].body), (Texts{R"({job="j"}: l2)", R"({job="j"}: l3)"}));
  EXPECT_EQ(sent[sent_before_ + 2].body, sent[sent_before_ + 4].body);
  EXPECT_EQ(retries(), 2);
}

TEST_F(LokiShipperRefusalsTest, gives_up_the_rest_after_a_part) {
  client_.backoff.max_retries = 2;
  prove();
  for (const int status : {400, 204, 500, 500})
    transport_.reply(status);
  submit(1, lines(8));
  EXPECT_EQ(run(), (Texts{"1:4", "1:-4 ingester_error"}));
  EXPECT_EQ(metric(dropped("bytes", "ingester_error")),
            static_cast<double>(bodies_.back()->size() / 2));
}

TEST_F(LokiShipperRefusalsTest, counts_attempts_anew_after_a_part) {
  client_.backoff.max_retries = 2;
  prove();
  for (const int status : {500, 400, 204, 500, 204})
    transport_.reply(status);
  submit(1, lines(4));
  EXPECT_EQ(run(), (Texts{"1:2", "1:2"}));
}

TEST_F(LokiShipperRefusalsTest, drops_what_was_blocked) {
  transport_.reply({.status = 260, .body = "blocked"});
  submit(1, lines(3));
  EXPECT_EQ(run(), Texts{"1:-3 ingester_error"});
  EXPECT_EQ(transport_.sent().size(), 1U);
  EXPECT_EQ(metric(dropped("entries", "ingester_error")), 3);
  EXPECT_EQ(metric("promtail_sent_entries_total{host=\"loki:3100\"}"), 0);
}

TEST_F(LokiShipperRefusalsTest, drops_a_whole_body_that_cannot_be_taken_apart) {
  prove();
  transport_.reply(400);
  transport_.reply(400);
  bodies_.push_back(std::make_unique<std::string>("\x04 no snappy block"));
  shipper().submit(1, push_body(*bodies_.back(), 4));
  EXPECT_EQ(run(), Texts{"1:-4 ingester_error"});
}

TEST_F(LokiShipperRefusalsTest, takes_a_web_page_for_a_wrong_address) {
  prove();
  transport_.reply({.status = 400, .body = "<html>who?</html>", .content_type = "text/html"});
  submit(1, lines(4));
  results();
  EXPECT_NE(shipper().trouble().find("<html>who?"), std::string::npos);
  EXPECT_EQ(run(), Texts{"1:4"});
  EXPECT_EQ(sent_since(), 2U);
}

// ---- Before anything was accepted. ----

TEST_F(LokiShipperRefusalsTest, drops_bad_entries_once_others_were_accepted) {
  answer_as_loki();
  submit(1, lines(8, {0, 1, 6}));
  EXPECT_EQ(pattern(run()), "--++++-+");
  EXPECT_EQ(metric(dropped("entries", "ingester_error")), 3);
  EXPECT_EQ(shipper().trouble(), "");
}

TEST_F(LokiShipperRefusalsTest, drops_nothing_while_everything_is_refused) {
  int count = 0;
  transport_.answer_with([&count](const Sent&) {
    ++count;
    return Reply{.status = 400, .body = "not loki"};
  });
  submit(1, lines(4));
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(results(), Texts{});
  // 4, 2, 1, 1, 2, 1, 1 and the empty push.
  EXPECT_EQ(count, 8);
  EXPECT_EQ(raw_of(transport_.sent().back().body), "");
  EXPECT_EQ(transport_.sent().back().body, std::string(1, '\0'));
  EXPECT_NE(shipper().trouble().find("400 Bad Request (400): not loki"), std::string::npos);
  EXPECT_GE(shipper().next_deadline() - clock_.steady_now(), milliseconds(500));
  EXPECT_EQ(retries(), 1);
  // It is set right.
  transport_.answer_with(nullptr);
  EXPECT_EQ(run(), Texts{"1:4"});
  EXPECT_EQ(transport_.sent().back().body, *bodies_[0]);
  EXPECT_EQ(shipper().trouble(), "");
  EXPECT_EQ(metric(dropped("entries", "ingester_error")), 0);
}

TEST_F(LokiShipperRefusalsTest, waits_longer_each_time_everything_is_refused) {
  transport_.answer_with([](const Sent&) { return Reply{.status = 400}; });
  submit(1, lines(2));
  std::chrono::nanoseconds low = milliseconds(500);
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 10; ++i)
      results();
    const auto wait = shipper().next_deadline() - clock_.steady_now();
    EXPECT_GE(wait, low);
    low *= 2;
    clock_.advance(wait);
  }
}

TEST_F(LokiShipperRefusalsTest, drops_everything_when_an_empty_push_is_taken) {
  transport_.answer_with([](const Sent& sent) {
    return Reply{.status = lines_of(sent.body).empty() ? 204 : 400, .body = "too old"};
  });
  submit(1, lines(4));
  EXPECT_EQ(pattern(run()), "----");
  EXPECT_EQ(metric(dropped("entries", "ingester_error")), 4);
  // It is proved now: no second question.
  const std::size_t before = transport_.sent().size();
  submit(2, lines(1));
  EXPECT_EQ(run(), Texts{"2:-1 ingester_error"});
  EXPECT_EQ(transport_.sent().size(), before + 1);
}

TEST_F(LokiShipperRefusalsTest, takes_another_refusal_of_an_empty_push_as_proof) {
  transport_.answer_with([](const Sent& sent) {
    return Reply{.status = lines_of(sent.body).empty() ? 422 : 400, .body = "no"};
  });
  submit(1, lines(2));
  EXPECT_EQ(pattern(run()), "--");
}

TEST_F(LokiShipperRefusalsTest, asks_again_when_the_question_is_not_answered) {
  int questions = 0;
  transport_.answer_with([&questions](const Sent& sent) -> Reply {
    if (!lines_of(sent.body).empty()) return {.status = 400};
    return {.status = ++questions < 3 ? 503 : 204};
  });
  submit(1, lines(2));
  EXPECT_EQ(pattern(run()), "--");
  EXPECT_EQ(questions, 3);
  EXPECT_EQ(transport_.sent().size(), 6U);
}

TEST_F(LokiShipperRefusalsTest, takes_a_wrong_address_for_the_question_as_no_proof) {
  transport_.answer_with(
      [](const Sent& sent) { return Reply{.status = lines_of(sent.body).empty() ? 404 : 400}; });
  submit(1, lines(1));
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(results(), Texts{});
  EXPECT_NE(shipper().trouble(), "");
}

TEST_F(LokiShipperRefusalsTest, learns_from_another_request) {
  transport_.reply({.status = 400, .delay = milliseconds(10)});  // 1.
  transport_.reply({.status = 204, .delay = milliseconds(20)});  // 2.
  transport_.reply({.status = 400, .delay = milliseconds(90)});  // The question of 1.
  submit(1, lines(1));
  submit(2, lines(1), "t");
  EXPECT_EQ(run(), (Texts{"2:1", "1:-1 ingester_error"}));
  EXPECT_EQ(transport_.sent().size(), 3U);
}

TEST_F(LokiShipperRefusalsTest, gives_up_everything_undecided_with_max_retries) {
  client_.backoff.max_retries = 2;
  transport_.answer_with([](const Sent&) { return Reply{.status = 400}; });
  submit(1, lines(4));
  EXPECT_EQ(run(), Texts{"1:-4 ingester_error"});
  EXPECT_EQ(transport_.sent().size(), 16U);
  EXPECT_EQ(metric(dropped("entries", "ingester_error")), 4);
  EXPECT_EQ(metric(dropped("bytes", "ingester_error")), static_cast<double>(bodies_[0]->size()));
}

// ---- 413. ----

class LokiShipperSizesTest : public LokiShipperRefusalsTest {
 protected:
  // Lines that do not compress well, so that the size of a body follows its entries.
  static Texts long_lines(int count, unsigned seed = 1) {
    Texts texts;
    for (int i = 0; i < count; ++i) {
      std::string line;
      for (int j = 0; j < 50; ++j) {
        seed = seed * 1'664'525U + 1'013'904'223U;
        line += std::to_string(seed);
      }
      texts.push_back(line);
    }
    return texts;
  }
  void limit_to(std::size_t bytes) {
    transport_.answer_with([bytes](const Sent& sent) -> Reply {
      if (sent.body.size() <= bytes) return {};
      return {.status = 413, .body = "<html>too large", .content_type = "text/html"};
    });
  }
};

TEST_F(LokiShipperSizesTest, halves_until_it_fits_and_remembers_what_did) {
  limit_to(3'000);
  submit(1, long_lines(64));
  EXPECT_EQ(pattern(run()), std::string(64, '+'));
  const std::size_t first = transport_.sent().size();
  EXPECT_EQ(metric(dropped("entries", "ingester_error")), 0);
  submit(2, long_lines(64, 2));
  EXPECT_EQ(pattern(run()), std::string(64, '+'));
  int refused = 0;
  Texts sent_lines;
  for (std::size_t i = first; i < transport_.sent().size(); ++i) {
    const Sent& sent = transport_.sent()[i];
    if (sent.body.size() > 3'000) {
      ++refused;
      continue;
    }
    for (const std::string& line : lines_of(sent.body)) {
      sent_lines.push_back(line.substr(line.find(": ") + 2));
    }
  }
  EXPECT_LE(refused, 3);  // The first time there were more than 15.
  EXPECT_GE(first, 30U);
  EXPECT_EQ(sent_lines, long_lines(64, 2));
}

TEST_F(LokiShipperSizesTest, halves_more_often_than_64_times) {
  prove();
  limit_to(bodies_[0]->size() + 600);
  submit(1, long_lines(200));
  EXPECT_EQ(pattern(run(5'000)), std::string(200, '+'));
  EXPECT_GT(sent_since(), 264U);
}

TEST_F(LokiShipperSizesTest, drops_an_entry_that_is_too_large_alone) {
  prove();
  Texts texts = long_lines(4);
  std::string huge;
  for (const std::string& line : long_lines(20, 7))
    huge += line;
  texts[2] = huge;
  limit_to(3'000);
  submit(1, texts);
  EXPECT_EQ(pattern(run()), "++-+");
}

TEST_F(LokiShipperSizesTest, sends_whole_requests_again_when_the_limit_was_raised) {
  limit_to(3'000);
  submit(1, long_lines(64));
  run();
  transport_.answer_with(nullptr);
  // A single entry beyond what was ever too large passes.
  std::string huge;
  for (const std::string& line : long_lines(80, 7))
    huge += line;
  submit(2, {huge});
  EXPECT_EQ(run(), Texts{"2:1"});
  const std::size_t before = transport_.sent().size();
  submit(3, long_lines(64, 3));
  EXPECT_EQ(run(), Texts{"3:64"});
  EXPECT_EQ(transport_.sent().size(), before + 1);
}

TEST_F(LokiShipperSizesTest, splits_smaller_when_what_passed_does_not_pass_any_more) {
  limit_to(3'000);
  submit(1, long_lines(64));
  run();
  limit_to(1'500);
  submit(2, long_lines(64, 2));
  EXPECT_EQ(pattern(run()), std::string(64, '+'));
}

}  // namespace
}  // namespace tailrace::shippers
