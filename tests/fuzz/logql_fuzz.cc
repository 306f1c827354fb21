// Fuzzes the parser of match selectors: what it takes, written down again, means the same.
// libraries: tailrace_pipeline_logql tailrace_model
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "model/label_set.h"
#include "pipeline/logql/selector.h"

namespace tailrace::logql_fuzz {
namespace {

using tailrace::pipeline::logql::Comparison;
using tailrace::pipeline::logql::Selector;

std::string written(const Selector& selector) {
  constexpr const char* kMatchers[] = {"=", "!=", "=~", "!~"};
  constexpr const char* kFilters[] = {"|=", "!=", "|~", "!~"};
  std::string out = "{";
  for (const auto& matcher : selector.matchers) {
    if (out.size() > 1) out += ",";
    out += matcher.name + kMatchers[static_cast<std::size_t>(matcher.comparison)];
    tailrace::append_go_quoted(out, matcher.text);
  }
  out += "}";
  for (const auto& filter : selector.filters) {
    out += kFilters[static_cast<std::size_t>(filter.comparison)];
    tailrace::append_go_quoted(out, filter.text);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto selector = tailrace::pipeline::logql::parse_selector(text);
  if (!selector) return 0;
  if (selector->matchers.empty()) std::abort();
  const std::string again = written(*selector);
  const auto second = tailrace::pipeline::logql::parse_selector(again);
  if (!second || written(*second) != again) std::abort();
  if (second->matchers.size() != selector->matchers.size()) std::abort();
  for (std::size_t i = 0; i < second->matchers.size(); ++i) {
    if (second->matchers[i].name.empty()) std::abort();
    if (second->matchers[i].text != selector->matchers[i].text) std::abort();
  }
  if (second->filters.size() != selector->filters.size()) std::abort();
  for (std::size_t i = 0; i < second->filters.size(); ++i) {
    if (second->filters[i].text != selector->filters[i].text) std::abort();
  }
  return 0;
}

}  // namespace tailrace::logql_fuzz
