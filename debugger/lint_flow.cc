// Lints that follow an entry through the stages of a job.
//
// A walk over the stages keeps what can be there at each point, always a superset: where a branch
// may be taken or not, what holds behind it is what either way gives. So a value that is not
// among the facts is certainly not set, and a selector that none of the facts satisfies certainly
// selects nothing.
#include "debugger/lint_flow.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "config/names.h"
#include "debugger/lint_facts.h"
#include "debugger/lint_label_names.h"
#include "debugger/lint_layouts.h"
#include "debugger/lint_selectors.h"
#include "pipeline/go_template/template.h"
#include "pipeline/matching/regex_matcher.h"
#include "pipeline/matching/regex_scanner.h"

namespace tailrace::debugger {
namespace {

using config::SourceLocation;
using Variety = LintFacts::Variety;
using Keys = config::Places::Keys;

constexpr std::string_view kLine = "Entry";      // What a template calls the line,
constexpr std::string_view kOldValue = "Value";  // and the value that it replaces.

class StageWalk {
 public:
  StageWalk(const Clock& clock, LintReport& report) : clock_(clock), report_(report) {}

  LintFacts& facts() { return facts_; }

  // False: no entry leaves the last of them.
  bool walk(std::span<const config::StageConfig> stages) {
    const config::StageConfig* end = nullptr;
    for (const config::StageConfig& stage : stages) {
      if (end != nullptr) {
        report_.add(stage.location,
                    {"unreachable-stage",
                     fmt::format("nothing gets here: every entry is dropped at line {}",
                                 end->location.line),
                     "give the stage that drops a condition, or move it to the end"});
        return false;
      }
      place_ = stage.location;
      if (!std::visit(*this, stage.stage)) end = &stage;
    }
    return end == nullptr;
  }

  // Labels that are still there at the end of the pipeline.
  void finish() {
    for (auto& [label, warnings] : unbounded_) {
      for (auto& [place, finding] : warnings)
        report_.add(std::move(place), std::move(finding));
    }
  }

