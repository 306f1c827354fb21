// OTLP over HTTP: logs, in protobuf and JSON.
#pragma once

#include <cstdint>
#include <string>

#include "receivers/otlp_mapping.h"
#include "receivers/push_format.h"

namespace tailrace::receivers {

// POST /v1/logs, and /otlp/v1/logs, which is Loki's path (docs/sources/otlp.md).
class OtlpFormat final : public PushFormat {
 public:
  enum class Tenants { kIgnore, kKeep };  // X-Scope-OrgID.
  struct Options {
    OtlpMapping::Options mapping;
    Tenants tenants = Tenants::kIgnore;
    std::uint64_t raw_bytes_max = 16U << 20U;
  };

  explicit OtlpFormat(Options options);

  std::span<const Route> routes() const override;
  std::optional<Refusal> decode(const http::ServerRequest& request, PushedLines& lines) override;
  // An empty ExportLogsServiceResponse: everything was taken.
  http::ServerResponse taken(const http::ServerRequest& request) const override;
  // A google.rpc.Status, as senders want it.
  http::ServerResponse refused(const http::ServerRequest& request,
                               const Refusal& refusal) const override;

 private:
  const Options options_;
  OtlpMapping mapping_;
  std::string raw_;
};

}  // namespace tailrace::receivers
