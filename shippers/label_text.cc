// The labels of a stream as Loki's text, and the tenant that they choose.
#include "shippers/label_text.h"

namespace tailrace::shippers {

namespace {

void add(StreamLabels& result, std::string_view name, std::string_view value) {
  if (name == kTenantLabel) {
    result.tenant = value;
    return;
  }
  if (result.text.size() > 1) result.text += ", ";
  result.text += name;
  result.text += '=';
  append_go_quoted(result.text, value);
}

}  // namespace

StreamLabels stream_labels(const LabelSet& labels,
                           const std::vector<std::pair<std::string, std::string>>& external,
                           std::string_view client_tenant) {
  StreamLabels result{.tenant = std::string(client_tenant), .text = "{"};
  auto under = external.begin();
  for (const LabelPair& pair : labels.pairs()) {
    for (; under != external.end() && under->first < pair.name; ++under) {
      add(result, under->first, under->second);
    }
    if (under != external.end() && under->first == pair.name) ++under;
    add(result, pair.name, pair.value);
  }
  for (; under != external.end(); ++under)
    add(result, under->first, under->second);
  result.text += '}';
  return result;
}

}  // namespace tailrace::shippers
