// Go's text/template with the functions that Promtail gives its templates.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/clock.h"
#include "base/result.h"
#include "pipeline/go_template/value.h"

namespace tailrace::pipeline::go_template {

// Limits of one execution; beyond them it fails as by any other error of a template.
inline constexpr std::size_t kStepsMax = 1'000'000;       // Nodes, calls and list items.
inline constexpr std::size_t kTextBytesMax = 16U << 20U;  // Output, and each text on the way.
inline constexpr int kCallDepthMax = 200;                 // `template` within `template`.

// What a template may ask of its surroundings.
struct Surroundings {
  const Clock& clock;
  // The value of an environment variable; empty function: there is none.
  std::function<std::optional<std::string>(std::string_view)> environment;
};

// A parsed template (docs/formats/go-template.md).
//
// Ownership: owns its tree and what its functions reuse (compiled regular expressions).
// Threading: confined to one worker.
// Errors: create() refuses what Go refuses to parse, and functions that are not supported, by name.
// Memory: execute() takes from the arena and from buffers that are kept. Exceptions: a regular
//   expression or JSON text made by the template itself.
class Template {
 public:
  struct State;

  static Result<std::unique_ptr<Template>> create(std::string_view text, Surroundings surroundings);
  explicit Template(std::unique_ptr<State> state);
  ~Template();
  Template(const Template&) = delete;
  Template& operator=(const Template&) = delete;

  // The keys of the data that it can read, unless needs_everything().
  const std::set<std::string, std::less<>>& names() const;
  // It uses the data as a whole, or by names that are not in its text.
  bool needs_everything() const;

  // Executes it on `data`. The text is valid until the next execution. Nothing: an error, which
  // Promtail does not show either; last_error() has it.
  std::optional<std::string_view> execute(Map& data, Arena& arena);
  // Why the last execution failed, in words; empty: it did not.
  std::string last_error() const;

 private:
  const std::unique_ptr<State> state_;
};

}  // namespace tailrace::pipeline::go_template
