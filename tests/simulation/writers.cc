// The programs whose logs are shipped.
#include "tests/simulation/writers.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/check.h"

namespace tailrace::simulation {
namespace {

constexpr int kGenerationsKept = 6;

}  // namespace

Writers::Writers(testing::MemoryFileSystem& files, Random& random)
    : files_(files), random_(random) {
  directories_ = {"/logs/plain", "/logs/java", "/logs/cri"};
  const Format formats[] = {Format::kPlain, Format::kMultiline, Format::kCri};
  for (std::size_t i = 0; i < directories_.size(); ++i) {
    for (const char* name : {"a", "b"}) {
      LogFile log;
      log.path = directories_[i] + "/" + name + ".log";
      log.format = formats[i];
      logs_.push_back(log);
      files_.append(log.path, "");
    }
  }
  make_durable();
}

LogFile& Writers::pick() {
  return logs_[random_.below(logs_.size())];
}

// Log files survive a power loss here: what is tested is what tailrace keeps, not what a program
// forgot to sync.
void Writers::make_durable() {
  for (const std::string& directory : directories_) {
    const auto entries = files_.list(directory);
    TAILRACE_CHECK(entries.has_value());
    for (const DirectoryEntry& entry : *entries) {
      const auto file =
          files_.open_for_other_program(directory + "/" + entry.name, OpenMode::kRead);
      if (file) TAILRACE_CHECK((*file)->sync().has_value());
    }
    TAILRACE_CHECK(files_.sync_directory(directory).has_value());
  }
  TAILRACE_CHECK(files_.sync_directory("/logs").has_value());
  TAILRACE_CHECK(files_.sync_directory("/").has_value());
}

std::string Writers::next_line(LogFile& file) {
  const std::string id = "<" + std::string(1, file.path[file.path.size() - 5]) +
                         std::to_string(static_cast<int>(file.format)) + ":" +
                         std::to_string(file.next_id++) + ">";
  WrittenLine written;
  written.path = file.path;
  written.generation = file.generation;
  written.id = id;
  std::string text;
  const std::string filler(random_.below(60), 'x');
  switch (file.format) {
    case Format::kPlain:
      written.poison = random_.below(150) == 0;
      text = id + (written.poison ? " poison" : "") + filler;
      break;
    case Format::kMultiline:
      if (!file.in_event || random_.below(3) == 0) {
        file.in_event = true;
        text = "START " + id + filler;
      } else {
        text = " next " + id + filler;
      }
      break;
    case Format::kCri: {
      const bool partial = random_.below(3) == 0;
      file.in_event = partial;
      text = "2026-01-01T00:00:00.000000001Z stdout ";
      text += partial ? "P " : "F ";
      text += id + filler;
      break;
    }
  }
  written_.push_back(std::move(written));
  return text + "\n";
}

void Writers::write(LogFile& file, const std::string& text) {
  files_.append(file.path, text);
  make_durable();
}

void Writers::append() {
  LogFile& file = pick();
  std::string text = std::exchange(file.unfinished, {});
  const std::uint64_t lines = 1 + random_.below(12);
  for (std::uint64_t i = 0; i < lines; ++i)
    text += next_line(file);
  write(file, text);
}

void Writers::append_half() {
  LogFile& file = pick();
  const std::string text = std::exchange(file.unfinished, {}) + next_line(file);
  const std::size_t half = random_.below(text.size());
  file.unfinished = text.substr(half);
  write(file, text.substr(0, half));
}

void Writers::finish(LogFile& file) {
  if (file.unfinished.empty()) return;
  write(file, std::exchange(file.unfinished, {}));
}

void Writers::finish_all() {
  for (LogFile& file : logs_)
    finish(file);
}

void Writers::forget_oldest_generation(LogFile& file) {
  ++file.generation;
  const int oldest = file.generation - kGenerationsKept;
  if (oldest < 0) return;
  const std::string path = file.path + "." + std::to_string(oldest + 1);
  if (files_.stat(path)) TAILRACE_CHECK(files_.remove(path).has_value());
  // Whoever is that far behind has lost it, as everywhere where logs are rotated away.
  for (WrittenLine& line : written_) {
    if (line.path == file.path && line.generation <= oldest) line.may_be_lost = true;
  }
}

void Writers::rotate_by_rename() {
  LogFile& file = pick();
  finish(file);
  forget_oldest_generation(file);
  TAILRACE_CHECK(
      files_.rename(file.path, file.path + "." + std::to_string(file.generation)).has_value());
  files_.append(file.path, "");
  make_durable();
}

void Writers::rotate_by_late_rename() {
  LogFile& file = pick();
  finish(file);
  forget_oldest_generation(file);
  const std::string renamed = file.path + "." + std::to_string(file.generation);
  TAILRACE_CHECK(files_.rename(file.path, renamed).has_value());
  // The program still has the old file open: its next lines go there, under the new name.
  --file.generation;
  std::string text;
  for (std::uint64_t i = 0; i < 1 + random_.below(5); ++i)
    text += next_line(file);
  ++file.generation;
  files_.append(renamed, text);
  files_.append(file.path, "");
  make_durable();
}

void Writers::copy_truncate() {
  LogFile& file = pick();
  finish(file);
  forget_oldest_generation(file);
  files_.overwrite(file.path + "." + std::to_string(file.generation), *files_.content(file.path));
  files_.overwrite(file.path, "");
  make_durable();
}

void Writers::delete_and_recreate() {
  LogFile& file = pick();
  finish(file);
  TAILRACE_CHECK(files_.remove(file.path).has_value());
  for (WrittenLine& line : written_) {
    if (line.path == file.path && line.generation == file.generation) line.may_be_lost = true;
  }
  ++file.generation;
  files_.append(file.path, "");
  make_durable();
}

std::vector<std::string> Writers::check(const StandInLoki& loki, const std::string& tenant,
                                        Completeness completeness) const {
  std::vector<std::string> wrong;
  std::unordered_map<std::string, int> times;
  for (const KeptEntry& entry : loki.kept()) {
    if (entry.tenant != tenant) continue;
    for (std::size_t at = entry.line.find('<'); at != std::string::npos;
         at = entry.line.find('<', at + 1)) {
      ++times[entry.line.substr(at, entry.line.find('>', at) - at + 1)];
    }
  }
  for (const WrittenLine& line : written_) {
    const auto found = times.find(line.id);
    const int count = found == times.end() ? 0 : found->second;
    if (line.poison) {
      if (count != 0) wrong.push_back("poison was kept: " + line.id);
      continue;
    }
    if (count > 1) wrong.push_back(line.id + " is there " + std::to_string(count) + " times");
    if (count == 0 && !line.may_be_lost && completeness == Completeness::kWhole) {
      wrong.push_back(line.id + " is lost");
    }
  }
  check_order(loki, tenant, wrong);
  for (std::string& one : wrong)
    one += " at " + tenant;
  if (loki.malformed_requests() > 0) wrong.push_back("a request was malformed");
  return wrong;
}

// Ids rise within a file: an entry that arrives after a later one of its file came out of order.
// A missed generation of a file that was down is read in between, but never out of order.
void Writers::check_order(const StandInLoki& loki, const std::string& tenant,
                          std::vector<std::string>& wrong) const {
  std::unordered_map<std::string, std::uint64_t> highest;
  for (const KeptEntry& entry : loki.kept()) {
    if (entry.tenant != tenant) continue;
    for (std::size_t at = entry.line.find('<'); at != std::string::npos;
         at = entry.line.find('<', at + 1)) {
      const std::size_t colon = entry.line.find(':', at);
      const std::string file = entry.line.substr(at, colon - at);
      const std::uint64_t id = std::stoull(entry.line.substr(colon + 1));
      std::uint64_t& last = highest[file];
      if (id + 1 <= last) {
        wrong.push_back(file + ":" + std::to_string(id) + "> is behind " +
                        std::to_string(last - 1));
      }
      last = std::max(last, id + 1);
    }
  }
}

}  // namespace tailrace::simulation
