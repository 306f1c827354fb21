// capget(2), capset(2) and prctl(2); libcap would be one more library for three calls.
#include "daemon/protection/capabilities.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string_view>
#include <utility>

namespace tailrace::daemon {
namespace {

constexpr CapabilitySet kReadAll = capability(CAP_DAC_READ_SEARCH);
constexpr CapabilitySet kOverride = capability(CAP_DAC_OVERRIDE);
constexpr CapabilitySet kLowPorts = capability(CAP_NET_BIND_SERVICE);
constexpr int kFolderDepthMax = 4;  // The outbox has two levels.

constexpr auto kNamedCapabilities = std::to_array<std::pair<CapabilitySet, std::string_view>>(
    {{kReadAll, "cap_dac_read_search"},
     {kOverride, "cap_dac_override"},
     {kLowPorts, "cap_net_bind_service"}});

struct ThreadCapabilities {
  CapabilitySet effective = 0;
  CapabilitySet permitted = 0;
  CapabilitySet inheritable = 0;
};

constexpr std::uint32_t half_of(CapabilitySet set, unsigned half) {
  return static_cast<std::uint32_t>(set >> (32 * half));
}

ThreadCapabilities get_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  if (syscall(SYS_capget, &header, data.data()) != 0) return {};
  const auto whole = [&data](auto member) {
    return CapabilitySet{data[0].*member} | CapabilitySet{data[1].*member} << 32U;
  };
  return {whole(&__user_cap_data_struct::effective), whole(&__user_cap_data_struct::permitted),
          whole(&__user_cap_data_struct::inheritable)};
}

Status set_capabilities(const ThreadCapabilities& wanted) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  for (unsigned half = 0; half < 2; ++half) {
    data[half] = {half_of(wanted.effective, half), half_of(wanted.permitted, half),
                  half_of(wanted.inheritable, half)};
  }
  if (syscall(SYS_capset, &header, data.data()) != 0) {
    return fail(system_failure(errno, "set capabilities"));
  }
  return {};
}

// With the effective capabilities. Where the kernel cannot say, the answer is no.
bool is_writable(const std::string& path, int mode) {
#if defined(SYS_faccessat2)
  return syscall(SYS_faccessat2, AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
#else
  return false;
#endif
}

// Others' files in a sticky folder (/tmp) can be written and not replaced; Promtail's positions
// file lies in one.
bool is_replaceable(const std::string& path, const struct stat& status) {
  struct stat folder {};
  const std::string name = path.substr(0, path.rfind('/') + 1) + ".";
  if (stat(name.c_str(), &folder) != 0 || (folder.st_mode & S_ISVTX) == 0) return true;
  return status.st_uid == geteuid() || folder.st_uid == geteuid();
}

// A file that is mounted alone cannot be replaced, only written.
bool is_mount_point(const std::string& path) {
  struct statx status {};
  return statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, 0, &status) == 0 &&
         (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

bool can_be_kept_up(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return true;
  if (S_ISDIR(status.st_mode)) return is_writable(path, W_OK | X_OK);
  if (!S_ISREG(status.st_mode) || is_mount_point(path)) return is_writable(path, W_OK);
  return is_replaceable(path, status);
}

std::optional<std::string> find_unwritable(const std::string& path, int depth) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0 || S_ISLNK(status.st_mode)) return std::nullopt;
  const bool is_folder = S_ISDIR(status.st_mode);
  if (!is_writable(path, is_folder ? W_OK | X_OK : W_OK)) return path;
  if (!is_folder || depth == 0) return std::nullopt;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(path.c_str()), &::closedir);
  if (stream == nullptr) return std::nullopt;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): safe for a stream that only one thread uses.
  while (const dirent* const entry = ::readdir(stream.get())) {
    const std::string_view name = static_cast<const char*>(entry->d_name);
    if (name == "." || name == "..") continue;
    if (auto found = find_unwritable(path + "/" + std::string(name), depth - 1)) return found;
  }
  return std::nullopt;
}

}  // namespace

KeptCapabilities capabilities_to_keep(const CapabilityFacts& facts) {
  KeptCapabilities kept;
  const auto has = [&facts](CapabilitySet set) { return (facts.permitted & set) == set; };
  kept.set = facts.permitted & kReadAll;
  if (has(kOverride) && !has(kReadAll)) {
    kept.set |= kOverride;
    kept.reasons.emplace_back(
        "cap_dac_override, because cap_dac_read_search was not given and files of others could not "
        "be read without either");
  } else if (has(kOverride) && facts.unwritable) {
    kept.set |= kOverride;
    kept.reasons.push_back("cap_dac_override, because " + *facts.unwritable +
                           " belongs to another user and must be written");
  }
  if (!has(kLowPorts)) return kept;
  if (facts.user == CapabilityFacts::User::kOther) {
    kept.set |= kLowPorts;
    kept.reasons.emplace_back("cap_net_bind_service, because it was given");
  } else if (facts.low_port) {
    kept.set |= kLowPorts;
    kept.reasons.push_back("cap_net_bind_service, because of port " +
                           std::to_string(*facts.low_port));
  }
  return kept;
}

CapabilitySet permitted_capabilities() {
  return get_capabilities().permitted;
}

Status keep_capabilities(CapabilitySet kept) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return fail(system_failure(errno, "set no_new_privs"));
  }
  const ThreadCapabilities now = get_capabilities();
  if ((now.effective & capability(CAP_SETPCAP)) != 0) {
    for (unsigned number = 0; number < 64; ++number) {
      if (prctl(PR_CAPBSET_READ, number, 0, 0, 0) < 0) break;  // There are no more.
      if ((kept & capability(number)) == 0) prctl(PR_CAPBSET_DROP, number, 0, 0, 0);
    }
  }
  // Ambient ones that are not permitted any more go by themselves.
  return set_capabilities({now.effective & kept, now.permitted & kept, now.inheritable & kept});
}

std::optional<std::string> unwritable_without_override(const WrittenPaths& paths) {
  const ThreadCapabilities now = get_capabilities();
  ThreadCapabilities less = now;
  less.effective &= ~(kOverride | capability(CAP_FOWNER));
  if (!set_capabilities(less)) return std::nullopt;
  std::optional<std::string> found;
  for (const std::string& path : paths.alone) {
    if (!found && !can_be_kept_up(path)) found = path;
  }
  for (const std::string& path : paths.trees) {
    if (!found) found = find_unwritable(path, kFolderDepthMax);
  }
  static_cast<void>(set_capabilities(now));
  return found;
}

std::string capability_names(CapabilitySet set) {
  std::string text;
  for (const auto& [bits, name] : kNamedCapabilities) {
    if ((set & bits) == 0) continue;
    if (!text.empty()) text += ',';
    text += name;
  }
  return text.empty() ? "none" : text;
}

}  // namespace tailrace::daemon
