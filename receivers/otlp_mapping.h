// From log records of OpenTelemetry to lines, in the way of Loki.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "receivers/pushed_lines.h"

namespace tailrace::receivers {

// One record, as either encoding gives it. Views live as long as the request is decoded.
struct OtlpRecord {
  std::uint64_t time_ns = 0;
  std::uint64_t observed_ns = 0;
  std::uint64_t severity_number = 0;
  std::string_view severity_text;
  std::string_view body;
  std::vector<LabelPair> attributes;
  std::uint64_t dropped_attributes = 0;
  std::uint64_t flags = 0;
  std::string_view trace_id;  // In hex.
  std::string_view span_id;
  std::string_view event_name;
};

struct OtlpScope {
  std::string_view name;
  std::string_view version;
  std::vector<LabelPair> attributes;
  std::uint64_t dropped_attributes = 0;
};

// Attributes of the resource that are in the index become labels; everything else becomes
// structured metadata: docs/sources/otlp.md has the table.
//
// Threading: confined to one worker.
class OtlpMapping {
 public:
  enum class Times { kOurs, kIncoming };
  struct Options {
    Times times = Times::kIncoming;
    std::set<std::string, std::less<>> index_attributes;  // Of default_index() unless configured.
    bool has_labels = false;                              // The input has labels of its own.
  };

  explicit OtlpMapping(Options options) : options_(std::move(options)) {}
  static const std::vector<std::string>& default_index();

  // The text of attributes is without nesting: names joined by dots.
  void begin_resource(const std::vector<LabelPair>& attributes, std::uint64_t dropped_attributes,
                      std::string_view tenant, PushedLines& lines);
  void begin_scope(const OtlpScope& scope, PushedLines& lines);
  void add(const OtlpRecord& record, PushedLines& lines);

 private:
  const Options options_;
  std::vector<LabelPair> resource_;  // Metadata of every record.
  std::vector<LabelPair> scope_;
};

// "service.name" -> "service_name": as a name of a label or of metadata.
std::string otlp_label_name(std::string_view attribute);

}  // namespace tailrace::receivers
