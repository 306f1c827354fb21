// What Loki's clients push: protobuf in snappy, JSON, and plain lines.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "receivers/push_format.h"

namespace tailrace::receivers {

// POST /loki/api/v1/push, /api/prom/push, and /promtail/api/v1/raw
// (docs/sources/push-api.md).
//
// Memory: the request unpacked, at most `raw_bytes_max`, and simdjson's index of it.
class LokiPushFormat final : public PushFormat {
 public:
  enum class Times { kOurs, kIncoming };
  enum class Tenants { kIgnore, kKeep };  // X-Scope-OrgID.
  struct Options {
    Times times = Times::kOurs;
    Tenants tenants = Tenants::kIgnore;
    std::uint64_t raw_bytes_max = 32U << 20U;
    bool has_labels = false;  // The input has labels of its own.
  };

  explicit LokiPushFormat(Options options);
  ~LokiPushFormat() override;

  std::span<const Route> routes() const override;
  std::optional<Refusal> decode(const http::ServerRequest& request, PushedLines& lines) override;
  // Plain lines have no times: the same once more is new.
  bool knows_repeats(const http::ServerRequest& request) const override;

 private:
  Status decode_protobuf(const http::ServerRequest& request, PushedLines& lines);
  Status decode_json(const http::ServerRequest& request, PushedLines& lines);
  Status decode_raw(const http::ServerRequest& request, PushedLines& lines);
  // The body without its Content-Encoding.
  Result<std::string_view> unpacked(const http::ServerRequest& request);
  std::string_view tenant_of(const http::ServerRequest& request) const;

  const Options options_;
  std::string raw_;
  struct Json;
  std::unique_ptr<Json> json_;
};

}  // namespace tailrace::receivers
