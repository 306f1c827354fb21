// Syslog over sockets: labels, times, hostile peers, the end.
#include "receivers/syslog_receiver.h"

#include <algorithm>
#include <string>

#include "tests/receivers/listening_rig.h"

namespace tailrace::receivers {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Everything that a message says, visible.
config::RelabelConfig show_all() {
  config::RelabelConfig rule;
  rule.action = config::RelabelConfig::Action::kLabelMap;
  rule.regex = "__syslog_(.*)";
  return rule;
}

class SyslogReceiverTest : public ListeningRig {
 protected:
  SyslogReceiver::Options options(int type) {
    SyslogReceiver::Options result;
    result.listening.job = "a";
    result.listening.kind = "syslog";
    result.listening.descriptor = listen_on(type);
    result.listening.listen.protocol = type == SOCK_STREAM ? config::ListenConfig::Protocol::kTcp
                                                           : config::ListenConfig::Protocol::kUdp;
    result.listening.labels = &sets_.intern({});
    result.listening.idle_timeout = seconds(120);
    return result;
  }
  std::unique_ptr<SyslogReceiver> make(SyslogReceiver::Options options,
                                       std::vector<config::RelabelConfig> rules = {}) {
    auto made =
        SyslogReceiver::create(std::move(options), world(), relabeler(rules, {{"job", "a"}}));
    EXPECT_TRUE(made.has_value());
    return std::move(*made);
  }
};

TEST_F(SyslogReceiverTest, gives_messages_of_several_connections_with_their_labels) {
  auto opts = options(SOCK_STREAM);
  opts.label_structured_data = true;
  opts.use_incoming_timestamp = true;
  const auto receiver = make(std::move(opts), {show_all()});
  const int one = connect_to();
  send_to(one, "<34>1 2026-01-01T00:00:00.5Z h app 7 id [x@1 k=\"v\\\"\"] text\n<13>");
  take_lines(*receiver, 1);
  EXPECT_EQ(
      seen_[0],
      "{connection_ip_address=\"127.0.0.1\", job=\"a\", message_app_name=\"app\", "
      "message_facility=\"auth\", message_hostname=\"h\", message_msg_id=\"id\", "
      "message_proc_id=\"7\", message_sd_x_1_k=\"v\\\"\", message_severity=\"critical\"} text");
  EXPECT_EQ(times_[0], 1'767'225'600'500'000'000);
  const int two = connect_to();
  send_to(two, "27 <13>1 - - - - - - counted\n\n27 <13>1 - - - - - - counted\n\n");
  take_lines(*receiver, 3);
  EXPECT_EQ(seen_[1],
            "{connection_ip_address=\"127.0.0.1\", job=\"a\", message_facility=\"user\", "
            "message_severity=\"notice\"} counted");
  EXPECT_EQ(metric("promtail_syslog_target_entries_total"), 3);
  EXPECT_EQ(metric("tailrace_syslog_connections_total"), 2);
  EXPECT_EQ(receiver->status().details[0].second, "2");
}

TEST_F(SyslogReceiverTest, stamps_messages_when_they_come_each_with_its_own_time) {
  const auto receiver = make(options(SOCK_STREAM));
  int one = connect_to();
  send_to(one, "<13>1 - - - - - - same\n<13>1 - - - - - - same\n");
  hang_up(one);
  take_lines(*receiver, 2);
  EXPECT_EQ(times_[0], unix_nanoseconds(clock_.wall_now()));
  EXPECT_EQ(times_[1], times_[0] + 1);
}

TEST_F(SyslogReceiverTest, keeps_what_it_cannot_parse_unless_it_is_to_be_like_promtail) {
  config::RelabelConfig rule;
  rule.source_labels = {"__syslog_parse_error"};
  rule.target_label = "error";
  const auto receiver = make(options(SOCK_STREAM), {rule});
  int one = connect_to();
  send_to(
      one,
      "<13>1 2026-99-99T00:00:00Z h a p m - bad\n<13>1 - - - - - [a x=\"1\"]\n<13>1 - - - - - -\n");
  hang_up(one);
  take_lines(*receiver, 2);
  EXPECT_EQ(seen_[0], "{error=\"time\", job=\"a\"} <13>1 2026-99-99T00:00:00Z h a p m - bad");
  EXPECT_EQ(seen_[1], "{job=\"a\"} <13>1 - - - - - [a x=\"1\"]");
  turn_until(*receiver, [this] { return metric("promtail_syslog_empty_messages_total") == 2; });
  EXPECT_EQ(metric("promtail_syslog_target_parsing_errors_total"), 1);

  auto opts = options(SOCK_STREAM);
  opts.leniency = opts.listening.framer.leniency = SyslogLeniency::kPromtail;
  const auto strict = make(std::move(opts));
  int two = connect_to();
  send_to(two,
          "<13>1 2026-99-99T00:00:00Z h a p m - bad\n<13>1 - - - - - [a x=\"1\"]\n<13>1 - - - - - "
          "- good\n");
  hang_up(two);
  take_lines(*strict, 3);
  EXPECT_EQ(seen_[2], "{job=\"a\"} good");
  EXPECT_EQ(metric("promtail_syslog_target_parsing_errors_total"), 2);
  EXPECT_EQ(metric("promtail_syslog_empty_messages_total"), 3);
}

TEST_F(SyslogReceiverTest, drops_what_a_rule_drops) {
  config::RelabelConfig rule;
  rule.source_labels = {"__syslog_message_app_name"};
  rule.action = config::RelabelConfig::Action::kDrop;
  rule.regex = "noise";
  const auto receiver = make(options(SOCK_STREAM), {rule});
  int one = connect_to();
  send_to(one, "<13>1 - - noise - - - x\n<13>1 - - app - - - y\n<13>1 - - noise - - - z\n");
  hang_up(one);
  take_lines(*receiver, 1);
  EXPECT_EQ(seen_[0], "{job=\"a\"} y");
  turn_until(*receiver, [this] { return metric("tailrace_syslog_dropped_total") == 2; });
}

TEST_F(SyslogReceiverTest, writes_the_whole_message_when_asked_to) {
  auto opts = options(SOCK_STREAM);
  opts.use_rfc5424_message = true;
  const auto receiver = make(std::move(opts));
  int one = connect_to();
  send_to(one, "<13>1 2026-01-01T00:00:00.50Z h a p m - x\n<13>Oct  1 22:14:15 h a: bsd\n");
  hang_up(one);
  take_lines(*receiver, 2);
  EXPECT_EQ(seen_[0], "{job=\"a\"} <13>1 2026-01-01T00:00:00.5Z h a p m - x");
  EXPECT_EQ(seen_[1], "{job=\"a\"} <13>Oct  1 22:14:15 h a: bsd");
}

TEST_F(SyslogReceiverTest, does_not_hold_the_last_message_of_a_peer_that_pauses) {
  const auto receiver = make(options(SOCK_STREAM));
  const int one = connect_to();
  send_to(one, "<13>1 - - - - - - first\n<13>1 - - - - - - last\n");
  take_lines(*receiver, 1);
  EXPECT_LE(receiver->next_deadline(), clock_.steady_now() + StreamListener::kPause);
  clock_.advance(StreamListener::kPause);
  take_lines(*receiver, 2);
  EXPECT_EQ(seen_[1], "{job=\"a\"} last");
}

// As with too many open files: accept() fails and the loop tells of the socket for ever.
TEST_F(SyslogReceiverTest, sleeps_and_says_so_while_no_connection_can_be_accepted) {
  auto opts = options(SOCK_STREAM);
  const int listener = opts.listening.descriptor;
  const auto receiver = make(std::move(opts));
  ASSERT_EQ(shutdown(listener, SHUT_RD), 0);  // It listens no more.
  turn(*receiver, milliseconds(1000));
  EXPECT_NE(receiver->status().trouble, "");
  EXPECT_EQ(receiver->next_deadline(), clock_.steady_now() + StreamListener::kAcceptPause);
  // The loop does not tell of it again.
  const SystemClock real;
  const SteadyTime begun = real.steady_now();
  turn(*receiver, milliseconds(50));
  EXPECT_GE(real.steady_now() - begun, milliseconds(40));
  ASSERT_EQ(listen(listener, 16), 0);
  clock_.advance(StreamListener::kAcceptPause);
  turn(*receiver, milliseconds(0));
  EXPECT_EQ(receiver->status().trouble, "");
  EXPECT_EQ(receiver->next_deadline(), SteadyTime::max());
}

TEST_F(SyslogReceiverTest, closes_connections_that_are_silent_for_too_long) {
  const auto receiver = make(options(SOCK_STREAM));
  const int one = connect_to();
  send_to(one, "<13>1 - - - - - - unfinished");
  turn_until(*receiver, [&] { return receiver->status().details[0].second == "1"; });
  turn(*receiver, milliseconds(10));
  clock_.advance(seconds(119));
  turn(*receiver, milliseconds(0));
  EXPECT_EQ(receiver->status().details[0].second, "1");
  clock_.advance(seconds(1));
  take_lines(*receiver, 1);
  EXPECT_EQ(seen_[0], "{job=\"a\"} unfinished");
  char byte = 0;
  EXPECT_EQ(recv(one, &byte, 1, 0), 0);
  EXPECT_EQ(metric("tailrace_syslog_connections_idle_total"), 1);
}

TEST_F(SyslogReceiverTest, refuses_connections_over_the_limit) {
  auto opts = options(SOCK_STREAM);
  opts.listening.listen.max_connections = 2;
  const auto receiver = make(std::move(opts));
  const int one = connect_to();
  const int two = connect_to();
  const int three = connect_to();
  turn_until(*receiver,
             [this] { return metric("tailrace_syslog_connections_refused_total") == 1; });
  char byte = 0;
  EXPECT_EQ(recv(three, &byte, 1, 0), 0);
  send_to(one, "<13>1 - - - - - - x\n<");
  send_to(two, "<13>1 - - - - - - y\n<");
  take_lines(*receiver, 2);
}

TEST_F(SyslogReceiverTest, cuts_an_endless_message_and_goes_on_behind_it) {
  auto opts = options(SOCK_STREAM);
  opts.listening.framer.line_bytes_max = 100'000;
  const auto receiver = make(std::move(opts));
  const int one = connect_to();
  send_to(one, "<13>1 - - - - - - ");
  const std::string piece(50'000, 'x');
  for (int i = 0; i < 100; ++i) {
    send_to(one, piece);
    turn(*receiver, milliseconds(1));
    take(*receiver);
    ASSERT_LE(receiver->status().details.size(), 2U);
  }
  send_to(one, "\n<13>1 - - - - - - next\n<");
  take_lines(*receiver, 2);
  EXPECT_EQ(seen_[0].size(), 100'000 - 18 + std::string("{job=\"a\"} ").size());
  EXPECT_EQ(seen_[1], "{job=\"a\"} next");
  EXPECT_EQ(metric("tailrace_syslog_cut_messages_total"), 1);
}

TEST_F(SyslogReceiverTest, stops_reading_while_nobody_takes_its_lines_and_loses_none) {
  const auto receiver = make(options(SOCK_STREAM));
  const int one = connect_to();
  const int timeout_ms = 200;
  const timeval timeout{.tv_sec = 0, .tv_usec = timeout_ms * 1000};
  setsockopt(one, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  const std::string message = "<13>1 - - - - - - " + std::string(1000, 'x') + "\n";
  std::size_t sent = 0;
  std::string_view left = message;
  // Until the kernel's buffers and ours are full.
  while (sent < 100'000) {
    const ssize_t bytes = send(one, left.data(), left.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (bytes < 0) {
      const std::string before = receiver->status().details[1].second;
      for (int i = 0; i < 5; ++i)
        turn(*receiver, milliseconds(1));
      if (receiver->status().details[1].second == before) break;
      continue;
    }
    left.remove_prefix(static_cast<std::size_t>(bytes));
    if (!left.empty()) continue;
    ++sent;
    left = message;
  }
  ASSERT_LT(sent, 100'000U);
  EXPECT_LE(std::stoul(receiver->status().details[1].second),
            ListeningInput::kQueueBytes + (2U << 20U));
  take(*receiver);
  while (!left.empty()) {
    turn(*receiver, milliseconds(1));
    take(*receiver);
    const ssize_t bytes = send(one, left.data(), left.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (bytes > 0) left.remove_prefix(static_cast<std::size_t>(bytes));
  }
  ++sent;
  send_to(one, "<");
  take_lines(*receiver, sent);
}

TEST_F(SyslogReceiverTest, takes_datagrams_and_several_messages_in_one) {
  auto opts = options(SOCK_DGRAM);
  opts.listening.datagram_bytes_max = 60;
  const auto receiver = make(std::move(opts));
  const int one = connect_to();
  send_to(one, "<13>1 - - - - - - x");
  send_to(one, "<13>1 - - - - - - y\n<13>1 - - - - - - z\n");
  send_to(one, "<13>1 - - - - - - " + std::string(100, 'l'));
  send_to(one, "no priority");
  take_lines(*receiver, 5);
  EXPECT_EQ(seen_[0], "{job=\"a\"} x");
  EXPECT_EQ(seen_[1], "{job=\"a\"} y");
  EXPECT_EQ(seen_[2], "{job=\"a\"} z");
  EXPECT_EQ(seen_[3], "{job=\"a\"} " + std::string(60 - 18, 'l'));
  EXPECT_EQ(seen_[4], "{job=\"a\"} no priority");
  EXPECT_EQ(metric("tailrace_syslog_cut_messages_total"), 1);
}

// Nobody reads while the outbox is full.
TEST_F(SyslogReceiverTest, sleeps_while_there_is_no_room_for_more_datagrams) {
  const auto receiver = make(options(SOCK_DGRAM));
  const int one = connect_to();
  const std::string message = "<13>1 - - - - - - " + std::string(4000, 'x');
  for (int i = 0; i < 2000; ++i) {
    send(one, message.data(), message.size(), MSG_DONTWAIT);
    if (i % 16 == 0) turn(*receiver, milliseconds(0));
  }
  // More waits than is taken, and nothing can be done about it.
  turn(*receiver, milliseconds(0));
  EXPECT_GT(receiver->next_deadline(), clock_.steady_now());
  take(*receiver);
  EXPECT_GT(seen_.size(), 100U);
  const std::size_t before = seen_.size();
  turn_until(*receiver, [&] { return seen_.size() > before; });
}

TEST_F(SyslogReceiverTest, counts_what_the_kernel_had_no_room_for) {
  auto opts = options(SOCK_DGRAM);
  opts.listening.listen.receive_buffer = 4096;
  const auto receiver = make(std::move(opts));
  const int one = connect_to();
  const std::size_t sent = 1000;
  for (std::size_t i = 0; i < sent; ++i)
    send_to(one, "<13>1 - - - - - - " + std::string(500, 'x'));
  turn_until(*receiver, [this] { return !seen_.empty(); });
  // The kernel says how many it lost with the next that it takes.
  send_to(one, "<13>1 - - - - - - last");
  turn_until(*receiver, [&] {
    return metric("tailrace_syslog_kernel_drops_total") + static_cast<double>(seen_.size()) ==
           static_cast<double>(sent + 1);
  });
  EXPECT_GT(metric("tailrace_syslog_kernel_drops_total"), 0);
}

TEST_F(SyslogReceiverTest, ends_when_its_peers_have_and_gives_everything_before) {
  const auto receiver = make(options(SOCK_STREAM));
  int one = connect_to();
  send_to(one, "<13>1 - - - - - - before\n");
  turn_until(*receiver, [&] { return receiver->status().details[0].second == "1"; });
  // In the kernel's hands, nobody has accepted it.
  int two = connect_to();
  send_to(two, "<13>1 - - - - - - waiting\n");
  receiver->begin_stop();
  EXPECT_FALSE(ended_);
  // The peers see that this side is shut.
  for (const int descriptor : {one, two}) {
    char byte = 0;
    EXPECT_EQ(recv(descriptor, &byte, 1, 0), 0);
  }
  send_to(one, "<13>1 - - - - - - on its way\n");
  hang_up(one);
  hang_up(two);
  turn_until(*receiver, [this] { return ended_; });
  std::sort(seen_.begin(), seen_.end());
  EXPECT_EQ(seen_, (std::vector<std::string>{"{job=\"a\"} before", "{job=\"a\"} on its way",
                                             "{job=\"a\"} waiting"}));
}

TEST_F(SyslogReceiverTest, ends_without_peers_that_go_on_for_ever) {
  const auto receiver = make(options(SOCK_STREAM));
  const int one = connect_to();
  send_to(one, "<13>1 - - - - - - x\n");
  turn_until(*receiver, [&] { return receiver->status().details[0].second == "1"; });
  receiver->begin_stop();
  for (int i = 0; i < 20 && !ended_; ++i) {
    send(one, "<13>1 - - - - - - x\n", 20, MSG_NOSIGNAL);
    turn(*receiver, milliseconds(5));
    clock_.advance(milliseconds(200));
    turn(*receiver, milliseconds(0));
    take(*receiver);
  }
  EXPECT_TRUE(ended_);
}

TEST_F(SyslogReceiverTest, leaves_its_connections_to_the_input_that_follows_it) {
  ConnectionPark park;
  auto opts = options(SOCK_STREAM);
  opts.listening.park = &park;
  opts.listening.use = park.join("before");
  auto next = opts;
  const auto before = make(std::move(opts));
  const int one = connect_to();
  send_to(one, "<13>1 - - - - - - x\n<13>1 - - - - ");
  take_lines(*before, 1);
  next.listening.use = park.join("after");
  before->begin_stop();
  turn_until(*before, [this] { return ended_; });
  send_to(one, "- - y\n<");
  const auto after = make(std::move(next));
  take_lines(*after, 2);
  EXPECT_EQ(seen_[1], "{job=\"a\"} y");
}

TEST_F(SyslogReceiverTest, does_not_leave_its_connections_to_an_input_with_another_sort_of_tls) {
  ConnectionPark park;
  auto opts = options(SOCK_STREAM);
  opts.listening.park = &park;
  opts.listening.use = park.join("before", "");
  const auto before = make(std::move(opts));
  int one = connect_to();
  send_to(one, "<13>1 - - - - - - x\n<13>1 - - - - ");
  take_lines(*before, 1);
  const auto use = park.join("after", "certificate");
  before->begin_stop();
  char byte = 0;
  EXPECT_EQ(recv(one, &byte, 1, 0), 0);  // It is told to go.
  send_to(one, "- - y\n");
  hang_up(one);
  turn_until(*before, [this] { return ended_; });
  EXPECT_EQ(seen_.back(), "{job=\"a\"} y");
  EXPECT_TRUE(park.take().empty());
}

// A name that comes when it is told.
class SlowNames final : public ReverseNames {
 public:
  std::optional<std::string> find(const PeerAddress& /*peer*/, SteadyTime /*now*/) override {
    return name;
  }
  std::optional<std::string> name;
};

TEST_F(SyslogReceiverTest, waits_a_little_for_the_name_of_a_peer) {
  const auto names = std::make_shared<SlowNames>();
  auto opts = options(SOCK_STREAM);
  opts.names = names;
  config::RelabelConfig rule;
  rule.source_labels = {"__syslog_connection_hostname"};
  rule.target_label = "peer";
  const auto receiver = make(std::move(opts), {rule});
  const int one = connect_to();
  send_to(one, "<13>1 - - - - - - x\n<13>1 - - - - - - y\n<");
  turn_until(*receiver, [&] { return receiver->status().details[1].second != "0"; });
  take(*receiver);
  EXPECT_TRUE(seen_.empty());
  EXPECT_FALSE(receiver->ready());
  names->name = "sender.example";
  clock_.advance(milliseconds(20));
  take_lines(*receiver, 2);
  EXPECT_EQ(seen_[0], "{job=\"a\", peer=\"sender.example\"} x");
}

TEST_F(SyslogReceiverTest, goes_on_without_a_name_that_does_not_come) {
  auto opts = options(SOCK_STREAM);
  opts.names = std::make_shared<SlowNames>();
  const auto receiver = make(std::move(opts));
  const int one = connect_to();
  send_to(one, "<13>1 - - - - - - x\n<");
  turn_until(*receiver, [&] { return receiver->status().details[1].second != "0"; });
  take(*receiver);
  EXPECT_TRUE(seen_.empty());
  clock_.advance(SyslogReceiver::kNameWait);
  take_lines(*receiver, 1);
}

TEST_F(SyslogReceiverTest, reads_again_what_was_not_consumed_and_counts_it_once) {
  const auto receiver = make(options(SOCK_STREAM));
  const int one = connect_to();
  send_to(one, "<13>1 - - - - - - x\n<13>1 - - - - - - y\n<");
  for (int i = 0; i < 1000 && !receiver->ready(); ++i)
    turn(*receiver, milliseconds(10));
  for (int i = 0; i < 2; ++i) {
    LineBlock block;
    ASSERT_TRUE(receiver->read(buffer_, block).has_value());
    ASSERT_EQ(block.lines.size(), 2U);
    EXPECT_EQ(block.lines[0].text, "x");
  }
  LineBlock block;
  ASSERT_TRUE(receiver->read(buffer_, block).has_value());
  receiver->consume(block.lines[0]);
  take(*receiver);
  EXPECT_EQ(seen_, (std::vector<std::string>{"{job=\"a\"} y"}));
  EXPECT_EQ(metric("promtail_syslog_target_entries_total"), 2);
}

}  // namespace
}  // namespace tailrace::receivers
