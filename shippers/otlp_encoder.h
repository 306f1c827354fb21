// Push requests as OTLP log exports: for clients that speak it (docs/formats/otlp.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "shippers/reject_splitter.h"
#include "shippers/shipper.h"

namespace tailrace::shippers {

// The entries `range` of `body` as a gzipped ExportLogsServiceRequest in protobuf. Labels become
// resource attributes, metadata attributes of the record, the line its body. What is not UTF-8
// becomes U+FFFD, since OTLP has no other text.
// Errors: as encode_range().
Result<std::string> encode_otlp_range(const PushBody& body, EntryRange range);

// An export without an entry.
std::string empty_otlp();

// What an answer of 2xx says about entries that the server took none the less and threw away.
struct OtlpRejection {
  std::uint64_t entries = 0;
  std::string message;
};
// `answer`: an ExportLogsServiceResponse in protobuf, or empty. What is no such thing rejects
// nothing.
OtlpRejection otlp_rejection(std::string_view answer);

}  // namespace tailrace::shippers
