// The machine as it is: programs by fork and exec, owners, links.
#include "daemon/migrate/posix_machine.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "http/local_client.h"

namespace tailrace::daemon::migrate {
namespace {

constexpr std::size_t kOutputBytesMax = 1U << 20U;
constexpr int kNotStarted = 127;
constexpr std::chrono::seconds kGrace{10};
constexpr std::chrono::milliseconds kChildLook{20};

int status_of(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

// In the child. Signals as they are for any program: ours are blocked.
[[noreturn]] void become(char* const* arguments, int output, int errors) {
  const int nothing = open("/dev/null", O_RDWR);
  if (nothing >= 0) dup2(nothing, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(errors, STDERR_FILENO);
  std::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execvp(arguments[0], arguments);
  const char* const why = strerror(errno);
  if (write(STDERR_FILENO, why, strlen(why)) < 0) _exit(kNotStarted);
  _exit(kNotStarted);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts)
    all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

Result<pid_t> spawn(const std::vector<std::string>& arguments, int output, int errors) {
  std::vector<std::string> texts = arguments;
  const std::vector<char*> views = pointers(texts);
  const pid_t child = fork();
  if (child < 0) return fail(system_failure(errno, "fork"));
  if (child == 0) become(views.data(), output, errors);
  return child;
}

class Child final : public StartedProgram {
 public:
  Child(const Clock& clock, pid_t child) : clock_(clock), child_(child) {}
  ~Child() override { static_cast<void>(stop()); }

  bool has_ended() override {
    int wait_status = 0;
    if (!status_ && waitpid(child_, &wait_status, WNOHANG) == child_) {
      status_ = status_of(wait_status);
    }
    return status_.has_value();
  }

  int stop() override {
    if (!has_ended()) kill(child_, SIGTERM);
    const SteadyTime end = clock_.steady_now() + kGrace;
    bool killed = false;
    while (!has_ended()) {
      if (!killed && clock_.steady_now() > end) {
        kill(child_, SIGKILL);
        killed = true;
      }
      poll(nullptr, 0, static_cast<int>(kChildLook.count()));
    }
    return *status_;
  }

 private:
  const Clock& clock_;
  const pid_t child_;
  std::optional<int> status_;
};

int open_new(const std::string& path) {
  return open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

}  // namespace

Result<RanProgram> PosixMachine::run(const std::vector<std::string>& arguments) {
  int ends[2] = {};
  if (pipe2(ends, O_CLOEXEC) != 0) return fail(system_failure(errno, "pipe"));
  const Result<pid_t> started = spawn(arguments, ends[1], ends[1]);
  close(ends[1]);
  if (!started) {
    close(ends[0]);
    return fail(started.error());
  }
  Child child(clock_, *started);
  RanProgram ran;
  const SteadyTime end = clock_.steady_now() + kPatience;
  std::string buffer(4096, '\0');
  // Until it has ended; what it left behind may hold the pipe for longer.
  for (bool open = true; open || !child.has_ended();) {
    if (clock_.steady_now() > end) {
      close(ends[0]);
      return fail(ETIMEDOUT, arguments.front() + " does not end");
    }
    pollfd readable{ends[0], POLLIN, 0};
    const int ready = poll(&readable, open ? 1 : 0, static_cast<int>(kChildLook.count()));
    if (ready <= 0) {
      if (child.has_ended()) break;
      continue;
    }
    const ssize_t got = read(ends[0], buffer.data(), buffer.size());
    if (got <= 0) {
      open = false;
    } else if (ran.output.size() < kOutputBytesMax) {
      ran.output.append(buffer, 0, static_cast<std::size_t>(got));
    }
  }
  close(ends[0]);
  ran.status = child.stop();
  if (ran.status == kNotStarted) return fail(ENOENT, arguments.front() + ": " + ran.output);
  return ran;
}

Result<std::unique_ptr<StartedProgram>> PosixMachine::start(const Start& start) {
  const int output = open_new(start.output);
  const int errors = open_new(start.errors);
  Result<pid_t> started = fail(system_failure(errno, "open " + start.output));
  if (output >= 0 && errors >= 0) {
    // env(1) sets variables without touching ours.
    std::vector<std::string> arguments{"env"};
    arguments.insert(arguments.end(), start.environment.begin(), start.environment.end());
    arguments.insert(arguments.end(), start.arguments.begin(), start.arguments.end());
    started = spawn(arguments, output, errors);
  }
  if (output >= 0) close(output);
  if (errors >= 0) close(errors);
  if (!started) return fail(started.error());
  return std::make_unique<Child>(clock_, *started);
}

Result<FileOwner> PosixMachine::owner(const std::string& path) {
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0) return fail(system_failure(errno, "stat " + path));
  return FileOwner{found.st_uid, found.st_gid, found.st_mode & 07777U};
}

Status PosixMachine::set_owner(const std::string& path, const FileOwner& owner) {
  if (lchown(path.c_str(), owner.user, owner.group) != 0) {
    return fail(system_failure(errno, "change the owner of " + path));
  }
  if (chmod(path.c_str(), owner.mode) != 0) {
    return fail(system_failure(errno, "change the mode of " + path));
  }
  return {};
}

Status PosixMachine::make_link(const std::string& target, const std::string& path) {
  if (symlink(target.c_str(), path.c_str()) == 0) return {};
  return fail(system_failure(errno, "make the link " + path));
}

Result<std::string> PosixMachine::link_target(const std::string& path) {
  std::string target(PATH_MAX, '\0');
  const ssize_t size = readlink(path.c_str(), target.data(), target.size());
  if (size < 0) return fail(system_failure(errno, "read the link " + path));
  target.resize(static_cast<std::size_t>(size));
  return target;
}

Result<std::string> PosixMachine::make_temporary_folder() {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::temp_directory_path(error);
  std::string pattern = (error ? "/tmp" : folder.string()) + "/tailrace-migrate-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) return fail(system_failure(errno, "make " + pattern));
  return pattern;
}

Status PosixMachine::remove_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (!error) return {};
  return fail(system_failure(error.value(), "remove " + path));
}

Result<std::string> PosixMachine::ask(const std::string& socket, const std::string& path) {
  const auto client = http::LocalClient::create(socket);
  if (!client) return fail(client.error());
  (*client)->set_timeout(std::chrono::seconds(5));
  auto response = (*client)->get(path);
  if (!response) return fail(response.error());
  return std::move(response->body);
}

Status PosixMachine::wait(std::chrono::milliseconds time) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT})
    sigaddset(&signals, signal);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  const timespec limit{seconds.count(), std::chrono::nanoseconds(time - seconds).count()};
  if (sigtimedwait(&signals, nullptr, &limit) < 0) return {};
  return fail(ECANCELED, "ended by a signal");
}

}  // namespace tailrace::daemon::migrate
