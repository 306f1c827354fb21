// Push requests of strangers, in every content type and encoding: refused in words or decoded.
// libraries: tailrace_receivers
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "receivers/push_request.h"

namespace tailrace::push_request_json_fuzz {

using tailrace::Error;
using tailrace::receivers::decode_push_request;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::uint64_t kRawBytesMax = 1U << 20U;
  const std::string body(data, data + size);
  struct Kind {
    std::string_view type;
    std::string_view encoding;
  };
  for (const Kind& kind : {Kind{"application/json", ""}, Kind{"application/json", "gzip"},
                           Kind{"application/json", "deflate"}, Kind{"application/x-protobuf", ""},
                           Kind{std::string_view(body).substr(0, 30), ""}}) {
    const auto entries = decode_push_request(kind.type, kind.encoding, body, kRawBytesMax);
    if (!entries) {
      TAILRACE_CHECK(entries.error().code == Error::kInvalid);
      TAILRACE_CHECK(!entries.error().message.empty());
      continue;
    }
    std::size_t bytes = 0;
    for (const auto& entry : *entries) {
      bytes += entry.line.size();
      const bool json = kind.type == "application/json";
      TAILRACE_CHECK(!json || (entry.labels.starts_with('{') && entry.labels.ends_with('}')));
    }
    TAILRACE_CHECK(bytes <= kRawBytesMax || bytes <= size);
  }
  return 0;
}

}  // namespace tailrace::push_request_json_fuzz
