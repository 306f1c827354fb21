// The three system calls of landlock(7); Debian 12 has no library for them, and none is needed.
#include "daemon/protection/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string_view>

namespace tailrace::daemon {
namespace {

// Of headers newer than the oldest that we build with.
constexpr std::uint64_t kTruncate = 1ULL << 14U;     // Version 3.
constexpr std::uint64_t kIoctlDevice = 1ULL << 15U;  // Version 5.
constexpr std::uint64_t kScopeSignal = 1ULL << 1U;   // Version 6.

// landlock_ruleset_attr of version 6. Older kernels take it as long as the rest is zero.
struct RulesetAttributes {
  std::uint64_t files = 0;
  std::uint64_t network = 0;
  std::uint64_t scoped = 0;
};

constexpr std::uint64_t kWriteRights =
    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
    LANDLOCK_ACCESS_FS_REFER | kTruncate;
constexpr std::uint64_t kSocketRights =
    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE;
// What /dev/null, a file, can have.
constexpr std::uint64_t kDeviceRights = LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;
// What nobody gets anywhere.
constexpr std::uint64_t kNeverRights =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
    LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM | kIoctlDevice;

std::uint64_t rights_of_version(int version) {
  std::uint64_t rights = kWriteRights | kNeverRights;
  if (version < 2) rights &= ~static_cast<std::uint64_t>(LANDLOCK_ACCESS_FS_REFER);
  if (version < 3) rights &= ~kTruncate;
  if (version < 5) rights &= ~kIoctlDevice;
  return rights;
}

// Closed at the end.
struct OwnDescriptor {
  explicit OwnDescriptor(int opened) : number(opened) {}
  ~OwnDescriptor() {
    if (number >= 0) close(number);
  }
  OwnDescriptor(const OwnDescriptor&) = delete;
  OwnDescriptor& operator=(const OwnDescriptor&) = delete;
  const int number;
};

tl::unexpected<Error> no_landlock(int error) {
  switch (error) {
    case ENOSYS:
      return fail(error, "the kernel has no Landlock (Linux 5.13 or later has it)");
    case EOPNOTSUPP:
      return fail(error, "Landlock is switched off in this kernel (its parameter lsm=)");
    case EPERM:
      return fail(error, "Landlock is forbidden here (by a container's seccomp profile?)");
    default:
      return fail(system_failure(error, "Landlock"));
  }
}

Status add_rule(int ruleset, const std::string& path, std::uint64_t rights) {
  const OwnDescriptor place(open(path.c_str(), O_PATH | O_CLOEXEC));
  if (place.number < 0) return fail(system_failure(errno, "allow writing below " + path));
  landlock_path_beneath_attr rule{};
  rule.allowed_access = rights;
  rule.parent_fd = place.number;
  if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
    return fail(system_failure(errno, "allow writing below " + path));
  }
  return {};
}

}  // namespace

int landlock_version() {
  const long version =
      syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 0 ? 0 : static_cast<int>(version);
}

Result<int> restrict_writing(const WritableFolders& folders) {
  const int version = landlock_version();
  if (version == 0) return no_landlock(errno);
  RulesetAttributes attributes;
  attributes.files = rights_of_version(version);
  if (version >= 6) attributes.scoped = kScopeSignal;
  const OwnDescriptor ruleset(
      static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
  if (ruleset.number < 0) return no_landlock(errno);
  for (const std::string& folder : folders.files) {
    if (Status added = add_rule(ruleset.number, folder, kWriteRights & attributes.files); !added)
      return fail(added.error());
  }
  for (const std::string& folder : folders.sockets) {
    if (Status added = add_rule(ruleset.number, folder, kSocketRights); !added)
      return fail(added.error());
  }
  // Libraries open it. Not there in some containers, and no loss.
  static_cast<void>(add_rule(ruleset.number, "/dev/null", kDeviceRights & attributes.files));
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      syscall(SYS_landlock_restrict_self, ruleset.number, 0) != 0) {
    return no_landlock(errno);
  }
  return version;
}

}  // namespace tailrace::daemon
