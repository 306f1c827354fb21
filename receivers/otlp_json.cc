// The same messages by the names of their fields.
#include "receivers/otlp_json.h"

#include <simdjson.h>

#include <charconv>

#include "receivers/otlp_value.h"

namespace tailrace::receivers {
namespace {

namespace dom = simdjson::dom;

class JsonDecoder {
 public:
  JsonDecoder(std::string_view tenant, OtlpMapping& mapping, PushedLines& lines)
      : tenant_(tenant), mapping_(mapping), lines_(lines) {}

  bool request(dom::element document) {
    return document.is_object() && each(document, "resourceLogs", [this](dom::element one) {
             return one.is_object() && resource_logs(one);
           });
  }

 private:
  enum class Many { kList, kMap };

  // Each item of a list; one that is not there is empty.
  template <typename Visit>
  bool each(dom::element object, const char* key, const Visit& visit) {
    dom::element value;
    if (object[key].get(value) != simdjson::SUCCESS || value.is_null()) return true;
    dom::array list;
    if (value.get(list) != simdjson::SUCCESS) return false;
    for (const dom::element item : list) {
      if (lines_.full()) return true;
      if (!visit(item)) return false;
    }
    return true;
  }

  std::string_view text(dom::element object, const char* key) {
    std::string_view value;
    if (object[key].get(value) != simdjson::SUCCESS) return {};
    return lines_.keep(value);
  }

  static std::uint64_t number(dom::element object, const char* key) {
    std::uint64_t value = 0;
    std::string_view digits;
    if (object[key].get(value) == simdjson::SUCCESS) return value;
    if (object[key].get(digits) != simdjson::SUCCESS) return 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return read.ec == std::errc{} ? value : 0;
  }

  bool attributes(dom::element object, std::vector<LabelPair>& out) {
    return each(object, "attributes",
                [&](dom::element one) { return one.is_object() && attribute(one, "", out, 0); });
  }

  bool attribute(dom::element one, std::string_view prefix, std::vector<LabelPair>& out,
                 int depth) {
    if (depth > kOtlpDepthMax) return false;
    if (lines_.full()) return true;
    std::string_view key = text(one, "key");
    if (!prefix.empty()) key = lines_.keep_joined(prefix, key);
    dom::element value;
    if (one["value"].get(value) != simdjson::SUCCESS) {
      out.push_back({key, {}});
      return true;
    }
    dom::element map;
    if (value["kvlistValue"].get(map) == simdjson::SUCCESS && map.is_object()) {
      return each(map, "values", [&](dom::element inner) {
        return inner.is_object() && attribute(inner, key, out, depth + 1);
      });
    }
    std::string shown;
    if (!append_value(value, shown, OtlpText::kPlain, 0)) return false;
    out.push_back({key, lines_.keep(shown)});
    return out.size() <= PushedLines::kPairsMax;
  }

  bool resource_logs(dom::element one) {
    std::vector<LabelPair> found;
    std::uint64_t dropped = 0;
    dom::element resource;
    if (one["resource"].get(resource) == simdjson::SUCCESS && resource.is_object()) {
      if (!attributes(resource, found)) return false;
      dropped = number(resource, "droppedAttributesCount");
    }
    mapping_.begin_resource(found, dropped, tenant_, lines_);
    return each(one, "scopeLogs",
                [this](dom::element logs) { return logs.is_object() && scope_logs(logs); });
  }

  bool scope_logs(dom::element one) {
    OtlpScope found;
    dom::element scope;
    if (one["scope"].get(scope) == simdjson::SUCCESS && scope.is_object()) {
      found.name = text(scope, "name");
      found.version = text(scope, "version");
      found.dropped_attributes = number(scope, "droppedAttributesCount");
      if (!attributes(scope, found.attributes)) return false;
    }
    mapping_.begin_scope(found, lines_);
    return each(one, "logRecords",
                [this](dom::element record) { return record.is_object() && add(record); });
  }

