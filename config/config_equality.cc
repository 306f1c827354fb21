// Equality of configurations: where a block stands in the file is no difference.
#include <tuple>

#include "config/client_config.h"
#include "config/scrape_config.h"

namespace tailrace::config {
namespace {

auto tied(const ClientConfig& c) {
  return std::tie(c.name, c.url, c.headers, c.tenant_id, c.batch_wait, c.batch_bytes, c.timeout,
                  c.backoff, c.drop_rate_limited_batches, c.external_labels, c.http, c.outbox_bytes,
                  c.when_full, c.protocol);
}

auto tied(const ScrapeConfig& s) {
  return std::tie(s.job_name, s.static_configs, s.discoveries, s.inputs, s.relabel_configs,
                  s.pipeline_stages, s.encoding, s.decompression, s.files);
}

}  // namespace

bool operator==(const ClientConfig& a, const ClientConfig& b) {
  return tied(a) == tied(b);
}
bool operator==(const ScrapeConfig& a, const ScrapeConfig& b) {
  return tied(a) == tied(b);
}

}  // namespace tailrace::config
