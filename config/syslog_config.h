// The block `syslog` of a job as plain data.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "config/listen_config.h"

namespace tailrace::config {

// docs/compatibility.md, syslog.
struct SyslogConfig {
  enum class Format { kRfc5424, kRfc3164 };
  enum class Framing { kAuto, kNewline, kOctetCounted, kNul };

  ListenConfig listen;
  std::chrono::nanoseconds idle_timeout = std::chrono::minutes(2);  // 0: none.
  bool label_structured_data = false;
  TextPairs labels;
  bool use_incoming_timestamp = false;
  bool use_rfc5424_message = false;
  Format format = Format::kRfc5424;
  std::uint32_t max_message_length = 8192;
  ListenTlsConfig tls;

  // `tailrace:` of the block.
  bool tolerant = true;  // Keeps what cannot be parsed.
  Framing framing = Framing::kAuto;
  std::string timezone = "Local";  // Of times without one: an IANA name, "Local" or "UTC".
  friend bool operator==(const SyslogConfig&, const SyslogConfig&) = default;
};

}  // namespace tailrace::config
