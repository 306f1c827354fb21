// Lints that look at the disk: log files, certificates, passwords.
#include "debugger/lint_files.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace tailrace::debugger {
namespace {

using config::SourceLocation;

const config::ScrapeConfig& job_of(const config::Config& config, const LintTarget& target) {
  return *std::find_if(
      config.scrape_configs.begin(), config.scrape_configs.end(),
      [&target](const config::ScrapeConfig& job) { return job.job_name == target.job; });
}

// Why a file cannot be opened.
std::optional<std::string> trouble_with(FileSystem& file_system, const std::string& path) {
  const auto stat = file_system.stat(path);
  if (!stat) return stat.error().message;
  if (stat->kind == FileKind::kDirectory) return path + ": is a directory";
  if (stat->kind != FileKind::kRegular) return std::nullopt;  // Opening a pipe has consequences.
  const auto file = file_system.open(path, OpenMode::kRead);
  if (!file) return file.error().message;
  return std::nullopt;
}

void lint_target(const LintTarget& target, const SourceLocation& place, const LintWorld& world,
                 LintReport& report) {
  if (target.files.empty()) {
    report.add(place, {"no-file", fmt::format("__path__ {} matches no file now", target.pattern),
                       "files that come later are followed; on another machine this may be right"});
    return;
  }
  std::size_t unreadable = 0;
  std::string first;
  for (const std::string& file : target.files) {
    const auto trouble = trouble_with(world.file_system, file);
    if (trouble && unreadable++ == 0) first = *trouble;
  }
  if (unreadable == 0) return;
  report.add(place, {"unreadable-log",
                     fmt::format("{} of {} files of __path__ {} cannot be read: {}", unreadable,
                                 target.files.size(), target.pattern, first),
                     "who checks may be another user than the one who will run tailrace"});
}

// Only where the pipelines are equal too: one of them may make metrics alone, and drop the lines.
void lint_read_twice(const config::Config& config, const LintWorld& world, LintReport& report,
                     const std::map<const LintTarget*, SourceLocation>& places) {
  std::map<std::string, std::vector<const LintTarget*>> readers;
  std::set<std::pair<const LintTarget*, const LintTarget*>> told;
  for (const LintTarget& target : world.targets) {
    for (const std::string& file : target.files) {
      for (const LintTarget* const other : readers[file]) {
        if (other->labels != target.labels || !told.emplace(other, &target).second) continue;
        if (job_of(config, *other).pipeline_stages != job_of(config, target).pipeline_stages)
          continue;
        report.add(places.at(&target),
                   {"read-twice",
                    fmt::format("{} is followed by the job \"{}\" too, with the same labels and "
                                "stages: each line is sent twice",
                                file, other->job),
                    "give one of them other labels, or a __path_exclude__"});
      }
      readers[file].push_back(&target);
    }
  }
}

// A file that some key names, and the block that the key is in.
class NamedFiles {
 public:
  NamedFiles(FileSystem& file_system, LintReport& report)
      : file_system_(file_system), report_(report) {}

  void within(SourceLocation block) { block_ = std::move(block); }
  void check(std::string_view key, const std::string& path) {
    if (path.empty()) return;
    const auto trouble = trouble_with(file_system_, path);
    if (!trouble) return;
    report_.add(report_.places().scalar(block_, {}, path),
                {"unreadable-file", fmt::format("{}: {}", key, *trouble),
                 "on another machine it may be there"});
  }
  void check_tls(const config::TlsConfig& tls) {
    check("ca_file", tls.ca_file);
    check("cert_file", tls.cert_file);
    check("key_file", tls.key_file);
  }
  void check_http(const config::HttpClientConfig& http) {
    if (http.basic_auth) {
      check("username_file", http.basic_auth->username_file);
      check("password_file", http.basic_auth->password_file);
    }
    if (http.authorization) check("credentials_file", http.authorization->credentials_file);
    if (http.oauth2) {
      check("client_secret_file", http.oauth2->client_secret_file);
      check_tls(http.oauth2->tls);
    }
    check_tls(http.tls);
    for (const config::HeaderConfig& header : http.http_headers) {
      for (const std::string& file : header.files)
        check("files", file);
    }
  }

 private:
  FileSystem& file_system_;
  LintReport& report_;
  SourceLocation block_;
};

}  // namespace

void lint_log_files(const config::Config& config, const LintWorld& world, LintReport& report) {
  std::map<const LintTarget*, SourceLocation> places;
  for (const LintTarget& target : world.targets) {
    const SourceLocation place =
        report.places().scalar(job_of(config, target).location, {"static_configs"}, target.pattern);
    lint_target(target, place, world, report);
    places.emplace(&target, place);
  }
  lint_read_twice(config, world, report, places);
}

void lint_named_files(const config::Config& config, FileSystem& file_system, LintReport& report) {
  NamedFiles files(file_system, report);
  for (const config::ClientConfig& client : config.clients) {
    files.within(client.location);
    files.check_http(client.http);
  }
  files.within({"server", 0, 0});
  files.check("cert_file", config.server.http_tls.cert_file);
  files.check("key_file", config.server.http_tls.key_file);
  files.check("client_ca_file", config.server.http_tls.client_ca_file);
  files.within({"tailrace", 0, 0});
  if (config.tailrace.server_basic_auth) {
    files.check("password_file", config.tailrace.server_basic_auth->password_file);
  }
}

}  // namespace tailrace::debugger
