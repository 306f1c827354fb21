// Batches, clients and answers, looked at for one line.
#include "daemon/why_delivery.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "config/secrets.h"
#include "daemon/topology.h"

namespace tailrace::daemon {
namespace {

using Verdict = Finding::Verdict;

constexpr std::int64_t kHourNs = 3'600'000'000'000;

bool is_of(const CutRange& range, const WhySource* source, const WhyFacts& facts) {
  if (source != nullptr) return range.source == source->source;
  return facts.exists && range.inode == facts.inode && range.device == facts.device;
}

class DeliveryWalk {
 public:
  DeliveryWalk(const WhyLine& line, const StagesAnswer& stages, std::vector<Finding>& findings)
      : line_(line), facts_(*line.input.facts), stages_(stages), findings_(findings) {}

  void walk() {
    const std::vector<WhyStream> streams = streams_of(line_.input.config, stages_.entry);
    if (streams.empty()) return add("client", Verdict::kCause, "there is no client to send it to");
    if (!check_tenant(streams) || !check_selector(streams)) return;
    const CutRecord* const cut = cut_of(line_);
    for (const WhyStream& stream : streams) {
      if (line_.input.tenant && stream.tenant != *line_.input.tenant) continue;
      if (cut != nullptr) {
        judge_cut(*cut, stream);
      } else {
        judge_without_cut(stream);
      }
    }
  }

 private:
  bool check_tenant(const std::vector<WhyStream>& streams) {
    const auto& tenant = line_.input.tenant;
    if (!tenant) return true;
    const bool there = std::any_of(streams.begin(), streams.end(), [&](const WhyStream& stream) {
      return stream.tenant == *tenant;
    });
    if (there) return true;
    const auto named = std::find_if(streams.begin(), streams.end(),
                                    [](const WhyStream& one) { return !one.tenant.empty(); });
    const std::string other = named == streams.end() ? "" : named->tenant;
    std::string_view why = other.empty() ? "no client sets tenant_id" : "tenant_id says so";
    if (stages_.entry.tenant) why = "a stage chooses the tenant";
    add("tenant", Verdict::kCause,
        fmt::format("it is sent to {}, not to tenant \"{}\"; {}",
                    other.empty() ? "no tenant" : "tenant \"" + other + "\"", *tenant, why));
    return false;
  }

  bool check_selector(const std::vector<WhyStream>& streams) {
    const auto& selector = line_.input.selector;
    if (!selector) return true;
    for (const WhyStream& stream : streams) {
      const Result<bool> means = selector_means(*selector, stream.labels, stages_.entry.line);
      if (means && *means) return true;
    }
    for (const WhyStream& stream : streams) {
      const std::optional<std::string> filter =
          failing_line_filter(*selector, stream.labels, stages_.entry.line);
      if (!filter) continue;
      add("labels", Verdict::kCause,
          fmt::format("the labels of {} mean it, but the line filter {} does not; its text is: {}",
                      *selector, *filter, stages_.entry.line));
      return false;
    }
    add("labels", Verdict::kCause,
        fmt::format("{} does not mean it: look for {}", *selector,
                    debugger::pairs_text(streams.front().labels)));
    return false;
  }

  void judge_cut(const CutRecord& cut, const WhyStream& stream) {
    std::uint64_t lines = cut.other_lines;
    bool exact = cut.complete;
    for (const CutRange& range : cut.ranges) {
      lines += range.lines;
      exact = exact && !range.held_from;
    }
    std::uint64_t entries = 0;
    const CutLane* lane = nullptr;
    for (const CutLane& one : cut.lanes) {
      if (one.client != stream.client) continue;
      entries += one.entries;
      if (one.tenant == stream.tenant) lane = &one;
    }
    if (exact && entries == lines) rule_out_chance();
    if (lane != nullptr) {
      judge_lane(*lane, stream);
    } else if (entries == 0 && !blame_chance()) {
      add("stages", Verdict::kUnknown,
          "nothing of its cut came out of the stages, although they let it pass here: does the "
          "program run with this configuration?");
    } else if (entries != 0) {
      add("tenant", Verdict::kUnknown,
          fmt::format("its cut has no entries for tenant \"{}\"", stream.tenant));
    }
  }

