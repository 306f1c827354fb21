// A journal reader with everything around it, and what its lines were.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/event_loop.h"
#include "base/log.h"
#include "base/metrics.h"
#include "tailer/journal_reader.h"
#include "tests/fakes/fake_clock.h"

namespace tailrace::tailer {

// Starts and stops readers of one job, each where the last one ended.
class JournalRig {
 public:
  JournalRig() { options.age_max = std::chrono::hours(7); }

  // `rules`: none, unless a test wants some.
  void start(std::optional<std::string> stored_cursor = std::nullopt) {
    reader.reset();
    std::vector<config::Diagnostic> diagnostics;
    JournalWorld world{clock, log, metrics, *loop, label_sets};
    if (open) world.open = open;
    reader = std::make_unique<JournalReader>(
        options, *discovery::Relabeler::compile(rules, diagnostics),
        JournalStart{.id = 1, .job = "j", .resume = resume, .stored_cursor = stored_cursor}, world);
    reader->poll(clock.steady_now());
  }
  // As a kill does: what was consumed counts.
  void stop() {
    resume = point();
    reader.reset();
  }
  ResumePoint point() const {
    ResumePoint result;
    reader->fill_resume_point(result);
    return result;
  }

  // Everything that is there now, consumed.
  std::vector<std::string> take_all() {
    std::vector<std::string> texts;
    reader->poll(clock.steady_now());
    while (reader->ready()) {
      const std::vector<Line> lines = read();
      for (const Line& line : lines)
        texts.emplace_back(line.text);
      if (!lines.empty()) reader->consume(lines.back());
      if (ended) break;
      reader->poll(clock.steady_now());
    }
    return texts;
  }
  // One read, nothing consumed.
  std::vector<Line> read() {
    block.clear();
    const auto outcome = reader->read(buffer, block);
    ended = outcome && *outcome == Source::Outcome::kEnded;
    return block.lines;
  }
  double metric(const std::string& name, const MetricLabels& labels = {}) {
    return metrics.counter(name, "", labels).value();
  }

  testing::FakeClock clock;
  Log log = Log::discard(clock);
  Metrics metrics;
  std::unique_ptr<EventLoop> loop = std::move(*EventLoop::create());
  LabelSetTable label_sets;
  JournalOptions options;
  std::vector<config::RelabelConfig> rules;
  OpenJournal open;  // Empty: libsystemd's.
  std::optional<ResumePoint> resume;
  std::unique_ptr<JournalReader> reader;
  ReadBuffer buffer;
  LineBlock block;
  bool ended = false;
};

}  // namespace tailrace::tailer
