// `gelf`: Graylog's messages over UDP, or over TCP with a NUL behind each.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "discovery/line_relabeler.h"
#include "receivers/gelf_chunks.h"
#include "receivers/gelf_message.h"
#include "receivers/listening_input.h"

namespace tailrace::receivers {

// Datagrams are put together as they come; they are unpacked and read when lines are wanted
// (docs/sources/gelf.md).
//
// Threading: confined to one worker.
// Errors: what is no GELF message is counted and dropped, as Promtail does.
// Memory: ListeningInput's, GelfChunks', and one message unpacked.
class GelfReceiver final : public ListeningInput {
 public:
  struct Options {
    ListeningInput::Options listening;
    bool use_incoming_timestamp = false;
    std::uint32_t line_bytes_max = 1U << 20U;
  };
  static Result<std::unique_ptr<GelfReceiver>> create(
      Options options, World world, std::unique_ptr<discovery::LineRelabeler> relabeler);
  // For create() only.
  GelfReceiver(Options options, World world, std::unique_ptr<discovery::LineRelabeler> relabeler);

  Result<Outcome> read(ReadBuffer& buffer, LineBlock& block) override;

 private:
  bool has_room(std::size_t bytes) const override;
  void take(const ReceivedFrame& frame) override;
  void count_broken() override { parsing_errors_.increment(); }
  void on_bad(const PeerAddress& peer, std::string error);
  const LabelSet* labels_of(const GelfMessage& gelf);
  // nullptr: it is dropped, and counted.
  const GelfMessage* read_message(const MessageQueue::Message& message, Line& line);
  void count(MetricValue& metric, const MessageQueue::Message& message) const {
    if (message.begin >= counted_) metric.increment();
  }

  const Options options_;
  const std::unique_ptr<discovery::LineRelabeler> relabeler_;
  GelfChunks chunks_;
  GelfUnpacker unpacker_;
  GelfReader reader_;
  std::vector<LabelPair> discovered_;
  SourcePosition counted_ = 0;  // Messages before it are in the metrics.
  std::uint64_t given_up_seen_ = 0;
  MetricValue& entries_;
  MetricValue& parsing_errors_;
  MetricValue& dropped_;
  MetricValue& incomplete_;
};

}  // namespace tailrace::receivers
