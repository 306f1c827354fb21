// The list, as libseccomp takes it. Names that an architecture does not have are left out there.
#include "daemon/protection/system_calls.h"

#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <span>
#include <string>

#include "daemon/protection/sanitized.h"

namespace tailrace::daemon {
namespace {

// Names with a space between. Old and new names of a call are all there: which one is made is the C
// library's choice.
// Files and folders. Landlock says where they may be written.
constexpr std::string_view kFileCalls =
    "read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 open openat "
    "openat2 creat close close_range lseek stat fstat lstat newfstatat statx statfs "
    "fstatfs access faccessat faccessat2 readlink readlinkat getdents getdents64 getcwd "
    "rename renameat renameat2 unlink unlinkat mkdir mkdirat rmdir chmod fchmod fchmodat "
    "fchmodat2 truncate ftruncate fallocate fsync fdatasync sync_file_range flock fcntl dup "
    "dup2 dup3 pipe pipe2 sendfile copy_file_range readahead fadvise64 umask inotify_init "
    "inotify_init1 inotify_add_watch inotify_rm_watch";

// Memory. PCRE2 writes machine code, so pages may become executable.
constexpr std::string_view kMemoryCalls =
    "mmap munmap mremap mprotect madvise brk msync mincore mlock mlock2 munlock membarrier";

// Threads (clone: below), signals, time.
constexpr std::string_view kThreadCalls =
    "exit exit_group futex futex_waitv futex_wake futex_wait futex_requeue set_robust_list "
    "get_robust_list rseq set_tid_address gettid getpid getppid sched_yield sched_getaffinity "
    "sched_getparam sched_getscheduler sched_get_priority_max sched_get_priority_min getcpu "
    "rt_sigaction rt_sigprocmask rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigpending "
    "sigaltstack signalfd signalfd4 restart_syscall pause clock_gettime clock_getres "
    "clock_nanosleep nanosleep gettimeofday time times alarm setitimer getitimer "
    "timerfd_create timerfd_settime timerfd_gettime";

// Waiting.
constexpr std::string_view kWaitingCalls =
    "poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait "
    "epoll_pwait2 eventfd eventfd2";

// Sockets (socket: below).
constexpr std::string_view kSocketCalls =
    "socketpair bind connect listen accept accept4 getsockname getpeername setsockopt "
    "getsockopt sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg shutdown";

// What the program asks about itself and the system.
constexpr std::string_view kQuestionCalls =
    "uname sysinfo getrlimit getrusage getrandom capget getuid geteuid getgid getegid "
    "getresuid getresgid getgroups getpriority";

constexpr auto kAllowedCalls = std::to_array<std::string_view>(
    {kFileCalls, kMemoryCalls, kThreadCalls, kWaitingCalls, kSocketCalls, kQuestionCalls});

// What an intruder would want. It gets EPERM, which says what it is.
constexpr std::string_view kForbiddenCalls =
    "execve execveat fork vfork ptrace process_vm_readv process_vm_writev process_madvise "
    "pidfd_open pidfd_getfd pidfd_send_signal kcmp mount umount2 move_mount open_tree fsopen "
    "fsconfig fsmount fspick mount_setattr pivot_root chroot unshare setns init_module "
    "finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff bpf "
    "perf_event_open userfaultfd keyctl add_key request_key io_uring_setup io_uring_enter "
    "io_uring_register fanotify_init fanotify_mark name_to_handle_at open_by_handle_at "
    "memfd_create memfd_secret personality acct quotactl sethostname setdomainname "
    "clock_settime clock_adjtime adjtimex settimeofday syslog iopl ioperm modify_ldt mknod "
    "mknodat link linkat symlink symlinkat chown fchown lchown fchownat setxattr lsetxattr "
    "fsetxattr setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid "
    "setfsgid capset setrlimit setsid setpgid vhangup seccomp";

// Under a sanitizer only: LeakSanitizer looks at the threads from a process of its own.
constexpr std::string_view kSanitizerCalls =
    "clone ptrace wait4 prctl kill tgkill tkill process_vm_readv arch_prctl personality ioctl "
    "prlimit64 setrlimit";

// TIOCSTI and its like are not among them. The kernel looks at 32 bits of a request.
constexpr auto kRequests = std::to_array<std::uint32_t>(
    {FIONBIO, FIONREAD, FIOCLEX, FIONCLEX, TCGETS, TIOCGWINSZ, TIOCOUTQ, SIOCGIFNAME, SIOCGIFINDEX,
     SIOCGIFCONF, SIOCGIFFLAGS, SIOCGIFADDR, SIOCGIFMTU});
constexpr std::uint64_t kRequestBits = 0xffffffffU;

constexpr auto kFamilies = std::to_array<int>({AF_UNIX, AF_INET, AF_INET6, AF_NETLINK});

constexpr std::uint32_t kNameMapping = 0x53564d41;  // PR_SET_VMA, of newer headers.
constexpr auto kProcessOptions =
    std::to_array<std::uint32_t>({PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, PR_CAPBSET_READ,
                                  PR_GET_NO_NEW_PRIVS, PR_GET_SECCOMP, kNameMapping});

// Adds rules to one filter and remembers the first that was not taken.
class CallRules {
 public:
  explicit CallRules(std::uint32_t default_action)
      : context_(seccomp_init(default_action), &seccomp_release) {}

