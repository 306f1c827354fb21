// Where the program begins: what it consists of, in order.
#include <malloc.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/event_loop.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/text_output.h"
#include "config/expand_env.h"
#include "config/load.h"
#include "daemon/command_line.h"
#include "daemon/config_output.h"
#include "daemon/control_socket.h"
#include "daemon/daemon.h"
#include "daemon/receive_command.h"
#include "daemon/tap_command.h"
#include "daemon/test_command.h"
#include "daemon/topology.h"
#include "daemon/why_command.h"
#include "debugger/trace_text.h"
#include "http/local_client.h"

namespace {

using namespace tailrace;

void print(FILE* stream, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

// As Go names it, in promtail_build_info.
#if defined(__x86_64__)
constexpr const char* kArchitecture = "amd64";
#elif defined(__aarch64__)
constexpr const char* kArchitecture = "arm64";
#else
constexpr const char* kArchitecture = "";
#endif

// CPUs that we may use: the affinity mask, and the cgroup's quota where there is one.
std::uint32_t allowed_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  double cpus = 1;
  if (sched_getaffinity(0, sizeof set, &set) == 0) cpus = CPU_COUNT(&set);
  std::ifstream quota_file("/sys/fs/cgroup/cpu.max");
  double quota = 0;
  double period = 0;
  if (quota_file >> quota >> period && period > 0) cpus = std::min(cpus, quota / period);
  return static_cast<std::uint32_t>(std::max(1.0, cpus));
}

// What we may use of the memory: the cgroup's limit, else all that there is.
std::uint64_t memory_limit() {
  const auto pages = static_cast<std::uint64_t>(std::max(sysconf(_SC_PHYS_PAGES), 0L));
  const auto page_bytes = static_cast<std::uint64_t>(std::max(sysconf(_SC_PAGESIZE), 0L));
  std::uint64_t limit = pages * page_bytes;
  for (const char* name :
       {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::ifstream file(name);
    std::uint64_t bytes = 0;
    if (file >> bytes) limit = std::min(limit, bytes);  // "max" is no number.
  }
  return limit;
}

// Descriptors are what following many files costs; the soft limit is only a default.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

std::string host_name() {
  // docs/compatibility.md, file targets: $HOSTNAME wins over the system's name.
  if (const char* const name = std::getenv("HOSTNAME"); name != nullptr && *name != '\0') {
    return name;
  }
  char name[HOST_NAME_MAX + 1] = {};
  return gethostname(name, sizeof name) == 0 ? name : "";
}

std::string working_directory() {
  char path[PATH_MAX] = {};
  return getcwd(path, sizeof path) == nullptr ? "/" : path;
}

// Where text for people goes, coloured where a terminal shows it (docs/compatibility.md, dry run).
TextOutput text_output(int descriptor) {
  const char* const terminal = std::getenv("TERM");
  const bool coloured = isatty(descriptor) != 0 && std::getenv("NO_COLOR") == nullptr &&
                        (terminal == nullptr || std::string_view(terminal) != "dumb");
  return {[descriptor](std::string_view text) { write_text(descriptor, text); },
          coloured ? TextOutput::Colours::kAnsi : TextOutput::Colours::kNone};
}

struct Loaded {
  std::optional<config::Config> config;
  std::string message;  // All diagnostics, ready to be shown.
  std::string file_name = {};
  std::string text = {};
};

std::optional<std::string> environment_variable(std::string_view name) {
  const char* const value = std::getenv(std::string(name).c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

// The configuration file of the command line with its flags over it.
Loaded load(const daemon::CommandLine& line) {
  std::string text;
  std::string file_name;
  for (const std::string& name : line.config_files) {
    std::ifstream file(name, std::ios::binary);
    if (!file) continue;
    file_name = name;
    std::ostringstream content;
    content << file.rdbuf();
    text = content.str();
    break;
  }
  if (file_name.empty() && !line.config_files.empty()) {
    return {std::nullopt, line.config_files.back() + ": no such file, or it cannot be read\n"};
  }
  config::LoadResult result =
      line.expand_env
          ? config::load_text_expanding(text, file_name, line.overrides, environment_variable)
          : config::load_text(text, file_name, line.overrides);
  return {std::move(result.config), config::format_diagnostics(result.diagnostics, file_name, text),
          file_name, text};
}

// Builds everything, starts nothing.
int check_syntax(const daemon::CommandLine& line) {
  Loaded loaded = load(line);
  if (!loaded.message.empty()) print(stdout, loaded.message);
  if (!loaded.config) return 1;
  SystemClock clock;
  PosixFileSystem file_system;
  Log log = Log::discard(clock);
  Metrics metrics;
  daemon::Intake intake(clock, {.pool_bytes = 1U << 20U}, [] {});
  daemon::Topology::World world{
      clock, file_system, log, metrics, host_name(), working_directory(), {intake.world()}, {}};
  const auto built = daemon::Topology::build(
      std::make_shared<const config::Config>(std::move(*loaded.config)), world, nullptr);
  print(stdout, config::format_diagnostics(built.diagnostics, loaded.file_name, loaded.text));
  if (!built.ok) return 1;
  print(stdout, "Valid config file! No syntax issues found\n");
  return 0;
}

// Standard input runs through the first job; without any, through none but with labels that say
// where it comes from (docs/compatibility.md, stdin).
void keep_first_job(config::Config& config, Log& log) {
  if (config.scrape_configs.empty()) {
    config::ScrapeConfig job;
    job.job_name = "stdin";
    job.static_configs.push_back({{}, {{"job", "stdin"}, {"hostname", host_name()}}});
    config.scrape_configs.push_back(std::move(job));
  }
  if (config.scrape_configs.size() > 1) {
    log.warn("standard input runs through the first job; the others are left out",
             {{"job", config.scrape_configs.front().job_name}});
    config.scrape_configs.resize(1);
  }
}

int run(const daemon::CommandLine& line) {
  Loaded loaded = load(line);
  if (!loaded.config) {
    print(stdout, "Unable to parse config: " + loaded.message);
    if (!line.expand_env && loaded.message.find("${") != std::string::npos) {
      print(stdout, "Use -config.expand-env=true if the file has ${VAR} in it.\n");
    }
    return 1;
  }
  const SystemClock clock;
  PosixFileSystem file_system;
  Log log(clock, {loaded.config->server.log_level, loaded.config->server.log_format},
          [](std::string_view text) { print(stderr, text); });
  if (!loaded.message.empty()) print(stderr, loaded.message);
  for (const std::string& flag : line.flags_without_effect)
    log.warn("this flag has no effect", {{"flag", flag}});
  if (line.print_config) print(stderr, daemon::config_text(*loaded.config));
  if (line.log_config) daemon::log_config(*loaded.config, log);
  Metrics metrics;
  metrics
      .gauge("promtail_build_info", "Version of the program.",
             {{"version", std::string(daemon::version())},
              {"branch", ""},
              {"revision", ""},
              {"goversion", ""},
              {"goos", "linux"},
              {"goarch", kArchitecture},
              {"tags", ""}})
      .set(1);
  raise_descriptor_limit();
  daemon::Daemon::Options options;
  const bool from_stdin = line.stdin_source || loaded.config->target.stdin_source;
  if (from_stdin) keep_first_job(*loaded.config, log);
  options.mode = line.dry_run ? daemon::Engine::Mode::kDryRun : daemon::Engine::Mode::kDaemon;
  options.input = from_stdin ? daemon::Engine::Input::kStdin : daemon::Engine::Input::kFiles;
  if (line.inspect) {
    options.trace = [output = text_output(STDERR_FILENO)](const debugger::EntryTrace& trace) {
      output.write(debugger::inspect_text(trace, output.colours));
    };
  }
  if (line.dry_run) {
    options.print = text_output(STDOUT_FILENO);
    daemon::print_clients(*loaded.config, options.print);
  }
  options.host_name = host_name();
  options.working_directory = working_directory();
  options.cpus = allowed_cpus();
  options.environment = environment_variable;
  options.config_file = loaded.file_name;
  options.memory_limit_bytes = memory_limit();
  options.load_config = [&line, &log, from_stdin]() -> Result<config::Config> {
    Loaded again = load(line);
    if (!again.config) return fail(Error::kInvalid, again.message);
    if (from_stdin) keep_first_job(*again.config, log);
    return std::move(*again.config);
  };
  daemon::Daemon daemon({clock, file_system, log, metrics}, std::move(options));
  return daemon.run(std::move(*loaded.config));
}

int receive(const std::vector<const char*>& arguments) {
  auto options = daemon::parse_receive_options(arguments);
  if (!options) {
    print(stderr, options.error().message + "\nRun with -help for the list of flags.\n");
    return 2;
  }
  if (options->help) {
    print(stdout, daemon::receive_help_text());
    return 0;
  }
  using Output = daemon::ReceiveOptions::Output;
  if (options->output == Output::kText &&
      text_output(STDOUT_FILENO).colours == TextOutput::Colours::kAnsi) {
    options->output = Output::kColour;
  }
  return daemon::run_receive(*options);
}

int test(const std::vector<const char*>& arguments) {
  const auto options = daemon::parse_test_options(arguments);
  if (!options) {
    print(stderr, options.error().message + "\nRun with -help for the list of flags.\n");
    return 2;
  }
  if (options->help) {
    print(stdout, daemon::test_help_text());
    return 0;
  }
  return daemon::run_tests(*options, text_output(STDOUT_FILENO), environment_variable);
}

// The configuration of `tailrace tap`, as far as it says where the socket is; empty: it was said
// why not.
std::string socket_of(const daemon::TapOptions& options) {
  if (!options.socket.empty()) return options.socket;
  std::vector<const char*> arguments;
  const std::string file = "-config.file=" + options.config_file;
  if (!options.config_file.empty()) arguments.push_back(file.c_str());
  if (options.expand_env) arguments.push_back("-config.expand-env");
  const auto line = daemon::parse_command_line(arguments);
  if (!line) {
    print(stderr, line.error().message + "\n");
    return {};
  }
  const Loaded loaded = load(*line);
  if (!loaded.config) {
    print(stderr, "Unable to parse config: " + loaded.message +
                      "-socket=PATH names the daemon's control socket, too.\n");
    return {};
  }
  std::string path = daemon::control_socket_path(*loaded.config);
  if (path.empty()) print(stderr, "The control socket is switched off in the configuration.\n");
  return path;
}

int tap(const std::vector<const char*>& arguments) {
  std::signal(SIGPIPE, SIG_DFL);  // Nothing is lost when nobody reads any more.
  const auto options = daemon::parse_tap_options(arguments);
  if (!options) {
    print(stderr, options.error().message + "\nRun with -help for the list of flags.\n");
    return 2;
  }
  if (options->help) {
    print(stdout, daemon::tap_help_text());
    return 0;
  }
  const std::string socket = socket_of(*options);
  if (socket.empty()) return 1;
  const SystemClock clock;
  const auto client = http::LocalClient::create(socket);
  const auto loop = EventLoop::create();
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP})
    sigaddset(&signals, signal);
  const int descriptor = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  bool interrupted = false;
  if (!client || !loop || descriptor < 0 ||
      !(*loop)->watch(descriptor, {.readable = true, .writable = false},
                      [&interrupted](bool, bool) { interrupted = true; })) {
    print(stderr, "the tap cannot be set up\n");
    return 1;
  }
  const int status =
      daemon::run_tap(*options, **client,
                      {.clock = clock,
                       .loop = **loop,
                       .interrupted = [&interrupted] { return interrupted; },
                       .output = text_output(STDOUT_FILENO),
                       .errors = text_output(STDERR_FILENO),
                       .id = "tap-" + std::to_string(getpid()) + "-" +
                             std::to_string(clock.wall_now().time_since_epoch().count())});
  (*loop)->unwatch(descriptor);
  close(descriptor);
  return status;
}

int why(const std::vector<const char*>& arguments) {
  const auto options = daemon::parse_why_options(arguments);
  if (!options) {
    print(stderr, options.error().message + "\nRun with -help for the list of flags.\n");
    return 2;
  }
  if (options->help) {
    print(stdout, daemon::why_help_text());
    return 0;
  }
  const SystemClock clock;
  PosixFileSystem file_system;
  const auto ask = [](const std::string& socket, const std::string& path) -> Result<std::string> {
    const auto client = http::LocalClient::create(socket);
    if (!client) return fail(client.error());
    auto response = (*client)->get(path);
    if (!response) return fail(response.error());
    if (response->status != 200) return fail(Error::kOther, response->body);
    return std::move(response->body);
  };
  return daemon::run_why(*options,
                         {.clock = clock,
                          .file_system = file_system,
                          .host_name = host_name(),
                          .working_directory = working_directory(),
                          .environment = environment_variable,
                          .ask = ask},
                         text_output(STDOUT_FILENO));
}

// One heap for all threads: lines allocate nothing, and what one thread frees is there for the
// others. With a heap for each, 10,000 idle files take 8 MB more. Memory for a batch comes and goes
// with every cut: given back to the kernel each time, it cost a tenth of the CPU.
void set_up_heap() {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, 4 << 20);
}

}  // namespace

