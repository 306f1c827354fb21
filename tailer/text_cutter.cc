// Encoded text (placeholder until text_decoder lands).
#include "tailer/text_cutter.h"

namespace tailrace::tailer {

Result<std::unique_ptr<TextCutter>> TextCutter::create(std::string_view encoding, std::size_t) {
  if (encoding.empty()) return std::unique_ptr<TextCutter>();
  return fail(Error::kInvalid, "unknown encoding " + std::string(encoding));
}

}  // namespace tailrace::tailer
