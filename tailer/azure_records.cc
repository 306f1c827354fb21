// Twice over the message: a tree that says that it is good and what is in it, and a scan for the
// text of each record.
#include "tailer/azure_records.h"

#include <simdjson.h>

#include "base/rfc3339.h"
#include "model/line_block.h"

namespace tailrace::tailer {
namespace {

namespace dom = simdjson::dom;

static_assert(ReadBuffer::kPadding >= simdjson::SIMDJSON_PADDING);

std::string_view text_of(const dom::element& record, std::string_view key) {
  std::string_view text;
  return record[key].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

// What every record of Azure's has.
bool is_azure(const dom::element& record) {
  return !text_of(record, "category").empty() && !text_of(record, "resourceId").empty() &&
         !text_of(record, "operationName").empty();
}

std::int64_t time_of(const dom::element& record) {
  for (const char* const key : {"time", "timeStamp"}) {
    const std::string_view text = text_of(record, key);
    if (text.empty()) continue;
    if (const auto time = parse_rfc3339(text)) return *time;
  }
  return 0;
}

// Without blanks at its end, which the scan leaves there.
std::string_view trimmed(std::string_view text) {
  const std::size_t end = text.find_last_not_of(" \t\r\n");
  return end == std::string_view::npos ? std::string_view() : text.substr(0, end + 1);
}

}  // namespace

struct AzureRecords::Parsers {
  dom::parser tree;
  simdjson::ondemand::parser scan;
};

AzureRecords::AzureRecords(Custom custom)
    : custom_(custom), parsers_(std::make_unique<Parsers>()) {}

AzureRecords::~AzureRecords() = default;

AzureRecords::Shape AzureRecords::split_batch(std::span<char> message,
                                              std::vector<KafkaRecord>& records) {
  dom::element document;
  dom::array batch;
  if (parsers_->tree.parse(message.data(), message.size(), false).get(document) !=
          simdjson::SUCCESS ||
      document["records"].get(batch) != simdjson::SUCCESS || batch.size() == 0) {
    return Shape::kOther;
  }
  simdjson::ondemand::document scan;
  simdjson::ondemand::array texts;
  const simdjson::padded_string_view padded(message.data(), message.size(),
                                            message.size() + ReadBuffer::kPadding);
  if (parsers_->scan.iterate(padded).get(scan) != simdjson::SUCCESS ||
      scan["records"].get(texts) != simdjson::SUCCESS) {
    return Shape::kOther;
  }
  const std::size_t before = records.size();
  auto at = batch.begin();
  for (auto each : texts) {
    simdjson::ondemand::value value;
    std::string_view raw;
    if (at == batch.end() || each.get(value) != simdjson::SUCCESS ||
        simdjson::to_json_string(value).get(raw) != simdjson::SUCCESS) {
      records.resize(before);
      return Shape::kOther;
    }
    const dom::element record = *at;
    ++at;
    const bool azure = is_azure(record);
    if (!azure && custom_ == Custom::kDisallowed) continue;
    records.push_back({.text = trimmed(raw),
                       .time_ns = time_of(record),
                       .category = azure ? text_of(record, "category") : std::string_view()});
  }
  return Shape::kRecords;
}

void AzureRecords::split(std::span<char> message, std::vector<KafkaRecord>& records) {
  if (split_batch(message, records) == Shape::kRecords) return;
  mended_.clear();
  for (std::size_t i = 0; i < message.size(); ++i) {
    if (message[i] != '\'') continue;
    message[i] = '"';
    mended_.push_back(i);
  }
  if (!mended_.empty() && split_batch(message, records) == Shape::kRecords) return;
  for (const std::size_t at : mended_)
    message[at] = '\'';
  if (custom_ == Custom::kDisallowed) return;
  records.push_back({.text = {message.data(), message.size()}, .category = {}});
}

}  // namespace tailrace::tailer
