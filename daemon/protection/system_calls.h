// Which system calls the running program may make: a seccomp filter.
#pragma once

#include "base/result.h"

namespace tailrace::daemon {

// What becomes of a call that is not allowed.
enum class RefusedCalls {
  kFail,  // It returns EPERM; one that the list does not know ENOSYS, which libraries expect of an
          // older kernel.
  kKill,  // The process ends with SIGSYS. The kernel's audit log names the call.
};

// From here on every thread of the process makes only calls that tailrace and its libraries use:
// no exec, no new process, no ptrace, no mount, no module, no key ring, no raw socket. There is no
// way back.
//
// Threading: holds for all threads, also for those that exist already.
// Errors: the system's, when the kernel has no filters or does not take this one.
Status filter_system_calls(RefusedCalls refused);

}  // namespace tailrace::daemon
