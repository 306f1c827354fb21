// Whether a line was read: by the running program, or by what it left on disk.
#include <algorithm>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "daemon/outbox_room.h"
#include "daemon/why_delivery.h"
#include "debugger/entry_trace.h"
#include "positions/outbox.h"
#include "positions/positions.h"
#include "tailer/rotation.h"

namespace tailrace::daemon {
namespace {

using Verdict = Finding::Verdict;

void add(std::vector<Finding>& findings, std::string point, Verdict verdict, std::string text) {
  findings.push_back({std::move(point), verdict, std::move(text)});
}

std::uint64_t saved_position(const WhyFacts& facts) {
  return facts.saved_position ? std::strtoull(facts.saved_position->c_str(), nullptr, 10) : 0;
}

// No source: the reason. False: the way ends.
bool judge_not_followed(const WhyLine& line, std::vector<Finding>& findings) {
  const WhyInput& input = line.input;
  const WhyFacts& facts = *input.facts;
  if (cut_of(line) != nullptr) {
    add(findings, "identity", Verdict::kOk, "the file is not followed any more; it was read");
    return true;
  }
  if (saved_position(facts) > line.position) {
    add(findings, "identity", Verdict::kOk, "the file is not followed now, but it was");
    return true;
  }
  if (!facts.open_error.empty()) {
    add(findings, "permission", Verdict::kCause,
        "the program cannot open the file: " + facts.open_error);
    return false;
  }
  if (facts.config_yaml != input.config_yaml) {
    add(findings, "identity", Verdict::kCause,
        "the program does not follow the file, and it runs with another configuration than the "
        "file given here: reload it (SIGHUP)");
    return false;
  }
  if (!facts.silent_workers.empty()) {
    add(findings, "identity", Verdict::kUnknown, "a worker was too busy to answer");
    return false;
  }
  add(findings, "identity", Verdict::kCause,
      fmt::format(
          "the program does not follow the file (yet): new files are found by events, at the "
          "latest after {}",
          why_duration(input.config.target.sync_period.count())));
  return false;
}

std::string no_newline() {
  return "the line has no newline at its end: it is sent when it is complete, or 60 seconds after "
         "the file was renamed or deleted";
}

bool judge_unread(const WhyLine& line, const WhySource& source, std::vector<Finding>& findings) {
  const WhyFacts& facts = *line.input.facts;
  if (!line.found.terminated) {
    add(findings, "newline", Verdict::kCause, no_newline());
  } else if (!facts.open_error.empty()) {
    add(findings, "permission", Verdict::kCause,
        "the program cannot open the file: " + facts.open_error);
  } else if (std::find(facts.stalled_workers.begin(), facts.stalled_workers.end(), source.worker) !=
             facts.stalled_workers.end()) {
    std::string text = "reading waits for room in the outbox";
    for (const std::string& trouble : facts.troubles)
      text += "; " + trouble;
    add(findings, "outbox", Verdict::kCause, std::move(text));
  } else if (!source.damage.empty()) {
    add(findings, "file", Verdict::kCause, "what is compressed is damaged: " + source.damage);
  } else {
    const bool slowed = line.input.config.limits.readline_rate_enabled &&
                        !line.input.config.limits.readline_rate_drop;
    add(findings, "position", Verdict::kCause,
        fmt::format("it was not read yet: the program is at byte {} of {}{}", source.offset,
                    line.found.file_bytes,
                    slowed ? "; limits_config.readline_rate slows reading down" : ""));
  }
  return false;
}

std::optional<ResumePoint> point_on_disk(const WhyLine& line) {
  const WhyInput& input = line.input;
  const auto stat = input.file_system.stat(input.wanted.path);
  std::optional<ResumePoint> result;
  for (const std::string& worker :
       positions::worker_directories(input.file_system, outbox_directory(input.config))) {
    const auto found = positions::Outbox::look(input.file_system, input.log, worker);
    if (!found) continue;
    for (const ResumePoint& point : found->resume_points) {
      const bool same = stat && point.identity.inode == stat->inode;
      const bool meant = same || point.path == input.wanted.path;
      if (point.job != line.job.job_name || !meant) continue;
      if (!result || same) result = point;
    }
  }
  return result;
}

}  // namespace

std::vector<const WhySource*> sources_of(const WhyLine& line) {
  const WhyFacts& facts = *line.input.facts;
  std::vector<const WhySource*> sources;
  for (const WhySource& source : facts.sources) {
    if (source.job == line.job.job_name) sources.push_back(&source);
  }
  // The file itself before others that had its name, the newest first.
  const auto is_it = [&facts](const WhySource& source) {
    return facts.exists && source.inode == facts.inode && source.device == facts.device;
  };
  std::stable_sort(sources.begin(), sources.end(), [&](const auto* a, const auto* b) {
    if (is_it(*a) != is_it(*b)) return is_it(*a);
    return a->source > b->source;
  });
  return sources;
}

bool judge_position(const WhyLine& line, std::vector<Finding>& findings) {
  const WhyFacts& facts = *line.input.facts;
  const std::vector<const WhySource*> sources = sources_of(line);
  if (sources.empty()) return judge_not_followed(line, findings);
  const WhySource& source = *sources.front();
  if (source.inode != 0 && (source.inode != facts.inode || source.device != facts.device)) {
    add(findings, "identity", Verdict::kCause,
        fmt::format("the name {} has a new file, which is not followed yet; the program reads the "
                    "one that had it before",
                    line.input.wanted.path));
    return false;
  }
  add(findings, "identity", Verdict::kOk,
      fmt::format("followed by worker {} as source {} with the labels {}", source.worker,
                  source.source, debugger::pairs_text(source.labels)));
  if (source.counts_lines) {
    add(findings, "position", Verdict::kUnknown,
        fmt::format("the file is compressed: {} lines of it were read", source.offset));
    return false;
  }
  if (line.position < source.first && !source.earlier_runs) {
    add(findings, "position", Verdict::kCause,
        fmt::format("reading began at byte {}, behind it: the line was there before the file was "
                    "first followed (start_at: end, or a position in positions.yaml that Promtail "
                    "or a person wrote)",
                    source.first));
    return false;
  }
  if (line.position >= source.offset) return judge_unread(line, source, findings);
  add(findings, "position", Verdict::kOk,
      fmt::format("it was read{}: the program is at byte {} of {}",
                  line.position < source.first ? " by an earlier run" : "", source.offset,
                  line.found.file_bytes));
  return true;
}

void judge_state_on_disk(const WhyLine& line, std::vector<Finding>& findings) {
  const WhyInput& input = line.input;
  const bool may_run = input.program == WhyInput::Program::kNotAsked;
  const std::string stopped = fmt::format(
      "{} ({})", may_run ? "the program cannot be asked" : "no program runs", input.no_facts);
  positions::Positions positions(input.file_system, input.config.positions.filename);
  if (const Status loaded = positions.load(positions::Positions::OnCorruptFile::kFail); !loaded) {
    add(findings, "daemon", Verdict::kUnknown,
        fmt::format("{}, and its positions cannot be read: {}", stopped, loaded.error().message));
    return;
  }
  const auto known = positions.find(input.wanted.path);
  const std::uint64_t saved = known ? std::strtoull(known->value.c_str(), nullptr, 10) : 0;
  if (may_run) {
    add(findings, "daemon", Verdict::kUnknown,
        fmt::format("{}; its positions, which may be behind it, say that it has come to byte {}, "
                    "and the line begins at byte {}",
                    stopped, saved, line.position));
    return;
  }
  const std::optional<ResumePoint> point = point_on_disk(line);
  if (line.position < saved) {
    const auto stat = input.file_system.stat(input.config.positions.filename);
    const std::string when =
        stat ? why_time(unix_nanoseconds(stat->modified)) : std::string("they were written");
    if (point && point->next_line == 0) {
      add(findings, "position", Verdict::kCause,
          fmt::format("reading began at byte {}, behind it: the line was there before the file was "
                      "first followed; {}",
                      saved, stopped));
      return;
    }
    add(findings, "position", point ? Verdict::kAccepted : Verdict::kUnknown,
        fmt::format("the positions say that everything before byte {} was accepted before {}{}; {}",
                    saved, when, point ? "" : ", or was there before the file was first followed",
                    stopped));
    return;
  }
  if (!line.found.terminated) {
    add(findings, "newline", Verdict::kCause, no_newline() + "; " + stopped);
    return;
  }
  if (point && line.position < point->position) {
    add(findings, "outbox", Verdict::kCause,
        "it was read and waits in the outbox without an answer; " + stopped);
    return;
  }
  add(findings, "daemon", Verdict::kCause,
      fmt::format("{}; the file was read up to byte {}", stopped, point ? point->position : saved));
}

}  // namespace tailrace::daemon
