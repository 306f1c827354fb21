// Lines of a descriptor: how they are cut, skipped and given again.
#include "receivers/stdin_receiver.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::receivers {
namespace {

// A receiver on a pipe that the test writes into.
class StdinReceiverTest : public ::testing::Test {
 protected:
  int open_pipe() {
    EXPECT_EQ(pipe(ends_), 0);
    fcntl(ends_[1], F_SETPIPE_SZ, 1 << 20);
    fcntl(ends_[1], F_SETFL, O_NONBLOCK);
    return ends_[0];
  }
  ~StdinReceiverTest() override {
    finish();
    close(ends_[0]);
  }

  void write_text(std::string_view text) {
    ASSERT_EQ(write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void finish() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }

  // One read, nothing consumed.
  Source::Outcome read_once() {
    block_.clear();
    const auto outcome = receiver_.read(buffer_, block_);
    EXPECT_TRUE(outcome.has_value());
    return outcome.value_or(Source::Outcome::kEnded);
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> result;
    for (const Line& line : block_.lines)
      result.push_back(std::string(line.text) + (line.cut_short ? "~" : ""));
    return result;
  }
  // Reads and consumes until there is nothing more to be had.
  std::vector<std::string> take() {
    std::vector<std::string> result;
    for (int rounds = 0; rounds < 100; ++rounds) {
      outcome_ = read_once();
      for (const std::string& text : texts())
        result.push_back(text);
      if (outcome_ != Source::Outcome::kLines) break;
      receiver_.consume(block_.lines.back());
    }
    return result;
  }
  ResumePoint resume_point() const {
    ResumePoint point;
    receiver_.fill_resume_point(point);
    return point;
  }

  using Texts = std::vector<std::string>;
  static constexpr std::uint32_t kLineBytesMax = 8;

  int ends_[2] = {-1, -1};
  LabelSet labels_{std::vector<LabelPair>{{"job", "j"}}};
  StdinReceiver receiver_{open_pipe(), 7, "j", labels_, kLineBytesMax};
  ReadBuffer buffer_;
  LineBlock block_;
  Source::Outcome outcome_ = Source::Outcome::kLines;
};

TEST_F(StdinReceiverTest, says_who_it_is) {
  EXPECT_EQ(receiver_.id(), 7U);
  EXPECT_EQ(receiver_.job(), "j");
  EXPECT_EQ(&receiver_.labels(), &labels_);
  EXPECT_TRUE(labels_.pinned());
}

TEST_F(StdinReceiverTest, lets_its_labels_go) {
  const LabelSet other(std::vector<LabelPair>{});
  {
    const StdinReceiver receiver(ends_[0], 1, "j", other, 8);
    EXPECT_TRUE(other.pinned());
  }
  EXPECT_FALSE(other.pinned());
}

TEST_F(StdinReceiverTest, nothing_to_read_is_up_to_date_and_does_not_wait) {
  EXPECT_EQ(read_once(), Source::Outcome::kUpToDate);
}

TEST_F(StdinReceiverTest, takes_line_ends_off_and_skips_blank_lines) {
  write_text("a\r\n\n\r\nb\r\r\n c \nd\re\n");
  EXPECT_EQ(take(), (Texts{"a", "b", " c ", "d\re"}));
  EXPECT_EQ(outcome_, Source::Outcome::kUpToDate);
}

TEST_F(StdinReceiverTest, waits_for_the_end_of_a_line) {
  write_text("a\nbe");
  EXPECT_EQ(take(), Texts{"a"});
  write_text("ta\n");
  EXPECT_EQ(take(), Texts{"beta"});
}

TEST_F(StdinReceiverTest, what_is_left_at_the_end_is_a_line) {
  write_text("a\nlast\r");
  EXPECT_EQ(take(), Texts{"a"});
  finish();
  EXPECT_EQ(take(), Texts{"last"});
  EXPECT_EQ(outcome_, Source::Outcome::kEnded);
  EXPECT_EQ(receiver_.error(), "");
}

TEST_F(StdinReceiverTest, what_is_not_consumed_is_given_again) {
  write_text("a\nb\nc\n");
  EXPECT_EQ(read_once(), Source::Outcome::kLines);
  EXPECT_EQ(texts(), (Texts{"a", "b", "c"}));
  receiver_.consume(block_.lines[0]);
  EXPECT_EQ(read_once(), Source::Outcome::kLines);
  EXPECT_EQ(texts(), (Texts{"b", "c"}));
  EXPECT_EQ(block_.lines[0].begin, 2U);
  EXPECT_EQ(block_.lines[0].next, 4U);
}

TEST_F(StdinReceiverTest, a_line_as_long_as_allowed_is_whole) {
  write_text("12345678\r\n12345678\n");
  EXPECT_EQ(take(), (Texts{"12345678", "12345678"}));
  write_text("abcdefgh\r");
  EXPECT_EQ(take(), Texts{});
  write_text("\n");
  EXPECT_EQ(take(), Texts{"abcdefgh"});
}

TEST_F(StdinReceiverTest, a_longer_line_gives_its_beginning_once) {
  write_text("a\n123456789\nb\n");
  EXPECT_EQ(take(), (Texts{"a", "12345678~", "b"}));
}

TEST_F(StdinReceiverTest, the_rest_of_a_long_line_is_skipped_over_any_number_of_reads) {
  write_text("123456789");
  EXPECT_EQ(take(), Texts{"12345678~"});
  EXPECT_TRUE(resume_point().skipping_line);
  write_text("more and more");
  EXPECT_EQ(take(), Texts{});
  write_text("x");
  EXPECT_EQ(take(), Texts{});
  write_text("y\nb\n");
  EXPECT_EQ(take(), Texts{"b"});
  EXPECT_FALSE(resume_point().skipping_line);
}

TEST_F(StdinReceiverTest, a_rest_that_is_only_a_line_end_is_no_line) {
  write_text("123456789");
  EXPECT_EQ(take(), Texts{"12345678~"});
  write_text("\n\nb\n");
  EXPECT_EQ(take(), Texts{"b"});
}

TEST_F(StdinReceiverTest, a_rest_without_an_end_goes_with_the_input) {
  write_text("123456789");
  EXPECT_EQ(take(), Texts{"12345678~"});
  write_text("rest");
  EXPECT_EQ(take(), Texts{});
  finish();
  EXPECT_EQ(take(), Texts{});
  EXPECT_EQ(outcome_, Source::Outcome::kEnded);
  EXPECT_TRUE(resume_point().finished);
}

TEST_F(StdinReceiverTest, a_cut_line_that_is_not_consumed_is_given_again) {
  write_text("a\n123456789");
  EXPECT_EQ(read_once(), Source::Outcome::kLines);
  EXPECT_EQ(texts(), (Texts{"a", "12345678~"}));
  receiver_.consume(block_.lines[0]);  // The worker stopped in the middle of the block.
  write_text("0\nb\n");
  EXPECT_EQ(take(), (Texts{"12345678~", "b"}));
}

TEST_F(StdinReceiverTest, a_block_may_be_left_behind_a_cut_line) {
  write_text("123456789\nb\n");
  EXPECT_EQ(read_once(), Source::Outcome::kLines);
  EXPECT_EQ(texts(), (Texts{"12345678~", "b"}));
  receiver_.consume(block_.lines[0]);
  EXPECT_EQ(take(), Texts{"b"});
}

TEST_F(StdinReceiverTest, a_long_line_at_the_end_is_cut) {
  write_text("123456789");
  finish();
  EXPECT_EQ(take(), Texts{"12345678~"});
  EXPECT_EQ(outcome_, Source::Outcome::kEnded);
}

TEST_F(StdinReceiverTest, carriage_returns_without_end_do_not_stop_it) {
  const std::string returns(700'000, '\r');
  write_text("a" + returns);
  EXPECT_EQ(read_once(), Source::Outcome::kUpToDate);  // Perhaps the line ends like this.
  EXPECT_EQ(take(), Texts{"a~"});
  write_text("\nb\n");
  EXPECT_EQ(take(), Texts{"b"});
}

TEST_F(StdinReceiverTest, unconsumed_input_is_bounded) {
  const std::string lines = [] {
    std::string text;
    while (text.size() < 1'000'000)
      text += "line\n";
    return text;
  }();
  write_text(lines);
  std::size_t before = 0;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(read_once(), Source::Outcome::kLines);
    before = block_.lines.size();
  }
  EXPECT_LE(before * 5, 2 * ReadBuffer::kDefaultBytes + kLineBytesMax);
  EXPECT_EQ(take().size() * 5, lines.size());
}

TEST_F(StdinReceiverTest, the_resume_point_follows_what_is_consumed) {
  write_text("ab\nc\n");
  EXPECT_EQ(read_once(), Source::Outcome::kLines);
  EXPECT_EQ(resume_point().position, 0U);
  receiver_.consume(block_.lines[0]);
  const ResumePoint point = resume_point();
  EXPECT_EQ(point.source, 7U);
  EXPECT_EQ(point.job, "j");
  EXPECT_EQ(point.kind, SourceKind::kStdin);
  EXPECT_EQ(point.position, 3U);
  EXPECT_FALSE(point.finished);
  finish();
  EXPECT_EQ(take(), Texts{"c"});
  EXPECT_EQ(resume_point().position, 5U);
  EXPECT_TRUE(resume_point().finished);
}

TEST(StdinReceiver, a_read_error_ends_it_and_is_kept) {
  const LabelSet labels(std::vector<LabelPair>{});
  const int directory = open("/", O_RDONLY | O_DIRECTORY);
  ASSERT_GE(directory, 0);
  StdinReceiver receiver(directory, 1, "j", labels, 8);
  ReadBuffer buffer;
  LineBlock block;
  const auto outcome = receiver.read(buffer, block);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(*outcome, Source::Outcome::kEnded);
  EXPECT_EQ(receiver.error(), "read standard input: Is a directory");
  close(directory);
}

}  // namespace
}  // namespace tailrace::receivers
