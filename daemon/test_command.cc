// Finds test files, runs them, and says how it went.
#include "daemon/test_command.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "config/load.h"
#include "daemon/verb_files.h"
#include "daemon/verb_flags.h"
#include "debugger/coverage.h"
#include "debugger/pipeline_test.h"
#include "debugger/test_report.h"
#include "debugger/test_run.h"
#include "debugger/trace_recorder.h"

namespace tailrace::daemon {
namespace {

namespace fs = std::filesystem;
using debugger::FileResult;

constexpr std::string_view kSuffix = ".test.yaml";

Error wrong_path(std::string message) {
  return {Error::kInvalid, std::move(message)};
}

// Test files of all paths, each once, in order.
Result<std::vector<std::string>> find_files(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    for (auto entry = fs::recursive_directory_iterator(path, error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      if (entry->path().native().ends_with(kSuffix)) found.push_back(entry->path().string());
    }
    if (error) return fail(wrong_path(path + ": " + error.message()));
    if (found.empty()) return fail(wrong_path(path + ": no *.test.yaml in this folder"));
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

class TestBatch {
 public:
  TestBatch(const TestOptions& options, const TextOutput& output,
            const debugger::Environment& environment)
      : options_(options), output_(output), environment_(environment) {}

  int run() {
    std::vector<std::string> paths = options_.paths;
    if (paths.empty()) {
      const std::string folder = fs::path(options_.config_file).parent_path().string();
      paths.push_back(folder.empty() ? "." : folder);
    }
    const auto files = find_files(paths);
    if (!files) {
      output_.write(files.error().message + "\n");
      return 2;
    }
    for (const std::string& file : *files) {
      if (!run_file(file)) return 2;
    }
    return finish();
  }

 private:
  // False: it cannot be read, and that was said.
  bool run_file(const std::string& name) {
    const auto text = read_whole_file(name);
    if (!text) return refuse(text.error().message);
    std::vector<config::Diagnostic> diagnostics;
    const auto file = debugger::parse_test_file(*text, diagnostics);
    const std::string said = config::format_diagnostics(diagnostics, name, *text);
    if (!file) return refuse(said);
    output_.write(said);
    const config::Config* config = nullptr;
    std::string config_name = options_.config_file;
    if (!file->config.empty()) {
      config_name = (fs::path(name).parent_path() / file->config).string();
    }
    if (!config_name.empty()) {
      config = load(config_name);
      if (config == nullptr) return false;
    }
    FileResult result{name, *text, {}};
    for (const debugger::PipelineTest& test : file->tests) {
      if (test.name.find(options_.only) == std::string::npos) continue;
      const debugger::TraceRecorder::Sink sink = [&](const debugger::EntryTrace& trace) {
        if (config != nullptr) coverage_[config_name].add(test.job, trace);
      };
      debugger::TraceRecorder recorder(stopwatch_, sink);
      result.tests.push_back(
          debugger::run_test(test, config, environment_, options_.coverage ? &recorder : nullptr));
    }
    if (options_.record) {
      output_.write(debugger::record_tests(*text, result.tests));
    } else {
      output_.write(debugger::results_text(result, output_.colours));
    }
    results_.push_back(std::move(result));
    return true;
  }

  // Each configuration is loaded once. Jobs need no input that exists here: only their stages run.
  const config::Config* load(const std::string& name) {
    if (const auto known = configs_.find(name); known != configs_.end()) return &known->second;
    auto loaded = load_verb_config(name, options_.expand_env ? ExpandEnv::kYes : ExpandEnv::kNo,
                                   environment_);
    if (!loaded) {
      refuse(loaded.error().message);
      return nullptr;
    }
    const config::Config& config = configs_.emplace(name, std::move(loaded->config)).first->second;
    for (const config::ScrapeConfig& job : config.scrape_configs)
      coverage_[name].add_job(job.job_name, job.pipeline_stages);
    return &config;
  }

  bool refuse(const std::string& message) {
    output_.write(message);
    return false;
  }

  int finish() {
    std::size_t tests = 0;
    std::size_t failed = 0;
    for (const FileResult& result : results_) {
      tests += result.tests.size();
      failed += static_cast<std::size_t>(
          std::count_if(result.tests.begin(), result.tests.end(),
                        [](const debugger::TestResult& test) { return !test.passed(); }));
    }
    if (!options_.junit_file.empty()) {
      std::ofstream junit(options_.junit_file, std::ios::binary);
      junit << debugger::junit_xml(results_);
      junit.close();
      if (!junit) {
        refuse(options_.junit_file + ": cannot be written\n");
        return 2;
      }
    }
    if (tests == 0) {
      refuse("no test was run\n");
      return 2;
    }
    if (options_.record) return 0;
    if (options_.coverage) {
      for (const auto& [name, coverage] : coverage_)
        output_.write(coverage.text(name));
    }
    output_.write(fmt::format("{} {}, {} failed\n", tests, tests == 1 ? "test" : "tests", failed));
    return failed == 0 ? 0 : 1;
  }

  const TestOptions& options_;
  const TextOutput& output_;
  const debugger::Environment& environment_;
  const SystemClock stopwatch_;
  std::map<std::string, config::Config> configs_;
  std::map<std::string, debugger::Coverage> coverage_;  // By the name of the configuration.
  std::vector<FileResult> results_;
};

}  // namespace

Result<TestOptions> parse_test_options(std::span<const char* const> arguments) {
  TestOptions options;
  const VerbFlag flags[] = {{"config.file", &options.config_file},
                            {"config.expand-env", &options.expand_env},
                            {"run", &options.only},
                            {"record", &options.record},
                            {"junit", &options.junit_file},
                            {"coverage", &options.coverage},
                            {"help", &options.help},
                            {"h", &options.help}};
  auto paths = parse_verb_flags(arguments, flags);
  if (!paths) return fail(paths.error());
  options.paths = std::move(*paths);
  return options;
}

std::string test_help_text() {
  return "tailrace test runs tests of pipelines: lines in, expected entries and metrics out.\n\n"
         "Usage: tailrace test [flags] [FILE or FOLDER ...]\n\n"
         "Of a folder all *.test.yaml are run; without a path those beside -config.file, or below\n"
         "the current folder. docs/how-to/test.md says how such a file is written.\n\n"
         "  -config.file=FILE       configuration of the jobs, for test files that name none\n"
         "  -config.expand-env      replace ${VAR} in configurations\n"
         "  -run=TEXT               only tests with this text in their name\n"
         "  -record                 print the files with what was observed as what is expected\n"
         "  -junit=FILE             write the results as JUnit XML, too\n"
         "  -coverage               of jobs: say which stages, match branches and drop rules no "
         "test "
         "reached\n"
         "  -help                   print this text\n\n"
         "Exit status: 0 every test passed, 1 one failed, 2 a file cannot be read.\n";
}

int run_tests(const TestOptions& options, const TextOutput& output,
              const std::function<std::optional<std::string>(std::string_view)>& environment) {
  return TestBatch(options, output, environment).run();
}

}  // namespace tailrace::daemon
