// What is left of root's power: capabilities(7).
#pragma once

#include <linux/capability.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace tailrace::daemon {

// One bit per capability.
using CapabilitySet = std::uint64_t;
constexpr CapabilitySet capability(unsigned number) {
  return CapabilitySet{1} << number;
}

// What the decision depends on.
struct CapabilityFacts {
  enum class User { kRoot, kOther };
  CapabilitySet permitted = 0;
  User user = User::kOther;
  // A path that must be written and cannot be without CAP_DAC_OVERRIDE.
  std::optional<std::string> unwritable = {};
  std::optional<std::uint16_t> low_port = {};  // One below what every user may listen on.
};

struct KeptCapabilities {
  CapabilitySet set = 0;
  std::vector<std::string> reasons = {};  // For what is more than CAP_DAC_READ_SEARCH.
};

// CAP_DAC_READ_SEARCH, to read what belongs to others. Where it was not given (Docker's default),
// or something must be written that belongs to another user, CAP_DAC_OVERRIDE. To listen on low
// ports, CAP_NET_BIND_SERVICE: for root when one is in use, for others when it was given.
KeptCapabilities capabilities_to_keep(const CapabilityFacts& facts);

// Of the calling thread.
CapabilitySet permitted_capabilities();

// Gives up all but `kept`, for good: no_new_privs, and the bounding set where it may be changed.
// Threading: holds for the calling thread and those that it starts.
Status keep_capabilities(CapabilitySet kept);

// What the program writes.
struct WrittenPaths {
  std::vector<std::string> trees;  // Folders, with all that lies in them.
  std::vector<std::string> alone;  // Folders and sockets, and files that are replaced as a whole.
};

// The first that this thread could not write without CAP_DAC_OVERRIDE and CAP_FOWNER; what does not
// exist is left out.
std::optional<std::string> unwritable_without_override(const WrittenPaths& paths);

// "cap_dac_read_search,cap_net_bind_service"; "none".
std::string capability_names(CapabilitySet set);

}  // namespace tailrace::daemon
