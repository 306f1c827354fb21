// What a push subscription of Google's Pub/Sub sends: one message per request.
#pragma once

#include <cstdint>

#include "receivers/gcp_log_entry.h"
#include "receivers/push_format.h"

namespace tailrace::receivers {

// POST /gcp/api/v1/push (docs/sources/gcplog.md).
//
// Memory: a message of Pub/Sub has at most 10 MB; simdjson's tree of it is several times as large.
class GcpPushFormat final : public PushFormat {
 public:
  struct Options {
    GcpTimes times = GcpTimes::kOurs;
    GcpLines lines = GcpLines::kTextPayload;
    std::uint64_t raw_bytes_max = 16U << 20U;
  };

  explicit GcpPushFormat(Options options) : options_(options) {}

  std::span<const Route> routes() const override;
  std::optional<Refusal> decode(const http::ServerRequest& request, PushedLines& lines) override;

 private:
  const Options options_;
  std::string raw_;
};

}  // namespace tailrace::receivers
