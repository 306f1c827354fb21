// Messages of Azure's event hubs: batches of log records, and anything else that applications send.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "tailer/kafka_record.h"

namespace tailrace::tailer {

// Splits {"records":[...]} into its records, each as it is written there, with its category and
// time (docs/compatibility.md, azure_event_hubs). Some services write such a message with ' in the
// place of ": that is mended. What is no such message, or a record that is not one of Azure's, is
// one line of its own without a category, or nothing where this is disallowed.
//
// Memory: a document tree of the message at hand, several times its size.
class AzureRecords final : public RecordSplitter {
 public:
  enum class Custom { kAllowed, kDisallowed };

  explicit AzureRecords(Custom custom);
  ~AzureRecords() override;

  void split(std::span<char> message, std::vector<KafkaRecord>& records) override;

 private:
  struct Parsers;
  enum class Shape { kRecords, kOther };
  Shape split_batch(std::span<char> message, std::vector<KafkaRecord>& records);

  const Custom custom_;
  const std::unique_ptr<Parsers> parsers_;
  std::vector<std::size_t> mended_;  // Where a ' was.
};

}  // namespace tailrace::tailer
