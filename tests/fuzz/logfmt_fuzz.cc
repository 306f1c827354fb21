// Fuzzes the logfmt scanner: it ends, and keys lie within the text.
// libraries: tailrace_pipeline_logfmt
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/arena.h"
#include "pipeline/logfmt/scanner.h"

namespace tailrace::logfmt_fuzz {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using tailrace::pipeline::logfmt::Scanner;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  tailrace::Arena arena(4096);
  Scanner scanner(text, arena);
  std::string_view key;
  std::string_view value;
  std::size_t pairs = 0;
  while (scanner.next(key, value) == Scanner::Outcome::kPair) {
    if (++pairs > size || key.empty()) std::abort();
    if (key.data() < text.data() || key.data() + key.size() > text.data() + size) std::abort();
  }
  return 0;
}

}  // namespace tailrace::logfmt_fuzz
