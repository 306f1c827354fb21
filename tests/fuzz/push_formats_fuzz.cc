// What strangers push, in each protocol: refused in words or decoded within the limits.
// libraries: tailrace_receivers
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/check.h"
#include "receivers/gcp_push_format.h"
#include "receivers/heroku_format.h"
#include "receivers/loki_push_format.h"
#include "receivers/otlp_format.h"
#include "receivers/recent_bodies.h"

namespace tailrace::push_formats_fuzz {

namespace receivers = tailrace::receivers;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::uint64_t kRawBytesMax = 1U << 20U;

std::unique_ptr<receivers::PushFormat> format_of(std::size_t kind) {
  if (kind == 0) {
    return std::make_unique<receivers::GcpPushFormat>(receivers::GcpPushFormat::Options{
        .times = receivers::GcpTimes::kIncoming, .raw_bytes_max = kRawBytesMax});
  }
  if (kind == 1) {
    return std::make_unique<receivers::HerokuFormat>(receivers::HerokuFormat::Options{
        .times = receivers::HerokuFormat::Times::kIncoming, .raw_bytes_max = kRawBytesMax});
  }
  if (kind == 2) {
    receivers::OtlpFormat::Options options;
    options.mapping.index_attributes = {"service.name"};
    options.raw_bytes_max = kRawBytesMax;
    return std::make_unique<receivers::OtlpFormat>(std::move(options));
  }
  return std::make_unique<receivers::LokiPushFormat>(
      receivers::LokiPushFormat::Options{.times = receivers::LokiPushFormat::Times::kIncoming,
                                         .raw_bytes_max = kRawBytesMax,
                                         .has_labels = true});
}

void look_at(const receivers::PushedLines& lines) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& entry = lines[i];
    // Each byte is there to be read.
    for (const char c : entry.text)
      bytes += static_cast<unsigned char>(c);
    for (const auto& pair : lines.metadata(entry))
      bytes += pair.name.size() + pair.value.size();
    for (const auto& pair : lines.labels(lines.group(entry.group)))
      TAILRACE_CHECK(!pair.name.empty());
  }
  static_cast<void>(bytes);
}

}  // namespace

// The first byte chooses protocol, content type and encoding.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  tailrace::http::ServerRequest request;
  request.method = "POST";
  request.body.assign(data + 1, data + size);
  const std::size_t kind = data[0] % 4U;
  const auto format = format_of(kind);
  request.path = format->routes()[(data[0] / 64U) % format->routes().size()].path;
  request.headers["content-type"] =
      (data[0] & 4U) != 0 ? "application/json" : "application/x-protobuf";
  if ((data[0] & 8U) != 0) {
    constexpr const char* kEncodings[] = {"gzip", "deflate", "snappy", "br"};
    request.headers["content-encoding"] = kEncodings[(data[0] / 16U) % 4U];
  }
  request.query_pairs = {{"a", "b"}};
  receivers::PushedLines lines;
  const auto refusal = format->decode(request, lines);
  if (refusal) {
    TAILRACE_CHECK(refusal->status >= 400 && !refusal->message.empty());
    TAILRACE_CHECK(format->refused(request, *refusal).status == refusal->status);
  } else {
    look_at(lines);
    TAILRACE_CHECK(format->taken(request).status < 300);
  }
  receivers::RecentBodies bodies;
  bodies.restore(request.body);
  receivers::RecentBodies again;
  again.restore(bodies.text());
  TAILRACE_CHECK(again.text() == bodies.text());
  return 0;
}

}  // namespace tailrace::push_formats_fuzz
