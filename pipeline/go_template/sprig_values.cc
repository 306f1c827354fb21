// How the functions of sprig see values and give lists back.
#include "pipeline/go_template/sprig_values.h"

#include <algorithm>

#include "pipeline/go_template/print.h"

namespace tailrace::pipeline::go_template {

std::string_view text_of(Call& call, const Value& value) {
  if (value.is_text()) return value.text;
  append_value(call.runtime.start_text(), value, call.runtime.nodes());
  if (call.return_scratch()) return call.result.text;
  call.runtime.exhaust();
  return {};
}

bool return_list(Call& call, std::span<const Value> values, Element element) {
  if (!call.runtime.step(values.size())) return false;
  List* const list = make_list(call.arena, values.size(), element);
  std::copy(values.begin(), values.end(), list->items);
  call.result = Value::of_list(list);
  return true;
}

bool return_texts(Call& call, const std::vector<std::string_view>& texts) {
  if (!call.runtime.step(texts.size())) return false;
  List* const list = make_list(call.arena, texts.size(), Element::kText);
  std::transform(texts.begin(), texts.end(), list->items, Value::of_text);
  call.result = Value::of_list(list);
  return true;
}

}  // namespace tailrace::pipeline::go_template
