// Where text for people and scripts goes: a dry run's entries, what stages change, what arrives.
#pragma once

#include <functional>
#include <string_view>

namespace tailrace {

// Empty: nowhere. `write` gets whole lines, from every thread that has something to say.
struct TextOutput {
  enum class Colours { kNone, kAnsi };
  std::function<void(std::string_view)> write = {};
  Colours colours = Colours::kNone;

  explicit operator bool() const { return write != nullptr; }
};

// Writes all of `text`, over short writes. What cannot be written is gone: a reader that went away
// is no reason to stop.
void write_text(int descriptor, std::string_view text);

}  // namespace tailrace
