// Fuzzes JMESPath: an expression up to the first newline, evaluated on the JSON text behind it.
// libraries: tailrace_pipeline_json
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "pipeline/jmespath/evaluate.h"
#include "pipeline/jmespath/expression.h"

namespace tailrace::jmespath_fuzz {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace jmespath = tailrace::pipeline::jmespath;
  namespace json = tailrace::pipeline::json;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\n');
  if (end == std::string_view::npos) return 0;
  const auto expression = jmespath::parse_expression(input.substr(0, end));
  if (!expression) return 0;
  tailrace::Arena arena(64U << 10U);
  json::Document document;
  if (document.parse(input.substr(end + 1), arena) != json::Document::Outcome::kOk) return 0;
  jmespath::Value result;
  std::string text;
  if (!jmespath::evaluate(**expression, jmespath::Value::of(document, &document.root()),
                          {arena, text}, result)) {
    return 0;
  }
  text.clear();
  jmespath::append_json(text, result, jmespath::KeyOrder::kSorted, arena);
  return 0;
}

}  // namespace tailrace::jmespath_fuzz
