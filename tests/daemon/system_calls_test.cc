// An intruder's calls fail under the filter, and the program's do not.
#include "daemon/protection/system_calls.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <netdb.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/protection/sanitized.h"
#include "tests/daemon/forked.h"

namespace tailrace::daemon {
namespace {

constexpr int kNoFilter = 99;

// errno of a raw call; 0: it was made.
template <typename... Arguments>
int errno_of(long number, Arguments... arguments) {
  return syscall(number, arguments...) < 0 ? errno : 0;
}

struct Attempt {
  const char* name;
  int expected;  // errno; 0: it is allowed.
  std::function<int()> make;
};

std::vector<Attempt> attacks() {
  std::vector<Attempt> all = {
      {"execve", EPERM,
       [] {
         const char* const arguments[] = {"/bin/true", nullptr};
         return errno_of(SYS_execve, "/bin/true", arguments, nullptr);
       }},
      {"execveat", EPERM,
       [] {
         const char* const arguments[] = {"/bin/true", nullptr};
         return errno_of(SYS_execveat, AT_FDCWD, "/bin/true", arguments, nullptr, 0);
       }},
      {"clone3", ENOSYS,
       [] {
         clone_args arguments{};
         return errno_of(SYS_clone3, &arguments, sizeof arguments);
       }},
      {"mount", EPERM, [] { return errno_of(SYS_mount, "none", "/mnt", "tmpfs", 0, nullptr); }},
      {"unshare", EPERM, [] { return errno_of(SYS_unshare, CLONE_NEWUSER); }},
      {"bpf", EPERM, [] { return errno_of(SYS_bpf, 0, nullptr, 0); }},
      {"keyctl", EPERM, [] { return errno_of(SYS_keyctl, 0, -3, 0); }},
      {"io_uring", EPERM, [] { return errno_of(SYS_io_uring_setup, 1, nullptr); }},
      {"perf", EPERM, [] { return errno_of(SYS_perf_event_open, nullptr, 0, -1, -1, 0); }},
      {"userfaultfd", EPERM, [] { return errno_of(SYS_userfaultfd, 0); }},
      {"init_module", EPERM, [] { return errno_of(SYS_init_module, nullptr, 0, ""); }},
      {"memfd", EPERM, [] { return errno_of(SYS_memfd_create, "x", 0); }},
      {"symlink", EPERM, [] { return errno_of(SYS_symlinkat, "/x", AT_FDCWD, "/tmp/y"); }},
      {"setuid", EPERM, [] { return errno_of(SYS_setuid, 1); }},
      {"open_by_handle_at", EPERM, [] { return errno_of(SYS_open_by_handle_at, 0, nullptr, 0); }},
      {"a packet socket", ENOSYS, [] { return errno_of(SYS_socket, AF_PACKET, SOCK_RAW, 0); }},
      {"a vsock", ENOSYS, [] { return errno_of(SYS_socket, AF_VSOCK, SOCK_STREAM, 0); }},
      {"a call of next year", ENOSYS, [] { return errno_of(600); }},
  };
  if (kSanitized) return all;
  all.push_back({"fork", ENOSYS, [] { return errno_of(SYS_clone, SIGCHLD, 0, 0, 0, 0); }});
  all.push_back({"ptrace", EPERM, [] { return errno_of(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0); }});
  all.push_back({"kill", ENOSYS, [] { return errno_of(SYS_kill, getppid(), 0); }});
  all.push_back({"a typed key", ENOSYS, [] { return errno_of(SYS_ioctl, 0, TIOCSTI, "x"); }});
  all.push_back({"a typed key, its bits hidden", ENOSYS,
                 [] { return errno_of(SYS_ioctl, 0, TIOCSTI | (1ULL << 40U), "x"); }});
  all.push_back({"core dumps again", ENOSYS,
                 [] { return errno_of(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0); }});
  all.push_back({"a new limit", ENOSYS, [] {
                   const unsigned long limit[2] = {0, 0};
                   return errno_of(SYS_prlimit64, 0, 4, limit, nullptr);
                 }});
  return all;
}

int not_zero(long result) {
  return result < 0 ? errno : 0;
}

std::vector<Attempt> work() {
  return {
      {"a thread", 0,
       [] {
         int done = 0;
         std::thread([&done] { done = 1; }).join();
         return done == 1 ? 0 : EAGAIN;
       }},
      {"names of hosts", 0,
       [] {
         addrinfo* found = nullptr;
         const int status = getaddrinfo("localhost", "80", nullptr, &found);
         if (status == 0) freeaddrinfo(found);
         return status == EAI_SYSTEM ? errno : 0;
       }},
      {"sockets", 0, [] { return not_zero(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }},
      {"route sockets", 0, [] { return not_zero(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0)); }},
      {"watches", 0, [] { return not_zero(inotify_init1(IN_CLOEXEC)); }},
      {"events", 0, [] { return not_zero(eventfd(0, EFD_CLOEXEC)); }},
      {"machine code", 0,
       [] {
         return mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                     -1, 0) == MAP_FAILED
                    ? errno
                    : 0;
       }},
      {"a file", 0, [] { return not_zero(open("/etc/passwd", O_RDONLY | O_CLOEXEC)); }},
      {"the name of a thread", 0, [] { return not_zero(prctl(PR_SET_NAME, "x", 0, 0, 0)); }},
  };
}

// One child under one filter makes all attempts; what went wrong is printed.
int make_all(const std::vector<Attempt>& attempts) {
  if (!filter_system_calls(RefusedCalls::kFail)) return kNoFilter;
  int wrong = 0;
  for (const Attempt& attempt : attempts) {
    const int got = attempt.make();
    if (got == attempt.expected) continue;
    std::fprintf(stderr, "%s: errno %d, not %d\n", attempt.name, got, attempt.expected);
    ++wrong;
  }
  return wrong;
}

TEST(SystemCalls, what_an_intruder_wants_fails) {
  EXPECT_EQ(in_child([] { return make_all(attacks()); }), 0);
}

TEST(SystemCalls, what_the_program_does_works) {
  EXPECT_EQ(in_child([] { return make_all(work()); }), 0);
}

TEST(SystemCalls, the_same_attacks_work_without_the_filter) {
  EXPECT_EQ(in_child([] {
              const int exec = errno_of(SYS_execve, "/nowhere", nullptr, nullptr);
              return exec == ENOENT && errno_of(600) == ENOSYS ? 0 : 1;
            }),
            0);
}

TEST(SystemCalls, a_thread_that_was_there_before_is_filtered_as_well) {
  EXPECT_EQ(in_child([] {
              const int wake = eventfd(0, EFD_CLOEXEC);
              int got = 0;
              std::thread early([&got, wake] {
                std::uint64_t woken = 0;
                static_cast<void>(read(wake, &woken, sizeof woken));
                got = errno_of(SYS_mount, "none", "/mnt", "tmpfs", 0, nullptr);
              });
              if (!filter_system_calls(RefusedCalls::kFail)) return kNoFilter;
              const std::uint64_t one = 1;
              static_cast<void>(write(wake, &one, sizeof one));
              early.join();
              return got == EPERM ? 0 : 1;
            }),
            0);
}

TEST(SystemCalls, a_refused_call_ends_a_process_that_wants_it_so) {
  EXPECT_EQ(in_child([] {
              if (!filter_system_calls(RefusedCalls::kKill)) return kNoFilter;
              return errno_of(SYS_unshare, CLONE_NEWUSER);
            }),
            1000 + SIGSYS);
  EXPECT_EQ(in_child([] {
              if (!filter_system_calls(RefusedCalls::kKill)) return kNoFilter;
              std::thread([] {}).join();  // glibc tries clone3 first.
              return 7;
            }),
            7);
}

TEST(SystemCalls, abort_still_ends_the_process) {
  EXPECT_EQ(in_child([]() -> int {
              if (!filter_system_calls(RefusedCalls::kFail)) return kNoFilter;
              std::abort();
            }),
            1000 + SIGABRT);
}

}  // namespace
}  // namespace tailrace::daemon
