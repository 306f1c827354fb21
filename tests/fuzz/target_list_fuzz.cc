// Fuzzes lists of targets, as JSON and as YAML: refused in words, or labels with valid names.
// libraries: tailrace_discovery
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "discovery/target_list.h"
#include "model/label_set.h"

namespace tailrace::target_list_fuzz {
namespace {

void check_groups(
    const tailrace::Result<std::vector<tailrace::config::StaticTargetGroup>>& groups) {
  if (!groups) {
    TAILRACE_CHECK(!groups.error().message.empty());
    return;
  }
  std::vector<tailrace::discovery::Target> targets;
  tailrace::discovery::append_targets(*groups, "fuzz", {{"__meta_url", "u"}}, targets);
  std::size_t count = 0;
  for (const auto& group : *groups)
    count += group.targets.size();
  TAILRACE_CHECK(targets.size() == count);
  for (const auto& target : targets) {
    TAILRACE_CHECK(target.labels.contains("__address__"));
    for (const auto& [name, value] : target.labels)
      TAILRACE_CHECK(tailrace::is_label_name(name));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_groups(tailrace::discovery::parse_target_list_json(text));
  check_groups(tailrace::discovery::parse_target_list_yaml(text));
  return 0;
}

}  // namespace tailrace::target_list_fuzz