int main(int argc, char** argv) {
  set_up_heap();
  // Signals are read from a descriptor by the main thread; blocked before any thread starts.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1})
    sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  const std::vector<const char*> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && std::string_view(arguments.front()) == "receive") {
    return receive({arguments.begin() + 1, arguments.end()});
  }
  if (!arguments.empty() && std::string_view(arguments.front()) == "test") {
    return test({arguments.begin() + 1, arguments.end()});
  }
  if (!arguments.empty() && std::string_view(arguments.front()) == "tap") {
    return tap({arguments.begin() + 1, arguments.end()});
  }
  if (!arguments.empty() && std::string_view(arguments.front()) == "why") {
    return why({arguments.begin() + 1, arguments.end()});
  }
  const auto line = tailrace::daemon::parse_command_line(arguments);
  if (!line) {
    print(stderr, line.error().message + "\nRun with -help for the list of flags.\n");
    return 2;
  }
  if (line->help) {
    print(stdout, tailrace::daemon::help_text());
    return 2;  // As Go programs do (docs/compatibility.md, exit codes).
  }
  if (line->version) {
    print(stdout, tailrace::daemon::version_text());
    return 0;
  }
  if (line->check_syntax && line->config_files.empty()) {
    print(stdout, "Invalid config file\n");
    return 1;
  }
  return line->check_syntax ? check_syntax(*line) : run(*line);
}