  // Each stage: false when it drops every entry.
  bool operator()(const config::RegexStageConfig& stage) {
    read_source(stage.source);
    const auto regex = pipeline::RegexMatcher::create(stage.expression, {});
    if (!regex) return true;
    for (const std::string& group : (*regex)->group_names()) {
      facts_.set_value(
          group, lists_its_texts(stage.expression, group) ? Variety::kFew : Variety::kUnknown);
    }
    return true;
  }
  bool operator()(const config::JsonStageConfig& stage) {
    read_source(stage.source);
    set_all(stage.expressions);
    return true;
  }
  bool operator()(const config::LogfmtStageConfig& stage) {
    read_source(stage.source);
    set_all(stage.mapping);
    return true;
  }
  bool operator()(const config::LabelsStageConfig& stage) {
    for (const auto& [label, source] : stage.labels) {
      read(source, report_.places().value(place_, {label}));
      judge_label(label, source);
      facts_.any_label(label);
    }
    return true;
  }
  bool operator()(const config::LabelDropStageConfig& stage) {
    for (const std::string& name : stage.names)
      remove_label(name);
    return true;
  }
  bool operator()(const config::LabelAllowStageConfig& stage) {
    const std::set<std::string> kept(stage.names.begin(), stage.names.end());
    facts_.keep_labels(kept);
    std::erase_if(unbounded_, [&kept](const auto& entry) { return kept.count(entry.first) == 0; });
    return true;
  }
  bool operator()(const config::StaticLabelsStageConfig& stage) {
    for (const auto& [label, value] : stage.labels) {
      facts_.set_label(label, {false, {value}});
      unbounded_.erase(label);
    }
    return true;
  }
  bool operator()(const config::TimestampStageConfig& stage) {
    read(stage.source, at({"source"}));
    judge_layout_at(stage.format, at({"format"}));
    for (std::size_t i = 0; i < stage.fallback_formats.size(); ++i) {
      judge_layout_at(stage.fallback_formats[i], at({"fallback_formats", std::to_string(i)}));
    }
    return true;
  }
  bool operator()(const config::OutputStageConfig& stage) {
    read(stage.source, at({"source"}));
    return true;
  }
  bool operator()(const config::DropStageConfig& stage) {
    for (const std::string& source : stage.sources.value_or(std::vector<std::string>{})) {
      read(source, report_.places().scalar(place_, {"source"}, source));
    }
    return !drops_all(stage, lines_);
  }
  bool operator()(const config::SamplingStageConfig& stage) { return stage.rate > 0; }
  bool operator()(const config::MatchStageConfig& stage) {
    if (auto finding = judge_selector(stage.selector, facts_)) {
      report_.add(at({"selector"}), std::move(*finding));
      return true;  // What is in it would only repeat this.
    }
    const bool selects_all_entries = selects_all(stage.selector, facts_);
    if (stage.action == config::MatchStageConfig::Action::kDrop) return !selects_all_entries;
    const LintFacts before = facts_;
    facts_.copy_labels_to_values();
    const bool goes_on = walk(stage.stages);
    if (!goes_on) {
      facts_ = before;
      return !selects_all_entries;
    }
    if (!selects_all_entries) facts_.join(before);
    return true;
  }
  bool operator()(const config::CriStageConfig& /*stage*/) {
    take_apart({"time", "stream", "flags", "content", "tags"});
    return true;
  }
  bool operator()(const config::DockerStageConfig& /*stage*/) {
    take_apart({"output", "stream", "timestamp"});
    return true;
  }
  bool operator()(const config::MultilineStageConfig& /*stage*/) {
    lines_ = Lines::kMaybeJoined;
    return true;
  }
  bool operator()(const config::MetricsStageConfig& stage) {
    for (const config::MetricConfig& metric : stage.metrics) {
      if (!metric.match_all) read(metric.source, at({metric.name, "source"}));
    }
    return true;
  }
  bool operator()(const config::ReplaceStageConfig& stage) {
    read_source(stage.source);
    read_template(stage.replace, at({"replace"}));
    const auto scanner = pipeline::RegexScanner::create(stage.expression);
    if (!scanner) return true;
    for (const std::string& group : (*scanner)->group_names()) {
      if (!group.empty()) facts_.set_value(group, Variety::kFew);
    }
    if (stage.source) facts_.set_value(*stage.source, Variety::kFew);
    return true;
  }
  // Who writes a value anew has thought about it: it is none of too many.
  bool operator()(const config::TemplateStageConfig& stage) {
    const bool uses_old_value = read_template(stage.text, at({"template"}));
    if (uses_old_value) read(stage.source, at({"source"}));
    facts_.set_value(stage.source, Variety::kFew);
    return true;
  }
  bool operator()(const config::PackStageConfig& stage) {
    for (const std::string& name : stage.labels) {
      if (!facts_.may_have_label(name)) {
        read(name, report_.places().scalar(place_, {"labels"}, name));
      }
      remove_label(name);
    }
    return true;
  }
  bool operator()(const config::TenantStageConfig& stage) {
    read_source(stage.source);
    if (stage.label && !facts_.may_have_label(*stage.label)) {
      report_.add(at({"label"}),
                  {"unset-value", fmt::format("no entry has the label \"{}\" here", *stage.label)});
    }
    facts_.any_label("__tenant_id__");
    return true;
  }
  bool operator()(const config::StructuredMetadataStageConfig& stage) {
    for (const auto& [name, source] : stage.names) {
      if (!facts_.may_have_label(source)) read(source, report_.places().value(place_, {name}));
    }
    for (const auto& [name, source] : stage.names)
      remove_label(source);
    return true;
  }
  bool operator()(const config::LimitStageConfig& /*stage*/) { return true; }
  bool operator()(const config::DecolorizeStageConfig& /*stage*/) { return true; }
  bool operator()(const config::EventLogMessageStageConfig& stage) {
    read(stage.source, at({"source"}));
    facts_.any_values();
    return true;
  }
  bool operator()(const config::GeoIpStageConfig& stage) {
    read_source(stage.source);
    facts_.any_labels();
    return true;
  }

