// Entries of Google Cloud's logs, as a topic of Pub/Sub carries them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tailrace::receivers {

enum class GcpTimes { kOurs, kIncoming };
enum class GcpLines { kTextPayload, kFull };

struct GcpLogEntry {
  // __gcp_logname, __gcp_resource_type, __gcp_severity, __gcp_resource_labels_<k>,
  // __gcp_labels_<k>; empty ones too.
  std::vector<std::pair<std::string, std::string>> labels;
  std::string line;
  std::int64_t time_ns = 0;  // 0: ours.
};

// One LogEntry in JSON. Its line is textPayload unless that is blank; else, and with kFull, `data`
// as it is.
// Errors: kInvalid with words.
Result<GcpLogEntry> parse_gcp_log_entry(std::string_view data, GcpLines lines, GcpTimes times);

// A key as a part of a label's name: "httpRequest.statusCode" -> "http_request_status_code".
std::string gcp_label_part(std::string_view key);

}  // namespace tailrace::receivers
