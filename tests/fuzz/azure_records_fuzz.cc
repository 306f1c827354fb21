// Splits any bytes as a message of an event hub: the same records twice, all within the message.
// libraries: tailrace_tailer
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "model/line_block.h"
#include "tailer/azure_records.h"

namespace tailrace::azure_records_fuzz {
namespace {

using tailrace::ReadBuffer;
using tailrace::tailer::AzureRecords;
using tailrace::tailer::KafkaRecord;

std::vector<std::string> split(std::string_view message, AzureRecords::Custom custom) {
  ReadBuffer buffer(message.size());
  std::copy(message.begin(), message.end(), buffer.span().begin());
  AzureRecords splitter(custom);
  std::vector<KafkaRecord> records;
  const auto space = buffer.span();
  splitter.split(space, records);
  std::vector<std::string> texts;
  for (const KafkaRecord& record : records) {
    TAILRACE_CHECK(record.text.data() >= space.data());
    TAILRACE_CHECK(record.text.data() + record.text.size() <= space.data() + space.size());
    texts.push_back(std::string(record.category) + ":" + std::string(record.text));
  }
  return texts;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  const auto all = split(message, AzureRecords::Custom::kAllowed);
  const auto some = split(message, AzureRecords::Custom::kDisallowed);
  TAILRACE_CHECK(some.size() <= all.size());
  TAILRACE_CHECK(all == split(message, AzureRecords::Custom::kAllowed));
  return 0;
}

}  // namespace tailrace::azure_records_fuzz
