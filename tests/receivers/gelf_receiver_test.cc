// GELF over sockets: datagrams, chunks, NULs.
#include "receivers/gelf_receiver.h"

#include <algorithm>
#include <string>

#include "tests/receivers/listening_rig.h"

namespace tailrace::receivers {
namespace {

using std::chrono::milliseconds;

// One datagram of several.
std::string chunk(std::string_view id, int number, int count, std::string_view content) {
  std::string out = "\x1e\x0f";
  out.append(id);
  out += static_cast<char>(number);
  out += static_cast<char>(count);
  return out.append(content);
}

class GelfReceiverTest : public ListeningRig {
 protected:
  std::unique_ptr<GelfReceiver> make(int type) {
    GelfReceiver::Options options;
    options.listening.job = "a";
    options.listening.kind = "gelf";
    options.listening.descriptor = listen_on(type);
    options.listening.listen.protocol = type == SOCK_STREAM ? config::ListenConfig::Protocol::kTcp
                                                            : config::ListenConfig::Protocol::kUdp;
    options.listening.framer.framing = SyslogFramer::Framing::kNul;
    options.listening.datagram_bytes_max = 65536;
    options.listening.message_bytes_max = GelfChunks::kBytesMax;
    options.listening.labels = &sets_.intern({});
    options.use_incoming_timestamp = true;
    config::RelabelConfig rule;
    rule.action = config::RelabelConfig::Action::kLabelMap;
    rule.regex = "__gelf_message_(.*)";
    auto made =
        GelfReceiver::create(std::move(options), world(), relabeler({rule}, {{"job", "a"}}));
    EXPECT_TRUE(made.has_value());
    return std::move(*made);
  }
};

TEST_F(GelfReceiverTest, gives_messages_with_their_labels_and_times) {
  const auto receiver = make(SOCK_DGRAM);
  const int one = connect_to();
  send_to(
      one,
      R"({"version":"1.1","host":"h","short_message":"s","level":4,"facility":"f","timestamp":5.25})");
  send_to(one, "nonsense");
  send_to(one, R"({"version":"1.1","host":"h","short_message":"t","level":9})");
  take_lines(*receiver, 2);
  EXPECT_EQ(
      seen_[0],
      R"({facility="f", host="h", job="a", level="warning", version="1.1"} )"
      R"({"version":"1.1","host":"h","short_message":"s","timestamp":5.25,"level":4,"facility":"f"})");
  EXPECT_EQ(times_[0], 5'250'000'000);
  EXPECT_EQ(times_[1], unix_nanoseconds(clock_.wall_now()) + 2);
  EXPECT_EQ(metric("promtail_gelf_target_entries_total"), 2);
  EXPECT_EQ(metric("promtail_gelf_target_parsing_errors_total"), 1);
}

TEST_F(GelfReceiverTest, takes_messages_with_a_nul_behind_each_over_tcp) {
  const auto receiver = make(SOCK_STREAM);
  const int one = connect_to();
  const std::string message = "{\"short_message\":\"x\\n\"}\n";
  send_to(one, message + std::string(1, '\0') + message + std::string(1, '\0'));
  take_lines(*receiver, 2);
  EXPECT_TRUE(seen_[1].ends_with("\"short_message\":\"x\\n\",\"timestamp\":0}")) << seen_[1];
}

TEST_F(GelfReceiverTest, puts_chunks_together_in_any_order) {
  const auto receiver = make(SOCK_DGRAM);
  const int one = connect_to();
  send_to(one, chunk("aaaaaaaa", 2, 3, "rt_message\":\"x\"}"));
  send_to(one, chunk("aaaaaaaa", 0, 3, "{\"s"));
  send_to(one, chunk("bbbbbbbb", 0, 2, "{\"never\":"));
  send_to(one, chunk("aaaaaaaa", 0, 3, "{\"s"));
  send_to(one, chunk("aaaaaaaa", 1, 3, "ho"));
  take_lines(*receiver, 1);
  EXPECT_TRUE(seen_[0].find("\"short_message\":\"x\"") != std::string::npos) << seen_[0];
  // The other half never comes.
  clock_.advance(GelfChunks::kPatience);
  turn(*receiver, milliseconds(0));
  send_to(one, chunk("cccccccc", 0, 1, "{\"short_message\":\"y\"}"));
  take_lines(*receiver, 2);
  EXPECT_EQ(metric("tailrace_gelf_incomplete_total"), 1);
}

}  // namespace
}  // namespace tailrace::receivers
