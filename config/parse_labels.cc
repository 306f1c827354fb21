// Maps of labels, and the textual form that configuration dumps give them.
#include <algorithm>

#include <fmt/format.h>

#include "config/parse.h"
#include "model/label_set.h"

namespace tailrace::config {

void parse_labels(Fields& fields, std::string_view key, TextPairs& labels) {
  const YamlNode* map = fields.map(key);
  if (map == nullptr) return;
  fields.read(key, labels);
  for (const YamlEntry& entry : map->entries) {
    if (!is_label_name(entry.key)) {
      fields.report().error(
          {fmt::format("{}.{}", fields.path_of(key), entry.key), entry.line, entry.column},
          fmt::format("\"{}\" is not a valid label name", entry.key));
    }
  }
}

void parse_external_labels(Fields& fields, TextPairs& labels) {
  constexpr std::string_view kKey = "external_labels";
  const YamlNode* node = fields.present(kKey);
  if (node == nullptr) return;
  if (!node->is_scalar()) {
    parse_labels(fields, kKey, labels);
    return;
  }
  const YamlDocument document = YamlDocument::parse(node->text);
  for (const Diagnostic& diagnostic : document.diagnostics()) {
    fields.error(kKey, "the text must be YAML: " + diagnostic.message);
  }
  if (document.root() == nullptr || document.root()->is_null()) return;
  // Positions inside the text are of no use: errors are shown where the text begins.
  Report inner;
  YamlNode wrapper;
  wrapper.type = YamlType::kMap;
  wrapper.entries.push_back({std::string(kKey), YamlType::kText, 1, 1, document.root(), false});
  Fields wrapped = Fields::strict(wrapper, fields.path(), inner);
  parse_labels(wrapped, kKey, labels);
  for (const Diagnostic& diagnostic : inner.take())
    fields.error(kKey, diagnostic.message);
}

}  // namespace tailrace::config
