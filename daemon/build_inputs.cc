// All inputs of a job, by kind.
#include "daemon/build_inputs.h"

#include <variant>

namespace tailrace::daemon {

void build_inputs(const InputBuild& build) {
  for (const config::InputConfig& input : build.job.inputs) {
    std::visit([&build](const auto& block) { add_input(block, build); }, input);
  }
}

}  // namespace tailrace::daemon
