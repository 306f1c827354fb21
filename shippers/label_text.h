// The labels of a stream as Loki's text, and the tenant that they choose.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/label_set.h"

namespace tailrace::shippers {

// Chooses the tenant of an entry and is not sent (docs/compatibility.md, clients).
inline constexpr std::string_view kTenantLabel = "__tenant_id__";

struct StreamLabels {
  std::string tenant;
  std::string text;  // {a="v", b="w"}, sorted; without kTenantLabel.
};

// Merges `external` (sorted by name, names unique) under `labels`: the entry's own win. The tenant
// is the value of kTenantLabel, also when empty, else `client_tenant`.
StreamLabels stream_labels(const LabelSet& labels,
                           const std::vector<std::pair<std::string, std::string>>& external,
                           std::string_view client_tenant);

// Back from the text of stream_labels(): names and values, unquoted, in its order.
// Errors: kCorrupt for what append_go_quoted() does not write.
Result<std::vector<std::pair<std::string, std::string>>> parse_label_text(std::string_view text);

}  // namespace tailrace::shippers
