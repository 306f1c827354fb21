// Fuzzes docker and cri against the stages that they stand for.
// libraries: tailrace_pipeline tailrace_stage_examples tailrace_fakes
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "tests/pipeline/pipeline_rig.h"
#include "tests/support/stage_examples.h"

namespace tailrace::container_stages_fuzz {
namespace {

using tailrace::pipeline::testing::PipelineRig;
using tailrace::pipeline::testing::Sent;

// docs/compatibility.md, docker and cri.
constexpr const char* kDocker =
    "- match:\n    selector: '{job=\"t\"}'\n    stages:\n"
    "    - json: {expressions: {output: log, stream: stream, timestamp: time}}\n"
    "    - labels: {stream: }\n"
    "    - timestamp: {source: timestamp, format: RFC3339Nano}\n"
    "    - output: {source: output}\n";
constexpr const char* kCri =
    "- match:\n    selector: '{job=\"t\"}'\n    stages:\n"
    "    - regex: {expression: '^(?s)(?P<time>\\S+?) (?P<stream>stdout|stderr) (?P<flags>\\S+?) "
    "(?P<content>.*)$'}\n"
    "    - labels: {stream: }\n"
    "    - timestamp: {source: time, format: RFC3339Nano}\n"
    "    - output: {source: content}\n";

bool equal(const std::vector<Sent>& a, const std::vector<Sent>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Sent& x, const Sent& y) {
    return x.labels == y.labels && x.line == y.line && x.time == y.time;
  });
}

using Stages = std::vector<tailrace::config::StageConfig>;

Stages parsed(const char* stages) {
  return tailrace::testing::parse_stages({.name = "stages", .stages = stages});
}

void compare(const Stages& stage, const Stages& nested, std::string_view lines) {
  PipelineRig one(stage);
  PipelineRig other(nested);
  if (one.pipeline_ == nullptr || other.pipeline_ == nullptr) std::abort();
  for (int count = 0; !lines.empty() && count < 50; ++count) {
    const std::size_t end = lines.find('\n');
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
    one.run(line);
    if (!one.held().empty()) return;  // Partial lines are only the stage's own.
    other.run(line);
  }
  if (!equal(one.sent_, other.sent_)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view lines(reinterpret_cast<const char*>(data), size);
  static const Stages docker = parsed("- docker: {}\n");
  static const Stages as_docker = parsed(kDocker);
  static const Stages cri = parsed("- cri: {}\n");
  static const Stages as_cri = parsed(kCri);
  compare(docker, as_docker, lines);
  compare(cri, as_cri, lines);
  return 0;
}

}  // namespace tailrace::container_stages_fuzz
