// The cache in front of the rules.
#include "discovery/line_relabeler.h"

#include <utility>
#include <vector>

namespace tailrace::discovery {
namespace {

constexpr std::string_view kTenant = "__tenant_id__";  // docs/compatibility.md, relabelling.
// Names that senders make up must not fill the memory.
constexpr std::size_t kNamesMax = 4096;

std::size_t bytes_of_labels(const LabelSet* labels) {
  std::size_t bytes = 0;
  if (labels == nullptr) return bytes;
  for (const LabelPair& pair : labels->pairs())
    bytes += pair.name.size() + pair.value.size();
  return bytes;
}

}  // namespace

LineRelabeler::LineRelabeler(Relabeler relabeler, Options options, LabelSetTable& table)
    : relabeler_(std::move(relabeler)), options_(std::move(options)), table_(table) {}

LineRelabeler::~LineRelabeler() {
  forget();
}

void LineRelabeler::forget() {
  for (const auto& [hash, cached] : cache_) {
    if (cached.labels != nullptr) cached.labels->unpin();
  }
  cache_.clear();
  cached_bytes_ = 0;
}

bool LineRelabeler::matters(std::string_view name) {
  const auto known = matters_.find(name);
  if (known != matters_.end()) return known->second;
  const bool stays =
      !name.starts_with("__") || (options_.tenant == Options::Tenant::kKeep && name == kTenant);
  const bool result = stays || relabeler_.reads(name);
  if (matters_.size() >= kNamesMax) matters_.clear();
  matters_.emplace(name, result);
  return result;
}

const LabelSet* LineRelabeler::resolve(std::span<const LabelPair> discovered) {
  key_.clear();
  for (const LabelPair& pair : discovered) {
    if (!matters(pair.name)) continue;
    // Lengths in front: no text can be mistaken for two.
    const std::uint32_t sizes[2] = {static_cast<std::uint32_t>(pair.name.size()),
                                    static_cast<std::uint32_t>(pair.value.size())};
    key_.append(reinterpret_cast<const char*>(sizes), sizeof sizes);
    key_.append(pair.name).append(pair.value);
  }
  const std::uint64_t hash = hash_text(key_, 0);
  const auto [begin, end] = cache_.equal_range(hash);
  for (auto at = begin; at != end; ++at) {
    if (at->second.key != key_) continue;
    dropped_by_rule_ = at->second.dropped_by_rule;
    return at->second.labels;
  }
  const LabelSet* const labels = run(discovered);
  const std::size_t bytes = key_.size() + bytes_of_labels(labels);
  // Labels are as long as senders make them.
  if (cache_.size() >= kCachedMax || cached_bytes_ + bytes > kCachedBytesMax) forget();
  cached_bytes_ += bytes;
  if (labels != nullptr) labels->pin();
  cache_.emplace(hash, Cached{key_, labels, dropped_by_rule_});
  return labels;
}

const LabelSet* LineRelabeler::run(std::span<const LabelPair> discovered) {
  dropped_by_rule_ = false;
  LabelMap labels;
  const bool under = options_.fixed == Options::Fixed::kUnder;
  if (under) labels = options_.labels;
  for (const LabelPair& pair : discovered) {
    if (!matters(pair.name)) continue;
    labels.insert_or_assign(std::string(pair.name), std::string(pair.value));
  }
  if (!under) {
    for (const auto& [name, value] : options_.labels)
      labels.insert_or_assign(name, value);
  }
  std::erase_if(labels, [](const auto& label) { return label.second.empty(); });
  if (relabeler_.run(labels) == Relabeler::Verdict::kDrop) {
    dropped_by_rule_ = true;
    return nullptr;
  }
  std::vector<LabelPair> visible;
  for (const auto& [name, value] : labels) {
    const bool hidden =
        name.starts_with("__") && !(options_.tenant == Options::Tenant::kKeep && name == kTenant);
    if (!hidden) visible.push_back({name, value});
  }
  if (visible.empty() && options_.unlabelled == Options::Unlabelled::kDrop) return nullptr;
  return &table_.intern(visible);
}

}  // namespace tailrace::discovery
