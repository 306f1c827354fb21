// Messages of event hubs and what they are split into.
#include "tailer/azure_records.h"

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "model/line_block.h"

namespace tailrace::tailer {
namespace {

struct Record {
  std::string text;
  std::int64_t time_ns = 0;
  std::string category;
  friend bool operator==(const Record&, const Record&) = default;
};

std::ostream& operator<<(std::ostream& out, const Record& record) {
  return out << record.text << " at " << record.time_ns << " in " << record.category;
}

std::vector<Record> split(std::string_view message,
                          AzureRecords::Custom custom = AzureRecords::Custom::kAllowed) {
  ReadBuffer buffer(message.size() + 1);
  std::copy(message.begin(), message.end(), buffer.span().begin());
  AzureRecords splitter(custom);
  std::vector<KafkaRecord> records;
  splitter.split(buffer.span().first(message.size()), records);
  std::vector<Record> result;
  for (const KafkaRecord& record : records)
    result.push_back({std::string(record.text), record.time_ns, std::string(record.category)});
  return result;
}

constexpr std::int64_t kTime = 1'700'000'000'500'000'000;
constexpr const char* kFirst =
    R"({"time": "2023-11-14T22:13:20.5000000Z","category":"Audit", "resourceId":"/a","operationName":"x"})";
constexpr const char* kSecond =
    R"({"timeStamp":"2023-11-14T22:13:20.5Z","category":"Sign","resourceId":"/b","operationName":"y","it":"isn't"})";

TEST(AzureRecords, gives_each_record_as_it_is_written) {
  EXPECT_EQ(split(std::string(R"({"records" : [ )") + kFirst + " , \n" + kSecond + " ]}"),
            (std::vector<Record>{{kFirst, kTime, "Audit"}, {kSecond, kTime, "Sign"}}));
}

TEST(AzureRecords, mends_a_message_in_single_quotes) {
  EXPECT_EQ(split("{'records':[{'category':'Audit','resourceId':'/a','operationName':'x'}]}"),
            (std::vector<Record>{
                {R"({"category":"Audit","resourceId":"/a","operationName":"x"})", 0, "Audit"}}));
}

TEST(AzureRecords, passes_anything_else_on_as_it_is_unless_that_is_disallowed) {
  for (const std::string message :
       {"plain text", "it's {", R"({"a":1})", R"({"records":[]})", R"({"records":{}})",
        R"({"records":[1,})", "", R"([{"records":1}])"}) {
    EXPECT_EQ(split(message), (std::vector<Record>{{message, 0, ""}}));
    EXPECT_TRUE(split(message, AzureRecords::Custom::kDisallowed).empty()) << message;
  }
}

TEST(AzureRecords, a_record_that_is_not_of_azure_has_no_category) {
  const std::string message = std::string(R"({"records":[{"category":"A"},7,)") + kFirst + "]}";
  EXPECT_EQ(split(message),
            (std::vector<Record>{
                {R"({"category":"A"})", 0, ""}, {"7", 0, ""}, {kFirst, kTime, "Audit"}}));
  EXPECT_EQ(split(message, AzureRecords::Custom::kDisallowed),
            (std::vector<Record>{{kFirst, kTime, "Audit"}}));
}

}  // namespace
}  // namespace tailrace::tailer
