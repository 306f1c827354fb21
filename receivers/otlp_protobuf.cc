// Message by message, as opentelemetry-proto has them (docs/formats/otlp.md).
#include "receivers/otlp_protobuf.h"

#include <bit>

#include "base/protobuf_reader.h"
#include "receivers/otlp_value.h"

namespace tailrace::receivers {
namespace {

class Decoder {
 public:
  Decoder(std::string_view tenant, OtlpMapping& mapping, PushedLines& lines)
      : tenant_(tenant), mapping_(mapping), lines_(lines) {}

  bool request(std::string_view bytes) {
    return each(bytes, [this](const ProtobufField& field) {
      return field.number != 1 || (is_bytes(field) && resource_logs(field.bytes));
    });
  }

 private:
  template <typename Visit>
  static bool each(std::string_view bytes, const Visit& visit) {
    ProtobufReader reader(bytes);
    while (const auto field = reader.next()) {
      if (!visit(*field)) return false;
    }
    return reader.ok();
  }
  static bool is_bytes(const ProtobufField& field) { return field.type == WireType::kBytes; }
  static bool is_number(const ProtobufField& field) {
    return field.type == WireType::kVarint || field.type == WireType::kFixed64 ||
           field.type == WireType::kFixed32;
  }

  // The resource may stand behind its records.
  bool resource_logs(std::string_view bytes) {
    std::vector<LabelPair> attributes;
    std::uint64_t dropped = 0;
    const bool good = each(bytes, [&](const ProtobufField& field) {
      if (field.number != 1) return true;
      return is_bytes(field) && resource(field.bytes, attributes, dropped);
    });
    if (!good) return false;
    mapping_.begin_resource(attributes, dropped, tenant_, lines_);
    return each(bytes, [this](const ProtobufField& field) {
      if (field.number != 2 || lines_.full()) return true;
      return is_bytes(field) && scope_logs(field.bytes);
    });
  }

  bool resource(std::string_view bytes, std::vector<LabelPair>& attributes,
                std::uint64_t& dropped) {
    return each(bytes, [&](const ProtobufField& field) {
      if (field.number == 1) return is_bytes(field) && attribute(field.bytes, "", attributes, 0);
      if (field.number == 2) return is_number(field) && (dropped = field.value, true);
      return true;
    });
  }

  bool scope_logs(std::string_view bytes) {
    OtlpScope found;
    const bool good = each(bytes, [&](const ProtobufField& field) {
      return field.number != 1 || (is_bytes(field) && scope(field.bytes, found));
    });
    if (!good) return false;
    mapping_.begin_scope(found, lines_);
    return each(bytes, [this](const ProtobufField& field) {
      if (field.number != 2 || lines_.full()) return true;
      return is_bytes(field) && record(field.bytes);
    });
  }

  bool scope(std::string_view bytes, OtlpScope& found) {
    return each(bytes, [&](const ProtobufField& field) {
      if (field.number > 4) return true;
      if (field.number == 4)
        return is_number(field) && (found.dropped_attributes = field.value, true);
      if (!is_bytes(field)) return false;
      if (field.number == 1) found.name = field.bytes;
      if (field.number == 2) found.version = field.bytes;
      return field.number != 3 || attribute(field.bytes, "", found.attributes, 0);
    });
  }

  bool record(std::string_view bytes) {
    record_ = {};
    const bool good = each(bytes, [this](const ProtobufField& field) { return part(field); });
    if (good) mapping_.add(record_, lines_);
    return good;
  }

  bool part(const ProtobufField& field) {
    switch (field.number) {
      case 1:
        record_.time_ns = field.value;
        return is_number(field);
      case 2:
        record_.severity_number = field.value;
        return is_number(field);
      case 3:
        record_.severity_text = field.bytes;
        return is_bytes(field);
      case 5:
        return is_bytes(field) && text_of(field.bytes, record_.body);
      case 6:
        return is_bytes(field) && attribute(field.bytes, "", record_.attributes, 0);
      case 7:
        record_.dropped_attributes = field.value;
        return is_number(field);
      case 8:
        record_.flags = field.value;
        return is_number(field);
      case 9:
        record_.trace_id = lines_.keep(hex_text(field.bytes));
        return is_bytes(field);
      case 10:
        record_.span_id = lines_.keep(hex_text(field.bytes));
        return is_bytes(field);
      case 11:
        record_.observed_ns = field.value;
        return is_number(field);
      case 12:
        record_.event_name = field.bytes;
        return is_bytes(field);
      default:
        return true;
    }
  }

