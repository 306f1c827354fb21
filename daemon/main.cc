// Where the program begins: what it consists of, in order.
#include <malloc.h>
#include <sched.h>
#include <sys/resource.h>
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
#include "base/file_system.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/text_output.h"
#include "config/expand_env.h"
#include "config/load.h"
#include "daemon/check_command.h"
#include "daemon/command_line.h"
#include "daemon/config_output.h"
#include "daemon/daemon.h"
#include "daemon/dry_run.h"
#include "daemon/protection/protection.h"
#include "daemon/verbs.h"

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

// The file that the command line names.
struct ConfigFile {
  std::string name;
  std::string text;
  std::string trouble = {};  // Not empty: none of them can be read.
};

struct Loaded {
  std::optional<config::Config> config;
  std::string message;  // All diagnostics, ready to be shown.
  std::string file_name = {};
};

std::optional<std::string> environment_variable(std::string_view name) {
  const char* const value = std::getenv(std::string(name).c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

ConfigFile read_config(const daemon::CommandLine& line) {
  for (const std::string& name : line.config_files) {
    std::ifstream file(name, std::ios::binary);
    if (!file) continue;
    std::ostringstream content;
    content << file.rdbuf();
    return {name, content.str()};
  }
  if (line.config_files.empty()) return {};  // There are flags only.
  return {line.config_files.back(), "", "no such file, or it cannot be read"};
}

config::LoadResult parse_config(const ConfigFile& file, const daemon::CommandLine& line) {
  return line.expand_env ? config::load_text_expanding(file.text, file.name, line.overrides,
                                                       environment_variable)
                         : config::load_text(file.text, file.name, line.overrides);
}

// The configuration file of the command line with its flags over it.
Loaded load(const daemon::CommandLine& line) {
  const ConfigFile file = read_config(line);
  if (!file.trouble.empty()) return {std::nullopt, file.name + ": " + file.trouble + "\n"};
  config::LoadResult result = parse_config(file, line);
  return {std::move(result.config),
          config::format_diagnostics(result.diagnostics, file.name, file.text), file.name};
}

// Builds everything, starts nothing.
int check_syntax(const daemon::CommandLine& line) {
  if (line.config_files.empty() && line.format == daemon::OutputFormat::kText) {
    print(stdout, "Invalid config file\n");
    return 1;
  }
  const ConfigFile file = read_config(line);
  std::vector<config::Diagnostic> diagnostics;
  if (line.config_files.empty()) {
    diagnostics = daemon::unreadable_config("no -config.file is given");
  } else if (!file.trouble.empty()) {
    diagnostics = daemon::unreadable_config(file.trouble);
  } else {
    const SystemClock clock;
    PosixFileSystem file_system;
    const config::Places places = line.expand_env ? config::Places(file.text, environment_variable)
                                                  : config::Places(file.text);
    diagnostics = daemon::check_config(
        parse_config(file, line), {clock, file_system, places, host_name(), working_directory()});
  }
  print(stdout, daemon::check_text(diagnostics, file.name, file.text, line.format));
  return daemon::is_valid(diagnostics) ? 0 : 1;
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

// Nobody but the daemon keeps secrets in memory for long.
void guard_secrets(const daemon::CommandLine& line, const config::ProtectionConfig& protection) {
  const bool wanted = !line.dry_run && protection.mode != config::ProtectionConfig::Mode::kOff &&
                      !protection.core_dumps;
  if (!wanted) daemon::allow_core_dumps();
}

int run(const daemon::CommandLine& line) {
  daemon::forbid_core_dumps();  // Before the configuration, with its secrets, is read.
  Loaded loaded = load(line);
  if (!loaded.config) {
    print(stdout, "Unable to parse config: " + loaded.message);
    if (!line.expand_env && loaded.message.find("${") != std::string::npos) {
      print(stdout, "Use -config.expand-env=true if the file has ${VAR} in it.\n");
    }
    return 1;
  }
  guard_secrets(line, loaded.config->tailrace.protection);
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
  daemon::DryRun dry_run({line.dry_run, line.inspect, line.format, text_output(STDOUT_FILENO),
                          text_output(STDERR_FILENO), clock.wall_now()},
                         *loaded.config);
  options.trace = dry_run.sink();
  if (line.dry_run) {
    options.print = dry_run.entries();
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
  // Kept for the summary, which names its stages.
  config::Config config = *loaded.config;
  daemon::Daemon daemon({clock, file_system, log, metrics}, std::move(options));
  const int status = daemon.run(std::move(config));
  dry_run.finish(metrics.serialize());  // While the jobs, whose metrics these are, exist.
  return status;
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
  const SystemClock clock;
  const auto status = daemon::run_verb(
      arguments,
      {clock, text_output(STDOUT_FILENO), text_output(STDERR_FILENO), environment_variable});
  if (status) return *status;
  // As process 1 of a container we inherit what others leave; but for verbs, which wait for theirs,
  // we have no children of our own, so nobody waits for one: the kernel clears them away.
  std::signal(SIGCHLD, SIG_IGN);
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
  return line->check_syntax ? check_syntax(*line) : run(*line);
}
