// Inspect mode: prints what each stage changes about each entry.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "base/text_output.h"
#include "pipeline/stage_observer.h"

namespace tailrace::daemon {

// Writes one block per entry and stage, in the form of Promtail's -inspect (docs/compatibility.md,
// dry run and inspect), and beyond it what became of the entry:
//
//   [inspect: regex stage]:
//   {stages.Entry}.Extracted["level"]:
//   	+: info
//   {stages.Entry}.Entry.Labels:
//   	-: {job="x"}
//   	+: {job="x", level="info"}
//
// Nested stages and stages that hold entries are reported as well. A stage that changed nothing
// prints "none".
//
// Ownership: one per worker.
// Threading: confined to its worker; the output gets whole blocks.
// Memory: copies every entry twice per stage: this is for looking, not for daily work.
class InspectPrinter final : public pipeline::StageObserver {
 public:
  explicit InspectPrinter(TextOutput output);

  void before(const pipeline::Stage& stage, const Entry& entry,
              const pipeline::Names& names) override;
  void after(const pipeline::Stage& stage, const Entry& entry, const pipeline::Names& names,
             pipeline::Verdict verdict) override;

 private:
  // An entry as text.
  struct Snapshot {
    std::map<std::string, std::string> extracted;
    std::string labels;
    std::string line;
    std::string metadata;
    Timestamp time;
  };

  Snapshot snapshot(const Entry& entry, const pipeline::Names& names);
  std::string differences(const Snapshot& was, const Snapshot& now) const;
  void add_change(std::string& text, const std::string& what, const std::optional<std::string>& was,
                  const std::optional<std::string>& now) const;
  std::string_view colour(std::string_view code) const;

  const TextOutput output_;
  Arena arena_;
  std::vector<Snapshot> open_;  // A stage that lets go of an entry runs it through later ones.
};

}  // namespace tailrace::daemon