  // Of a KeyValue; a map in it becomes several attributes.
  bool attribute(std::string_view bytes, std::string_view prefix, std::vector<LabelPair>& out,
                 int depth) {
    if (depth > kOtlpDepthMax) return false;
    if (lines_.full()) return true;
    std::string_view key;
    std::string_view value;
    const bool good = each(bytes, [&](const ProtobufField& field) {
      if (field.number == 1) return is_bytes(field) && (key = field.bytes, true);
      if (field.number == 2) return is_bytes(field) && (value = field.bytes, true);
      return true;
    });
    if (!good) return false;
    if (!prefix.empty()) key = lines_.keep_joined(prefix, key);
    std::string_view map;
    bool is_map = false;
    std::string_view text;
    if (!each(value, [&](const ProtobufField& field) {
          if (field.number == 6) return is_bytes(field) && (map = field.bytes, is_map = true);
          return true;
        })) {
      return false;
    }
    if (!is_map) {
      if (!text_of(value, text)) return false;
      out.push_back({key, text});
      return out.size() <= PushedLines::kPairsMax;
    }
    return each(map, [&](const ProtobufField& field) {
      return field.number != 1 || (is_bytes(field) && attribute(field.bytes, key, out, depth + 1));
    });
  }

  // The text of an AnyValue: of a string itself, of lists and maps JSON.
  bool text_of(std::string_view bytes, std::string_view& text) {
    ProtobufReader reader(bytes);
    const auto field = reader.next();
    if (!field) {
      text = {};
      return reader.ok();
    }
    if (field->number == 1) {
      text = field->bytes;
      return is_bytes(*field);
    }
    std::string out;
    if (!append_value(bytes, out, OtlpText::kPlain, 0)) return false;
    text = lines_.keep(out);
    return true;
  }

  bool append_value(std::string_view bytes, std::string& out, OtlpText form, int depth) {
    if (depth > kOtlpDepthMax) return false;
    bool any = false;
    const bool good = each(bytes, [&](const ProtobufField& field) {
      if (field.number == 0 || field.number > 7 || any) return true;
      any = true;
      return append_one(field, out, form, depth);
    });
    if (!any && form == OtlpText::kJson) out += "null";
    return good;
  }

  bool append_one(const ProtobufField& field, std::string& out, OtlpText form, int depth) {
    switch (field.number) {
      case 1:
        append_otlp_text(out, field.bytes, form);
        return is_bytes(field);
      case 2:
        out += field.value != 0 ? "true" : "false";
        return is_number(field);
      case 3:
        out += std::to_string(static_cast<std::int64_t>(field.value));
        return is_number(field);
      case 4:
        append_otlp_number(out, std::bit_cast<double>(field.value), form);
        return field.type == WireType::kFixed64;
      case 5:
      case 6:
        return is_bytes(field) && append_many(field, out, depth);
      default:
        append_otlp_bytes(out, field.bytes, form);
        return is_bytes(field);
    }
  }

  bool append_many(const ProtobufField& many, std::string& out, int depth) {
    const bool is_map = many.number == 6;
    out += is_map ? '{' : '[';
    bool first = true;
    const bool good = each(many.bytes, [&](const ProtobufField& field) {
      if (field.number != 1) return true;
      if (!is_bytes(field)) return false;
      if (!first) out += ',';
      first = false;
      return is_map ? append_pair(field.bytes, out, depth)
                    : append_value(field.bytes, out, OtlpText::kJson, depth + 1);
    });
    out += is_map ? '}' : ']';
    return good;
  }

  bool append_pair(std::string_view bytes, std::string& out, int depth) {
    std::string_view key;
    std::string_view value;
    const bool good = each(bytes, [&](const ProtobufField& field) {
      if (field.number == 1) return is_bytes(field) && (key = field.bytes, true);
      if (field.number == 2) return is_bytes(field) && (value = field.bytes, true);
      return true;
    });
    append_otlp_text(out, key, OtlpText::kJson);
    out += ':';
    return good && append_value(value, out, OtlpText::kJson, depth + 1);
  }

  const std::string_view tenant_;
  OtlpMapping& mapping_;
  PushedLines& lines_;
  OtlpRecord record_;
};

}  // namespace

Status decode_otlp_protobuf(std::string_view bytes, std::string_view tenant, OtlpMapping& mapping,
                            PushedLines& lines) {
  if (Decoder(tenant, mapping, lines).request(bytes)) return {};
  return fail(Error::kInvalid, "the body is no ExportLogsServiceRequest in protobuf");
}

}  // namespace tailrace::receivers
