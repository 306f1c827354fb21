// Fuzzes answers of DNS servers: refused in words, or names that end in a dot.
// libraries: tailrace_discovery
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "discovery/dns_answer.h"

namespace tailrace::dns_answer_fuzz {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using tailrace::discovery::DnsType;
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  const auto answer = tailrace::discovery::parse_dns_answer(message);
  if (!answer) {
    TAILRACE_CHECK(!answer.error().message.empty());
    return 0;
  }
  for (const auto& record : answer->records) {
    TAILRACE_CHECK(!record.text.empty());
    const bool is_address = record.type == DnsType::kA || record.type == DnsType::kAaaa;
    TAILRACE_CHECK(is_address || record.text.ends_with('.'));
    // A name of 255 bytes, each written as four.
    TAILRACE_CHECK(record.text.size() <= 4 * 255);
  }
  return 0;
}

}  // namespace tailrace::dns_answer_fuzz