  // Every line became an entry: nothing was dropped by chance.
  void rule_out_chance() {
    for (Finding& finding : findings_) {
      if (finding.verdict != Verdict::kPossible) continue;
      finding.verdict = Verdict::kOk;
      finding.text += "; but it did not: every line that was read with it became an entry";
    }
  }

  // No line became an entry: what may have dropped it has. False: nothing may have.
  bool blame_chance() {
    for (Finding& finding : findings_) {
      if (finding.verdict != Verdict::kPossible) continue;
      finding.verdict = Verdict::kCause;
      finding.text += "; and it did: no line that was read with it became an entry";
      return true;
    }
    return false;
  }

  void judge_lane(const CutLane& lane, const WhyStream& stream) {
    if (lane.refused > 0) {
      judge_refused(lane, stream);
    } else if (lane.pending() > 0) {
      judge_pending(stream);
    } else {
      accepted(fmt::format("{} accepted it at {}", name_of(stream), why_time(lane.answered_ns)),
               stream);
    }
  }

  void judge_refused(const CutLane& lane, const WhyStream& stream) {
    std::string what;
    if (lane.reason == "outbox_full") {
      what = fmt::format(
          "dropped at {} because the share of the outbox of {} was full "
          "(when_full: drop_oldest)",
          why_time(lane.answered_ns), name_of(stream));
    } else if (lane.reason == "client_removed") {
      what = fmt::format("set aside at {}: the client was removed", why_time(lane.answered_ns));
    } else {
      what = fmt::format("{} refused it at {}: {} (counted as {})", name_of(stream),
                         why_time(lane.answered_ns), lane.answer, lane.reason);
    }
    const std::string labels = debugger::pairs_text(stream.labels);
    const bool this_one =
        lane.refused == lane.entries || lane.answer.find(labels) != std::string::npos;
    if (this_one) return add("loki", Verdict::kCause, what);
    add("loki", Verdict::kPossible,
        fmt::format("{} of the {} entries that went with it: {}", lane.refused, lane.entries,
                    what));
    if (lane.accepted > 0) accepted("the others were accepted", stream);
  }

  void judge_pending(const WhyStream& stream) {
    for (const WhyRetry& retry : facts_.retries) {
      if (retry.client != stream.client || retry.tenant != stream.tenant) continue;
      return add("loki", Verdict::kCause,
                 fmt::format("{} has not accepted it: {}; tried {} times since {}, again at {}; "
                             "nothing is lost",
                             name_of(stream), retry.error, retry.attempts, why_time(retry.since_ns),
                             why_time(retry.next_ns)));
    }
    for (const WhyLane& lane : facts_.lanes) {
      if (lane.client != stream.client || lane.tenant != stream.tenant) continue;
      if (lane.in_flight) break;
      return add("batch", Verdict::kCause,
                 fmt::format("it waits in a batch for {}, which goes when it has batchsize bytes, "
                             "at the latest at {} (batchwait)",
                             name_of(stream), why_time(lane.oldest_ns + batch_wait(stream))));
    }
    add("loki", Verdict::kCause,
        fmt::format("it is on its way to {}, which has not answered yet", name_of(stream)));
  }

