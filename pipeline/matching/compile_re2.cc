// Compiles a pattern with RE2, with as much memory as it takes.
#include "pipeline/matching/compile_re2.h"

#include <array>
#include <cstdint>

namespace tailrace::pipeline {
namespace {

// RE2 wants to know how much memory a program and its automata may take. Go knows no limit of this
// kind, so a pattern that does not fit gets more; the first one is RE2's own default.
constexpr std::array<std::int64_t, 3> kMemoryLimits = {8 << 20, 64 << 20, 1024 << 20};

}  // namespace

Result<std::unique_ptr<re2::RE2>> compile_re2(const std::string& pattern) {
  for (const std::int64_t memory : kMemoryLimits) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(memory);
    auto re2 = std::make_unique<re2::RE2>(pattern, options);
    if (re2->ok()) return re2;
    if (re2->error_code() == re2::RE2::ErrorPatternTooLarge && memory != kMemoryLimits.back()) {
      continue;
    }
    return fail(Error::kInvalid, "error parsing regexp: " + re2->error());
  }
  return fail(Error::kExhausted, "error parsing regexp: expression too large");
}

}  // namespace tailrace::pipeline
