// The names that a pipeline's stages use, resolved to slots when it is built.
#include "pipeline/names.h"

#include <algorithm>

namespace tailrace::pipeline {

std::uint32_t Names::slot_of(std::vector<std::string>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  const auto slot = static_cast<std::uint32_t>(found - names.begin());
  if (found == names.end()) names.emplace_back(name);
  return slot;
}

void Names::finish_reading() {
  if (!suffixed_) return;
  constexpr std::string_view kSuffix = "_extracted";
  const std::set<std::string, std::less<>> noted = read_;
  for (const std::string& name : noted) {
    if (name.ends_with(kSuffix)) read_.insert(name.substr(0, name.size() - kSuffix.size()));
  }
}

}  // namespace tailrace::pipeline
