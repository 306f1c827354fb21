// Fuzzes what Consul answers: refused in words, or labels with valid names.
// libraries: tailrace_discovery
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "discovery/consul_answers.h"
#include "model/label_set.h"

namespace tailrace::consul_answers_fuzz {
namespace {

void check_instances(
    const tailrace::Result<std::vector<tailrace::discovery::ConsulInstance>>& instances) {
  if (!instances) {
    TAILRACE_CHECK(!instances.error().message.empty());
    return;
  }
  for (const auto& instance : *instances) {
    const auto labels = tailrace::discovery::consul_labels(
        instance, {.prefix = "__meta_consul_", .datacenter = "dc", .tag_separator = ","});
    TAILRACE_CHECK(labels.contains("__address__"));
    for (const auto& [name, value] : labels)
      TAILRACE_CHECK(tailrace::is_label_name(name));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_instances(tailrace::discovery::parse_consul_health(text));
  check_instances(tailrace::discovery::parse_consul_agent_health(text, {}));
  const auto services = tailrace::discovery::parse_consul_services(text);
  if (!services) TAILRACE_CHECK(!services.error().message.empty());
  const auto own = tailrace::discovery::parse_consul_agent_services(text);
  if (own) TAILRACE_CHECK(!own->contains(""));
  const auto self = tailrace::discovery::parse_consul_self(text);
  if (self) TAILRACE_CHECK(!self->datacenter.empty());
  return 0;
}

}  // namespace tailrace::consul_answers_fuzz
