// The machine of the rotation tests.
#include "tests/tailer/rotation_world.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <ostream>
#include <utility>

#include "base/check.h"

namespace tailrace::testing {

// ---- PosixDisk ----

PosixDisk::PosixDisk(const Clock& clock) : clock_(clock) {
  std::string pattern = (std::filesystem::temp_directory_path() / "tailrace_XXXXXX").string();
  TAILRACE_CHECK(::mkdtemp(pattern.data()) != nullptr);
  root_ = std::filesystem::canonical(pattern);
}

PosixDisk::~PosixDisk() {
  std::error_code ignored;
  std::filesystem::remove_all(root_, ignored);
}

void PosixDisk::write(const std::string& path, std::string_view text, int flags) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
  TAILRACE_CHECK(fd >= 0);
  TAILRACE_CHECK(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  const std::int64_t now = unix_nanoseconds(clock_.wall_now());
  const timespec time{.tv_sec = now / 1'000'000'000, .tv_nsec = now % 1'000'000'000};
  const std::array<timespec, 2> times{time, time};
  TAILRACE_CHECK(::futimens(fd, times.data()) == 0);
  ::close(fd);
}

void PosixDisk::append(const std::string& path, std::string_view text) {
  write(path, text, O_APPEND);
}

void PosixDisk::overwrite(const std::string& path, std::string_view text) {
  write(path, text, O_TRUNC);
}

void PosixDisk::rename(const std::string& from, const std::string& to) {
  std::error_code ignored;
  std::filesystem::rename(from, to, ignored);
}

void PosixDisk::remove(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
}

void PosixDisk::symlink(const std::string& target, const std::string& path) {
  std::filesystem::create_symlink(target, path);
}

void PosixDisk::hard_link(const std::string& existing, const std::string& path) {
  std::filesystem::create_hard_link(existing, path);
}

std::string PosixDisk::content(const std::string& path) {
  const auto file = fs_.open(path, OpenMode::kRead);
  if (!file) return {};
  std::string text((*file)->stat()->size, '\0');
  text.resize((*file)->read_at(0, text).value_or(0));
  return text;
}

// ---- LossyWatcher ----

LossyWatcher::LossyWatcher(FileSystem& file_system, const Clock& clock)
    : watcher_(file_system, clock,
               {.min_poll_frequency = std::chrono::milliseconds(1),
                .max_poll_frequency = std::chrono::milliseconds(1)}) {}

Status LossyWatcher::watch_file(tailer::WatchToken token, File& file) {
  if (refuse_watches) return fail(ENOSPC, "no watch is left");
  return watcher_.watch_file(token, file);
}

Status LossyWatcher::watch_directory(tailer::WatchToken token, const std::string& directory) {
  if (refuse_watches) return fail(ENOSPC, "no watch is left");
  return watcher_.watch_directory(token, directory);
}

std::vector<tailer::FileEvent> LossyWatcher::take_events() {
  std::vector<tailer::FileEvent> events = watcher_.take_events();
  if (lose_events) events.clear();
  return events;
}

// ---- RotationWorld ----

namespace {

std::string describe(const tailer::FileCommand& command) {
  using std::to_string;
  if (const auto* const c = std::get_if<tailer::AdoptFile>(&command)) {
    return "adopt " + to_string(c->point.source) + " " + c->point.path + " as " +
           c->point.label_path + " at " + to_string(c->point.position) + " behind " +
           to_string(c->point.predecessor) + (c->orphan ? " orphan" : "") +
           (c->recovered ? " recovered" : "");
  }
  if (const auto* const c = std::get_if<tailer::RenameFile>(&command)) {
    return "rename " + to_string(c->source) + " " + c->path;
  }
  if (const auto* const c = std::get_if<tailer::MoveFile>(&command)) {
    return "move " + to_string(c->source) + " " + c->path + (c->frozen ? " frozen" : "") +
           (c->position ? " at " + to_string(*c->position) : "");
  }
  if (const auto* const c = std::get_if<tailer::RetireFile>(&command)) {
    return "retire " + to_string(c->source) +
           (c->after == tailer::AfterEnd::kKeep ? " and keep" : "");
  }
  if (const auto* const c = std::get_if<tailer::LoseFile>(&command)) {
    return "lose " + to_string(c->source);
  }
  if (const auto* const c = std::get_if<tailer::ReleaseFile>(&command)) {
    return "release " + to_string(c->source);
  }
  return "nudge " + to_string(std::get<tailer::NudgeFile>(command).source);
}

}  // namespace

RotationWorld::RotationWorld(Disk& disk, FakeClock& clock, Options options)
    : disk_(disk),
      clock_(clock),
      options_(std::move(options)),
      log_(Log::discard(clock)),
      buffer_(options_.buffer_bytes) {}

RotationWorld::~RotationWorld() {
  stop();
}

void RotationWorld::add_target(std::string job, std::string_view pattern, std::string_view exclude,
                               std::map<std::string, std::string> labels) {
  auto glob = tailer::PathGlob::parse(path(pattern));
  TAILRACE_CHECK(glob.has_value());
  tailer::FileTarget target{
      .job = std::move(job),
      .glob = std::move(*glob),
      .exclude = {},
      .labels = std::move(labels),
      .options = std::make_shared<const tailer::FileReadOptions>(options_.read)};
  if (!exclude.empty()) target.exclude = *tailer::PathGlob::parse(path(exclude));
  targets_.push_back(std::move(target));
}

void RotationWorld::apply_targets() {
  set_->set_targets(targets_);
}

void RotationWorld::start() {
  TAILRACE_CHECK(set_ == nullptr);
  for (std::uint32_t i = 0; i < options_.workers; ++i) {
    auto worker = std::make_unique<Worker>();
    worker->watcher = std::make_unique<LossyWatcher>(disk_.file_system(), clock_);
    worker->follower = std::make_unique<tailer::FileFollower>(
        disk_.file_system(), clock_, log_, *worker->watcher, worker->label_sets,
        tailer::FileFollower::Options{.open_files_max = options_.open_files_max});
    workers_.push_back(std::move(worker));
  }
  watcher_ = std::make_unique<LossyWatcher>(disk_.file_system(), clock_);
  set_ = std::make_unique<tailer::FileSet>(
      disk_.file_system(), clock_, log_, *watcher_,
      tailer::FileSet::Options{.workers = options_.workers,
                               .post =
                                   [this](std::uint32_t worker, tailer::FileCommand command) {
                                     if (trace != nullptr) *trace << describe(command) << "\n";
                                     workers_[worker]->mailbox.push_back(std::move(command));
                                   },
                               .new_source_id = [this] { return ++last_source_; }});
  std::vector<tailer::RecoveredFile> recovered;
  for (const auto& [id, point] : points_)
    recovered.push_back(point);
  set_->recover(std::move(recovered), std::exchange(positions, {}));
  set_->set_targets(targets_);
}

void RotationWorld::stop() {
  set_.reset();
  workers_.clear();
  watcher_.reset();
  uncut_lines_.clear();
  uncut_points_.clear();
}

void RotationWorld::step(std::chrono::milliseconds by) {
  clock_.advance(by);
  watcher_->lose_events = lose_events;
  watcher_->refuse_watches = refuse_watches;
  set_->sync(clock_.steady_now(), tailer::FileSet::Sync::kEvents);
  for (int round = 0; round < 100; ++round) {
    bool busy = false;
    for (std::uint32_t i = 0; i < options_.workers; ++i)
      busy = turn_of_worker(i) || busy;
    if (!busy) break;
  }
}

bool RotationWorld::turn_of_worker(std::uint32_t number) {
  Worker& worker = *workers_[number];
  worker.watcher->lose_events = lose_events;
  worker.watcher->refuse_watches = refuse_watches;
  bool busy = false;
  for (tailer::FileCommand& command : std::exchange(worker.mailbox, {})) {
    worker.follower->handle(std::move(command));
    busy = true;
  }
  worker.follower->poll(clock_.steady_now());
  for (int blocks = 0; reading && blocks < 100; ++blocks) {
    Source* const source = worker.follower->next_ready(clock_.steady_now());
    if (source == nullptr) break;
    read(worker, number, *source);
    busy = true;
  }
  for (const SourceId id : worker.follower->take_changed()) {
    if (const Source* const source = worker.follower->find(id)) remember(*source, number);
  }
  if (options_.cut_at_once) cut();
  for (const tailer::FileReport& report : worker.follower->take_reports()) {
    if (report.kind == tailer::FileReport::Kind::kEnded) {
      worker.follower->forget_ended(report.source);
    }
    if (trace != nullptr) {
      *trace << "  report " << static_cast<int>(report.kind) << " of " << report.source << " at "
             << report.point.position << " " << report.path << "\n";
    }
    set_->handle_report(number, report);
    busy = true;
  }
  return busy;
}

void RotationWorld::read(Worker& worker, std::uint32_t number, Source& source) {
  const Result<Source::Outcome> outcome = source.read(buffer_, block_);
  if (!outcome) return worker.follower->read_failed(source, outcome.error());
  if (!block_.lines.empty()) {
    const std::string name(*source.labels().find("filename"));
    for (const Line& line : block_.lines)
      uncut_lines_.emplace_back(name, std::string(line.text));
    if (trace != nullptr) {
      *trace << "  read " << source.id() << " " << block_.lines.front().text.substr(0, 10) << " to "
             << block_.lines.back().text.substr(0, 10) << "\n";
    }
    source.consume(block_.lines.back());
    remember(source, number);
  }
  worker.follower->read_returned(source, *outcome);
}

void RotationWorld::remember(const Source& source, std::uint32_t number) {
  tailer::RecoveredFile& recovered = uncut_points_[source.id()];
  recovered.worker = number;
  source.fill_resume_point(recovered.point);
}

void RotationWorld::cut() {
  for (auto& [name, line] : std::exchange(uncut_lines_, {}))
    lines_[name].push_back(std::move(line));
  for (auto& [id, point] : std::exchange(uncut_points_, {}))
    points_[id] = std::move(point);
}

void RotationWorld::settle() {
  for (int i = 0; i < 150; ++i)
    step(std::chrono::seconds(1));
  cut();
}

std::vector<std::string> RotationWorld::lines(std::string_view name) const {
  const auto found = lines_.find(path(name));
  return found == lines_.end() ? std::vector<std::string>() : found->second;
}

}  // namespace tailrace::testing
