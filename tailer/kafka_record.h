// Lines within one Kafka message.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tailrace::tailer {

// One of the lines that a message is split into; views into it.
struct KafkaRecord {
  std::string_view text;
  std::int64_t time_ns = 0;  // 0: the message's.
  std::string_view category;
};

// Splits messages into records (tailer/azure_records.h).
class RecordSplitter {
 public:
  virtual ~RecordSplitter() = default;
  // `message` may be changed and has ReadBuffer::kPadding bytes behind it. Same bytes, same
  // records.
  virtual void split(std::span<char> message, std::vector<KafkaRecord>& records) = 0;

 protected:
  RecordSplitter() = default;
};

}  // namespace tailrace::tailer