 private:
  SourceLocation at(Keys keys) const { return report_.places().value(place_, keys); }

  // A value that no earlier stage sets.
  void read(const std::string& name, SourceLocation place) {
    if (facts_.may_have_value(name)) return;
    std::vector<std::string_view> known;
    for (const auto& [value, variety] : facts_.values())
      known.push_back(value);
    report_.add(std::move(place), {"unset-value",
                                   fmt::format("no stage before sets \"{}\"{}", name,
                                               config::did_you_mean(name, known)),
                                   "a value comes from a regex, json, logfmt, template or replace "
                                   "stage, or is a label of the target"});
  }
  void read_source(const std::optional<std::string>& source) {
    if (source) read(*source, at({"source"}));
  }
  // Whether it is of use only with the value that it replaces.
  bool read_template(const std::string& text, const SourceLocation& place) {
    const auto parsed = pipeline::go_template::Template::create(text, {clock_, {}});
    if (!parsed || (*parsed)->needs_everything()) return false;
    for (const std::string& name : (*parsed)->names()) {
      if (name != kOldValue && name != kLine) read(name, place);
    }
    return (*parsed)->names().size() == 1 && *(*parsed)->names().begin() == kOldValue;
  }

  void set_all(const config::NamePairs& names) {
    for (const auto& [name, where] : names)
      facts_.set_value(name, Variety::kUnknown);
  }
  void take_apart(std::initializer_list<const char*> names) {
    facts_.copy_labels_to_values();
    for (const char* const name : names)
      facts_.set_value(name, Variety::kUnknown);
    facts_.any_label("stream");
  }
  void remove_label(const std::string& name) {
    facts_.remove_label(name);
    unbounded_.erase(name);
  }

  void judge_label(const std::string& label, const std::string& source) {
    unbounded_.erase(label);
    if (facts_.has_few(source)) return;
    const auto kind = unbounded_kind(label);
    const auto kind_of_source = unbounded_kind(source);
    if (!kind && !kind_of_source) return;
    unbounded_[label].emplace_back(
        report_.places().key(place_, {label}),
        Finding{"unbounded-label",
                fmt::format("\"{}\" looks like {}: each of its values would be a stream of its own",
                            kind ? label : source, kind ? *kind : *kind_of_source),
                "use structured_metadata instead of labels"});
  }

  void judge_layout_at(std::string_view format, SourceLocation place) {
    if (auto finding = judge_layout(format)) report_.add(std::move(place), std::move(*finding));
  }

  const Clock& clock_;
  LintReport& report_;
  LintFacts facts_;
  Lines lines_ = Lines::kSingle;
  SourceLocation place_;  // Of the stage at hand.
  // By label: told at the end, when no stage has removed it.
  std::map<std::string, std::vector<std::pair<SourceLocation, Finding>>> unbounded_;
};

// What is known before the first stage: the labels of the targets, which are values too.
void begin(LintFacts& facts, const std::vector<const LintTarget*>& targets) {
  facts.any_label("filename");
  if (targets.empty()) {
    facts.any_labels();
    facts.any_values();
  }
  std::set<std::string> names;
  for (const LintTarget* const target : targets) {
    for (const auto& [name, value] : target->labels)
      names.insert(name);
  }
  for (const std::string& name : names) {
    PossibleTexts texts;
    for (const LintTarget* const target : targets) {
      const auto found = target->labels.find(name);
      texts.texts.insert(found == target->labels.end() ? "" : found->second);
    }
    if (name != "filename") facts.set_label(name, std::move(texts));
  }
  facts.copy_labels_to_values();
}

}  // namespace

void lint_stages(const config::ScrapeConfig& job, const std::vector<const LintTarget*>& targets,
                 const Clock& clock, LintReport& report) {
  StageWalk walk(clock, report);
  begin(walk.facts(), targets);
  walk.walk(job.pipeline_stages);
  walk.finish();
}

}  // namespace tailrace::debugger
