// Cuts stored bytes in some character encoding into lines of UTF-8.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "model/line_block.h"
#include "tailer/line_framer.h"

namespace tailrace::tailer {

// Does for encoded text what LineFramer does for plain bytes: same parameters, same result.
// Positions count stored bytes, so they can be sought.
//
// Ownership: lines view into memory of the cutter, until the next call.
// Threading: confined to one worker.
class TextCutter {
 public:
  // Whether `bytes` are the last ones of a file.
  enum class AtEnd { kNo, kYes };

  // For the IANA name of an encoding. kInvalid when it is not known. nullptr: plain bytes.
  static Result<std::unique_ptr<TextCutter>> create(std::string_view encoding,
                                                    std::size_t line_bytes_max);
  virtual ~TextCutter() = default;
  virtual FrameResult cut(std::span<const char> bytes, SourcePosition begin, LineState state,
                          AtEnd at_end, LineBlock& block) = 0;

 protected:
  TextCutter() = default;
};

}  // namespace tailrace::tailer