  bool add(dom::element one) {
    OtlpRecord record;
    record.time_ns = number(one, "timeUnixNano");
    record.observed_ns = number(one, "observedTimeUnixNano");
    record.severity_number = number(one, "severityNumber");
    record.severity_text = text(one, "severityText");
    record.dropped_attributes = number(one, "droppedAttributesCount");
    record.flags = number(one, "flags");
    record.trace_id = text(one, "traceId");
    record.span_id = text(one, "spanId");
    record.event_name = text(one, "eventName");
    dom::element body;
    if (one["body"].get(body) == simdjson::SUCCESS) {
      std::string shown;
      if (!append_value(body, shown, OtlpText::kPlain, 0)) return false;
      record.body = lines_.keep(shown);
    }
    if (!attributes(one, record.attributes)) return false;
    mapping_.add(record, lines_);
    return true;
  }

  bool append_value(dom::element value, std::string& out, OtlpText form, int depth) {
    if (depth > kOtlpDepthMax) return false;
    dom::object object;
    if (value.is_null()) {
      if (form == OtlpText::kJson) out += "null";
      return true;
    }
    if (value.get(object) != simdjson::SUCCESS) return false;
    if (object.size() != 0) {
      const auto first = *object.begin();
      return append_one(first.key, first.value, out, form, depth);
    }
    if (form == OtlpText::kJson) out += "null";
    return true;
  }

  bool append_one(std::string_view kind, dom::element value, std::string& out, OtlpText form,
                  int depth) {
    std::string_view shown;
    std::int64_t integer = 0;
    double real = 0;
    if (kind == "stringValue") {
      if (value.get(shown) != simdjson::SUCCESS) return false;
      append_otlp_text(out, shown, form);
    } else if (kind == "boolValue") {
      bool flag = false;
      if (value.get(flag) != simdjson::SUCCESS) return false;
      out += flag ? "true" : "false";
    } else if (kind == "intValue") {
      if (value.get(shown) == simdjson::SUCCESS) {
        const auto read = std::from_chars(shown.data(), shown.data() + shown.size(), integer);
        if (read.ec != std::errc{} || read.ptr != shown.data() + shown.size()) return false;
      } else if (value.get(integer) != simdjson::SUCCESS) {
        return false;
      }
      out += std::to_string(integer);
    } else if (kind == "doubleValue") {
      if (value.get(shown) == simdjson::SUCCESS) {
        append_otlp_text(out, shown, form);  // NaN, Infinity.
      } else if (value.get(real) == simdjson::SUCCESS) {
        append_otlp_number(out, real, form);
      } else {
        return false;
      }
    } else if (kind == "bytesValue") {
      if (value.get(shown) != simdjson::SUCCESS) return false;
      append_otlp_text(out, shown, form);
    } else if (kind == "arrayValue" || kind == "kvlistValue") {
      return value.is_object() &&
             append_many(value, out, kind == "kvlistValue" ? Many::kMap : Many::kList, depth);
    }
    return true;
  }

  bool append_many(dom::element value, std::string& out, Many many, int depth) {
    const bool is_map = many == Many::kMap;
    out += is_map ? '{' : '[';
    bool first = true;
    const bool good = each(value, "values", [&](dom::element item) {
      if (!first) out += ',';
      first = false;
      if (!is_map) return append_value(item, out, OtlpText::kJson, depth + 1);
      if (!item.is_object()) return false;
      std::string_view key;
      if (item["key"].get(key) != simdjson::SUCCESS) key = {};
      append_otlp_text(out, key, OtlpText::kJson);
      out += ':';
      dom::element inner;
      if (item["value"].get(inner) != simdjson::SUCCESS) {
        out += "null";
        return true;
      }
      return append_value(inner, out, OtlpText::kJson, depth + 1);
    });
    out += is_map ? '}' : ']';
    return good;
  }

  const std::string_view tenant_;
  OtlpMapping& mapping_;
  PushedLines& lines_;
};

}  // namespace

Status decode_otlp_json(std::string_view text, std::string_view tenant, OtlpMapping& mapping,
                        PushedLines& lines) {
  dom::parser parser;
  dom::element document;
  if (parser.parse(text.data(), text.size()).get(document) != simdjson::SUCCESS ||
      !JsonDecoder(tenant, mapping, lines).request(document)) {
    return fail(Error::kInvalid, "the body is no ExportLogsServiceRequest in JSON");
  }
  return {};
}

}  // namespace tailrace::receivers
