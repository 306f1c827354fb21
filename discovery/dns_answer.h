// Answers of DNS servers, as bytes (RFC 1035).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tailrace::discovery {

enum class DnsType : std::uint16_t { kA = 1, kNs = 2, kMx = 15, kAaaa = 28, kSrv = 33 };

// One record of the answer section. Names end in a dot; bytes that are not printable, and dots in a
// label, are written as \DDD.
struct DnsRecord {
  DnsType type = DnsType::kA;
  std::string text;        // The address, or the name that SRV, MX and NS give.
  std::uint16_t port = 0;  // SRV.
  friend bool operator==(const DnsRecord&, const DnsRecord&) = default;
};

struct DnsAnswer {
  int code = 0;                    // RCODE: 0 is no error, 3 no such name.
  bool truncated = false;          // There was more.
  std::vector<DnsRecord> records;  // Of the types above; others are left out.
};

// Errors: kInvalid for what breaks off or points around in circles.
Result<DnsAnswer> parse_dns_answer(std::string_view message);

}  // namespace tailrace::discovery
