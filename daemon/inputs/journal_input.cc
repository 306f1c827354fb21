// `journal` of a job: from its block to an input.
#include <utility>

#include "daemon/build_inputs.h"
#include "tailer/journal_reader.h"

namespace tailrace::daemon {
namespace {

tailer::JournalOptions reader_options(const config::JournalConfig& journal) {
  tailer::JournalOptions options;
  options.path = journal.path;
  options.matches = journal.matches;
  options.age_max = journal.max_age;
  options.form =
      journal.json ? tailer::JournalEntry::Form::kJson : tailer::JournalEntry::Form::kMessage;
  options.labels = journal.labels;
  return options;
}

}  // namespace

void add_input(const config::JournalConfig& journal, const InputBuild& build) {
  const std::string& job = build.job.job_name;
  InputPlan plan;
  plan.job = job;
  plan.kind = SourceKind::kJournal;
  plan.name = "cursor-" + job;  // docs/compatibility.md, positions.
  plan.type = "journal";
  plan.labels = journal.labels;
  plan.definition = build.job.keys_as_yaml;
  plan.make = [options = reader_options(journal), job, rules = build.job.relabel_configs](
                  const InputWorld& world, InputStart start) -> Result<std::unique_ptr<Input>> {
    std::vector<config::Diagnostic> diagnostics;  // None: the rules were compiled before.
    auto relabeler = discovery::Relabeler::compile(rules, diagnostics);
    if (!relabeler) return fail(relabeler.error());
    tailer::JournalOptions own = options;
    own.line_bytes_max = world.line_bytes_max;
    return std::make_unique<tailer::JournalReader>(
        std::move(own), std::move(*relabeler),
        tailer::JournalStart{start.id, job, std::move(start.resume),
                             std::move(start.stored_cursor)},
        tailer::JournalWorld{world.clock, world.log, world.metrics, world.loop, world.label_sets});
  };
  build.plans.push_back(std::move(plan));
}

}  // namespace tailrace::daemon
