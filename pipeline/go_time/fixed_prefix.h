// The begin of a layout whose tokens all have a fixed width: read at once instead of step by step.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "pipeline/go_time/layout_steps.h"

namespace tailrace::pipeline::go_time {

struct Parts;

// Ends behind the seconds at the latest, since a fraction may follow them unasked.
class FixedPrefix {
 public:
  FixedPrefix() = default;
  explicit FixedPrefix(const std::vector<Step>& steps);

  // How many steps and bytes it covers; 0 when the layout does not begin so.
  std::size_t steps() const { return steps_; }
  std::size_t bytes() const { return bytes_; }

  // Whether the begin of `text` has exactly this form; then its parts are in `parts`. What has not
  // may still match step by step.
  bool read(std::string_view text, Parts& parts) const;

 private:
  static constexpr std::size_t kWords = 4;
  static constexpr std::size_t kBytesMax = kWords * 8;

  struct Field {
    Token token;
    std::size_t at;
  };

  bool add(const Step& step);

  std::size_t steps_ = 0;
  std::size_t bytes_ = 0;
  // What the text is compared with: literal bytes where literal_mask_ is set, digits where
  // digit_mask_ is.
  std::array<char, kBytesMax> literals_{};
  std::array<char, kBytesMax> literal_mask_{};
  std::array<char, kBytesMax> digit_mask_{};
  std::vector<Field> fields_;
};

}  // namespace tailrace::pipeline::go_time
