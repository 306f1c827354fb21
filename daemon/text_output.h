// Where text for people and scripts goes: a dry run's entries, what stages change.
#pragma once

#include <functional>
#include <string_view>

namespace tailrace::daemon {

// Empty: nowhere. `write` gets whole lines, from every thread that has something to say.
struct TextOutput {
  enum class Colours { kNone, kAnsi };
  std::function<void(std::string_view)> write = {};
  Colours colours = Colours::kNone;

  explicit operator bool() const { return write != nullptr; }
};

}  // namespace tailrace::daemon
