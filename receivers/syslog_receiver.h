// `syslog`: messages of RFC 5424 and RFC 3164 over TCP, TLS, UDP and unix sockets.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "discovery/line_relabeler.h"
#include "pipeline/go_time/zone.h"
#include "receivers/listening_input.h"
#include "receivers/peer_labels.h"
#include "receivers/syslog_parser.h"
#include "receivers/syslog_text.h"

namespace tailrace::receivers {

// What arrived waits as it came; read() takes it apart, so labels are fresh when lines run
// (docs/sources/syslog.md).
//
// Threading: confined to one worker.
// Errors: a message that cannot be parsed is counted; tolerant, it is a line as it came, with the
//   label __syslog_parse_error.
// Memory: ListeningInput's, and the texts of one block.
class SyslogReceiver final : public ListeningInput {
 public:
  // How long a message waits for the name of its peer.
  static constexpr std::chrono::seconds kNameWait{1};

  struct Options {
    ListeningInput::Options listening;
    SyslogFormat format = SyslogFormat::kRfc5424;
    SyslogLeniency leniency = SyslogLeniency::kTolerant;
    bool label_structured_data = false;
    bool use_incoming_timestamp = false;
    bool use_rfc5424_message = false;
    pipeline::go_time::Zone zone;  // Of times without one.
    // Null: no rule wants them. Shared by copies of these options.
    std::shared_ptr<ReverseNames> names;
    std::uint32_t line_bytes_max = 1U << 20U;
  };
  // Errors: certificates that cannot be used.
  static Result<std::unique_ptr<SyslogReceiver>> create(
      Options options, World world, std::unique_ptr<discovery::LineRelabeler> relabeler);

  // For create() only.
  SyslogReceiver(Options options, World world, std::unique_ptr<discovery::LineRelabeler> relabeler);

  Result<Outcome> read(ReadBuffer& buffer, LineBlock& block) override;

 private:
  enum class Use {
    kLine,
    kNothing,  // Dropped, and counted.
    kWait,     // Its peer's name is not known yet.
  };

  void take(const ReceivedFrame& frame) override;
  void count_broken() override { parsing_errors_.increment(); }
  Use make_line(const MessageQueue::Message& message, Line& line);
  // The text of the line, into the queue's memory or `rendered_`; empty: none.
  std::string_view text_of(const SyslogMessage& syslog, const MessageQueue::Message& message);
  const LabelSet* labels_of(const SyslogMessage& syslog, const PeerLabels::Labels& peer);
  void add_structured_data(std::string_view data);
  // Each message counts once, however often it is read.
  void count(MetricValue& metric, const MessageQueue::Message& message) const {
    if (message.begin >= counted_) metric.increment();
  }

  const Options options_;
  const std::unique_ptr<discovery::LineRelabeler> relabeler_;
  PeerLabels peers_;
  SyslogRenderer renderer_;
  std::vector<LabelPair> discovered_;
  std::string sd_text_;  // Names and values of structured data's labels.
  std::vector<std::pair<std::size_t, std::size_t>> sd_places_;  // Sizes of name and value.
  std::string rendered_;
  SourcePosition counted_ = 0;  // Messages before it are in the metrics.
  MetricValue& entries_;
  MetricValue& parsing_errors_;
  MetricValue& empty_messages_;
  MetricValue& dropped_;
};

}  // namespace tailrace::receivers
