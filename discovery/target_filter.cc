// The steps between discovery and following files.
#include "discovery/target_filter.h"

#include <set>
#include <utility>
#include <variant>

namespace tailrace::discovery {
namespace {

const std::string* find_label(const LabelMap& labels, const std::string& name) {
  const auto found = labels.find(name);
  return found == labels.end() ? nullptr : &found->second;
}

// What becomes of one target, not looking at others.
std::variant<FileTarget, DropReason> to_file_target(const Target& target,
                                                    const Relabeler& relabeler,
                                                    const FilterOptions& options) {
  LabelMap labels = target.labels;
  if (relabeler.run(labels) == Relabeler::Verdict::kDrop) return DropReason::kDropped;
  const std::string* const host = find_label(labels, "__host__");
  if (host != nullptr && *host != options.hostname) return DropReason::kWrongHost;
  const std::string* const path = find_label(labels, "__path__");
  if (path == nullptr) return DropReason::kNoPath;
  const std::string* const exclude = find_label(labels, "__path_exclude__");
  FileTarget result{.job = options.job,
                    .path = *path,
                    .exclude = exclude == nullptr ? std::string() : *exclude,
                    .labels = {}};
  std::erase_if(labels, [](const auto& label) { return label.first.starts_with("__"); });
  result.labels = std::move(labels);
  return result;
}

}  // namespace

std::string_view drop_reason_text(DropReason reason) {
  switch (reason) {
    case DropReason::kDropped:
      return "dropped";
    case DropReason::kWrongHost:
      return "wrong_host";
    case DropReason::kNoPath:
      return "no_path";
    case DropReason::kExists:
      return "exists";
    case DropReason::kError:
      return "error";
  }
  return "error";
}

FilteredTargets filter_targets(const std::vector<Target>& targets, const Relabeler& relabeler,
                               const FilterOptions& options) {
  FilteredTargets result;
  std::set<FileTarget> known;
  for (const Target& target : targets) {
    std::variant<FileTarget, DropReason> outcome = to_file_target(target, relabeler, options);
    const FileTarget* const file_target = std::get_if<FileTarget>(&outcome);
    if (file_target != nullptr && known.insert(*file_target).second) {
      result.targets.push_back(*file_target);
      result.origins.push_back(target);
      continue;
    }
    result.dropped.push_back(
        {.job = options.job,
         .discovered_labels = target.labels,
         .found_by = target.found_by,
         .reason = file_target != nullptr ? DropReason::kExists : std::get<DropReason>(outcome)});
  }
  return result;
}

}  // namespace tailrace::discovery
