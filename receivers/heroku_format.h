// What Heroku's drains send: syslog in frames, each with its length in front.
#pragma once

#include <cstdint>

#include "receivers/push_format.h"

namespace tailrace::receivers {

// POST /heroku/api/v1/drain (docs/sources/heroku.md).
class HerokuFormat final : public PushFormat {
 public:
  enum class Times { kOurs, kIncoming };
  struct Options {
    Times times = Times::kOurs;
    std::uint64_t raw_bytes_max = 16U << 20U;
  };

  explicit HerokuFormat(Options options) : options_(options) {}

  std::span<const Route> routes() const override;
  std::optional<Refusal> decode(const http::ServerRequest& request, PushedLines& lines) override;

 private:
  const Options options_;
  std::string raw_;
};

}  // namespace tailrace::receivers
