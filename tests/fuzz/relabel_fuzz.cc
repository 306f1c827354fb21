// Fuzzes relabelling: any rule on any labels leaves labels that are not empty.
// libraries: tailrace_discovery

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "discovery/relabel.h"

namespace tailrace::relabel_fuzz {
namespace {

using tailrace::config::RelabelConfig;

constexpr RelabelConfig::Action kActions[] = {
    RelabelConfig::Action::kReplace,   RelabelConfig::Action::kKeep,
    RelabelConfig::Action::kDrop,      RelabelConfig::Action::kKeepEqual,
    RelabelConfig::Action::kDropEqual, RelabelConfig::Action::kHashMod,
    RelabelConfig::Action::kLabelMap,  RelabelConfig::Action::kLabelDrop,
    RelabelConfig::Action::kLabelKeep, RelabelConfig::Action::kLowercase,
    RelabelConfig::Action::kUppercase};

// Takes the text up to the next newline.
std::string take(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  std::string result(rest.substr(0, end));
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
  RelabelConfig rule;
  rule.action = kActions[data[0] % std::size(kActions)];
  if (rule.action == RelabelConfig::Action::kHashMod) rule.modulus = data[1];
  rule.source_labels = {"a", "b"};
  rule.regex = take(rest);
  rule.replacement = take(rest);
  rule.target_label = take(rest);
  tailrace::discovery::LabelMap labels{{"a", take(rest)}, {"b", take(rest)}, {"target", "t"}};

  std::vector<tailrace::config::Diagnostic> diagnostics;
  const auto relabeler = tailrace::discovery::Relabeler::compile({rule}, diagnostics);
  TAILRACE_CHECK(relabeler.has_value() == diagnostics.empty());
  if (!relabeler) return 0;
  relabeler->run(labels);
  for (const auto& [name, value] : labels) {
    TAILRACE_CHECK(!name.empty());
    TAILRACE_CHECK(!value.empty());
  }
  return 0;
}

}  // namespace tailrace::relabel_fuzz