  bool valid() const { return context_ != nullptr; }
  scmp_filter_ctx get() const { return context_.get(); }
  const Status& status() const { return status_; }

  void add(std::uint32_t action, std::string_view name, std::span<const scmp_arg_cmp> arguments) {
    const int number = seccomp_syscall_resolve_name(std::string(name).c_str());
    if (number < 0 || !status_) return;  // Not here; the default action is for what is unknown.
    note(seccomp_rule_add_array(get(), action, number, static_cast<unsigned>(arguments.size()),
                                arguments.data()),
         name);
  }
  // Names with a space between.
  void add_all(std::uint32_t action, std::string_view names) {
    while (!names.empty()) {
      const std::size_t end = std::min(names.find(' '), names.size());
      add(action, names.substr(0, end), {});
      names.remove_prefix(std::min(end + 1, names.size()));
    }
  }
  void allow_when(std::string_view name, const scmp_arg_cmp& argument) {
    add(SCMP_ACT_ALLOW, name, {&argument, 1});
  }
  void note(int result, std::string_view what) {
    if (result == -EEXIST) return;  // A sanitizer needs it, so it is allowed already.
    if (result < 0 && status_)
      status_ = fail(system_failure(-result, "system calls: " + std::string(what)));
  }

 private:
  const std::unique_ptr<void, void (*)(scmp_filter_ctx)> context_;
  Status status_;
};

// Calls of which only some arguments are allowed.
void add_narrow_calls(CallRules& rules) {
  for (const int family : kFamilies)
    rules.allow_when("socket", SCMP_A0_32(SCMP_CMP_EQ, static_cast<std::uint32_t>(family)));
  for (const std::uint32_t request : kRequests)
    rules.allow_when("ioctl", SCMP_A1_64(SCMP_CMP_MASKED_EQ, kRequestBits, request));
  for (const std::uint32_t option : kProcessOptions)
    rules.allow_when("prctl", SCMP_A0_32(SCMP_CMP_EQ, option));
  // Threads, no processes. clone3 hides its flags behind a pointer: it gets ENOSYS, which sends
  // glibc to clone.
  rules.allow_when("clone", SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
  // Limits are asked for, not set.
  rules.allow_when("prlimit64", SCMP_A2_64(SCMP_CMP_EQ, 0));
  // Signals to ourselves: abort().
  const auto self = static_cast<std::uint32_t>(getpid());
  for (const std::string_view name : {"tgkill", "kill"})
    rules.allow_when(name, SCMP_A0_32(SCMP_CMP_EQ, self));
}

}  // namespace

Status filter_system_calls(RefusedCalls refused) {
  const bool kills = refused == RefusedCalls::kKill;
  CallRules rules(kills ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(ENOSYS));
  if (!rules.valid()) return fail(ENOMEM, "a filter of system calls cannot be made");
  rules.note(seccomp_attr_set(rules.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS),
             "other architectures");
  rules.note(seccomp_attr_set(rules.get(), SCMP_FLTATR_CTL_TSYNC, 1), "all threads");
  // Refused calls go to the kernel's audit log. Older kernels cannot.
  static_cast<void>(seccomp_attr_set(rules.get(), SCMP_FLTATR_CTL_LOG, 1));
  // Kernels before 5.16 slow down memory for all who have a filter, against code of others that
  // runs in the process; there is none in this one.
  static_cast<void>(seccomp_attr_set(rules.get(), SCMP_FLTATR_CTL_SSB, 1));
  // A tree instead of a list.
  static_cast<void>(seccomp_attr_set(rules.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2));
  for (const std::string_view names : kAllowedCalls)
    rules.add_all(SCMP_ACT_ALLOW, names);
  if constexpr (kSanitized) rules.add_all(SCMP_ACT_ALLOW, kSanitizerCalls);
  add_narrow_calls(rules);
  // What is the default already is refused as a rule.
  if (kills) {
    rules.add(SCMP_ACT_ERRNO(ENOSYS), "clone3", {});
  } else {
    rules.add_all(SCMP_ACT_ERRNO(EPERM), kForbiddenCalls);
  }
  if (!rules.status()) return rules.status();
  rules.note(seccomp_load(rules.get()), "the kernel does not take the filter");
  return rules.status();
}

}  // namespace tailrace::daemon