  void judge_without_cut(const WhyStream& stream) {
    const std::vector<const WhySource*> sources = sources_of(line_);
    const WhySource* const source = sources.empty() ? nullptr : sources.front();
    if (source != nullptr && source->held_from && line_.position >= *source->held_from) {
      return add("stages", Verdict::kCause,
                 "a stage holds it until its event is complete (multiline: max_wait)");
    }
    if (source != nullptr && line_.position >= source->cut) {
      return add("batch", Verdict::kCause,
                 fmt::format("it was read and is in an open batch, which is cut {} (batchwait) "
                             "after its first line",
                             why_duration(batch_wait(stream))));
    }
    const std::string& saved = facts_.saved_position.value_or("0");
    if (std::strtoull(saved.c_str(), nullptr, 10) <= line_.position) return judge_pending(stream);
    for (const auto& [series, value] : facts_.dropped) {
      if (!series.starts_with("promtail_dropped_entries_total")) continue;
      add("loki", Verdict::kPossible,
          fmt::format("{:.0f} entries were dropped since the start ({}); it may be one of them",
                      value, series));
    }
    accepted(fmt::format("the positions say that everything before byte {} was accepted; that was "
                         "before {}, and no record of the answer is kept that long",
                         saved, why_time(facts_.history_since_ns)),
             stream);
  }

  void accepted(const std::string& how, const WhyStream& stream) {
    const debugger::EntrySnapshot& entry = stages_.entry;
    std::string text = how + "; query " + debugger::pairs_text(stream.labels);
    if (!stream.tenant.empty()) text += fmt::format(" of tenant \"{}\"", stream.tenant);
    if (stages_.own_time) {
      const std::int64_t time = entry.time.ns();
      text += " at the time " + why_time(time);
      const std::int64_t age = unix_nanoseconds(line_.input.now) - time;
      if (age > kHourNs) text += ", which is " + why_duration(age) + " ago";
      if (age < -kHourNs) text += ", which is in " + why_duration(-age);
    } else if (const CutRecord* const cut = cut_of(line_)) {
      text += " at the time it was read, shortly before " + why_time(cut->time_ns);
    } else {
      text += " at the time it was read";
    }
    if (entry.line != line_.found.line.text)
      text += fmt::format("; its text is now: {}", entry.line);
    add("loki", Verdict::kAccepted, text);
  }

  std::int64_t batch_wait(const WhyStream& stream) const {
    const config::Config& config = line_.input.config;
    const std::vector<std::string> keys = client_keys(config.clients);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (config::shown_url(keys[i]) == stream.client) return config.clients[i].batch_wait.count();
    }
    return 0;
  }

  static std::string name_of(const WhyStream& stream) { return "client " + stream.client; }

  void add(std::string point, Verdict verdict, std::string text) {
    findings_.push_back({std::move(point), verdict, std::move(text)});
  }

  const WhyLine& line_;
  const WhyFacts& facts_;
  const StagesAnswer& stages_;
  std::vector<Finding>& findings_;
};

}  // namespace

const CutRecord* cut_of(const WhyLine& line) {
  if (!line.input.facts) return nullptr;
  const WhyFacts& facts = *line.input.facts;
  const std::vector<const WhySource*> sources = sources_of(line);
  const WhySource* const source = sources.empty() ? nullptr : sources.front();
  bool held = false;
  for (const CutRecord& cut : facts.cuts) {
    for (const CutRange& range : cut.ranges) {
      if (!is_of(range, source, facts)) continue;
      const bool here = range.begin <= line.position && line.position < range.end;
      if (!here && !held) continue;
      // Held then: it is in the first later cut in which it is not.
      held = range.held_from && line.position >= *range.held_from;
      if (!held) return &cut;
    }
  }
  return nullptr;
}

std::vector<WhyStream> streams_of(const config::Config& config,
                                  const debugger::EntrySnapshot& entry) {
  std::vector<WhyStream> streams;
  const std::vector<std::string> keys = client_keys(config.clients);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    WhyStream& stream = streams.emplace_back();
    stream.client = config::shown_url(keys[i]);  // As facts have it.
    stream.tenant = entry.tenant.value_or(config.clients[i].tenant_id);
    stream.labels = entry.labels;
    stream.labels.insert(config.clients[i].external_labels.begin(),
                         config.clients[i].external_labels.end());
  }
  return streams;
}

void judge_delivery(const WhyLine& line, const StagesAnswer& stages,
                    std::vector<Finding>& findings) {
  DeliveryWalk(line, stages, findings).walk();
}

}  // namespace tailrace::daemon
