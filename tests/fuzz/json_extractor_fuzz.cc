// Fuzzes JsonExtractor: the one-pass scanner against the tree of the whole document.
// libraries: tailrace_pipeline_json
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "pipeline/json/json_extractor.h"

namespace tailrace::json_extractor_fuzz {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using tailrace::Value;
  using tailrace::pipeline::JsonExtractor;
  const auto json =
      JsonExtractor::create({"a", "b.a", "b.c", "c.a.b", "b", "\"long key\"", "c", "level"});
  if (!json) std::abort();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  tailrace::Arena arena(4096);
  std::vector<Value> fast(8);
  std::vector<Value> slow(8);
  const auto outcome = (*json)->extract(text, fast, arena);
  if (outcome != (*json)->extract_from_tree(text, slow, arena)) std::abort();
  if (outcome == JsonExtractor::Outcome::kMalformed) return 0;
  for (std::size_t i = 0; i < fast.size(); ++i) {
    if (fast[i].kind != slow[i].kind || fast[i].text != slow[i].text) std::abort();
    if (fast[i].number != slow[i].number || fast[i].boolean != slow[i].boolean) std::abort();
  }
  return 0;
}

}  // namespace tailrace::json_extractor_fuzz
