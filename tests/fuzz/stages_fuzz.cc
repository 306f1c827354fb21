// Fuzzes every stage: any lines run through the pipeline of an example, and nothing stays held.
// libraries: tailrace_pipeline tailrace_stage_examples tailrace_fakes
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/pipeline/pipeline_rig.h"
#include "tests/support/stage_examples.h"

namespace tailrace::stages_fuzz {
namespace {

using Parsed =
    std::pair<tailrace::testing::StageExample, std::vector<tailrace::config::StageConfig>>;

std::vector<Parsed> parsed_examples() {
  std::vector<Parsed> all;
  for (const auto& example : tailrace::testing::stage_examples())
    all.emplace_back(example, tailrace::testing::parse_stages(example));
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

// The first byte chooses the example, the rest is its lines.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const std::vector<Parsed> examples = parsed_examples();
  const auto& [example, stages] = examples[data[0] % examples.size()];
  tailrace::pipeline::testing::PipelineRig rig(stages);
  if (rig.pipeline_ == nullptr) std::abort();
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  rig.run(tailrace::testing::example_line(example.line, data[0]));
  for (int lines = 0; !rest.empty() && lines < 100; ++lines) {
    const std::size_t end = rest.find('\n');
    rig.run(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  rig.advance(std::chrono::hours(1));
  rig.release_due();
  rig.pipeline_->end_input(rig);
  for (const tailrace::HeldLine& held : rig.held()) {
    if (!held.context) std::abort();
  }
  rig.metric_lines("");
  return 0;
}

}  // namespace tailrace::stages_fuzz
