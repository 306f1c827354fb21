// The protobuf of OTLP's log export, written and, for its answer, read by hand. Field numbers:
// opentelemetry-proto, logs/v1/logs.proto, common/v1/common.proto, collector/logs/v1.
#include "shippers/otlp_encoder.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "shippers/label_text.h"
#include "shippers/push_decoder.h"
#include "shippers/push_encoder.h"
#include "shippers/snappy_block.h"

namespace tailrace::shippers {
namespace {

// Field number and wire type, as they stand before a field.
constexpr char length_tag(int field) {
  return static_cast<char>(field * 8 + 2);
}
constexpr char kResourceLogs = length_tag(1);
constexpr char kResource = length_tag(1);
constexpr char kScopeLogs = length_tag(2);
constexpr char kResourceAttributes = length_tag(1);
constexpr char kLogRecords = length_tag(2);
constexpr char kKey = length_tag(1);
constexpr char kValue = length_tag(2);
constexpr char kStringValue = length_tag(1);
constexpr char kTime = 1 * 8 + 1;  // fixed64
constexpr char kSeverityNumber = 2 * 8;
constexpr char kSeverityText = length_tag(3);
constexpr char kBody = length_tag(5);
constexpr char kAttributes = length_tag(6);
constexpr char kFlags = 8 * 8 + 5;  // fixed32
constexpr char kTraceId = length_tag(9);
constexpr char kSpanId = length_tag(10);
constexpr char kObservedTime = 11 * 8 + 1;  // fixed64

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::int64_t kSeverityMax = 24;  // SEVERITY_NUMBER_FATAL4

// The attributes that Loki makes these labels of, dots for underscores (docs/formats/otlp.md).
constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kAttributeOfLabel{{
    {"cloud_availability_zone", "cloud.availability_zone"},
    {"cloud_region", "cloud.region"},
    {"container_name", "container.name"},
    {"deployment_environment", "deployment.environment"},
    {"deployment_environment_name", "deployment.environment.name"},
    {"k8s_cluster_name", "k8s.cluster.name"},
    {"k8s_container_name", "k8s.container.name"},
    {"k8s_cronjob_name", "k8s.cronjob.name"},
    {"k8s_daemonset_name", "k8s.daemonset.name"},
    {"k8s_deployment_name", "k8s.deployment.name"},
    {"k8s_job_name", "k8s.job.name"},
    {"k8s_namespace_name", "k8s.namespace.name"},
    {"k8s_pod_name", "k8s.pod.name"},
    {"k8s_replicaset_name", "k8s.replicaset.name"},
    {"k8s_statefulset_name", "k8s.statefulset.name"},
    {"service_instance_id", "service.instance.id"},
    {"service_name", "service.name"},
    {"service_namespace", "service.namespace"},
}};

std::string_view attribute_of(std::string_view label) {
  const auto* const found = std::find_if(kAttributeOfLabel.begin(), kAttributeOfLabel.end(),
                                         [label](const auto& row) { return row.first == label; });
  return found == kAttributeOfLabel.end() ? label : found->second;
}

// Bytes of the character that `text` begins with; 0: it is not UTF-8.
std::size_t character_bytes(std::string_view text) {
  for (std::size_t bytes = 1; bytes <= 4 && bytes <= text.size(); ++bytes) {
    if (is_valid_utf8(text.substr(0, bytes))) return bytes;
  }
  return 0;
}

void append_text(std::string& out, char tag, std::string_view text) {
  std::string mended;
  if (!is_valid_utf8(text)) {
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t bytes = character_bytes(text.substr(at));
      mended += bytes == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(at, bytes);
      at += std::max<std::size_t>(bytes, 1);
    }
    text = mended;
  }
  out += tag;
  append_varint(out, text.size());
  out += text;
}

void append_message(std::string& out, char tag, std::string_view message) {
  out += tag;
  append_varint(out, message.size());
  out += message;
}

template <typename T>
void append_fixed(std::string& out, char tag, T value) {
  out += tag;
  for (std::size_t i = 0; i < sizeof value; ++i)
    out += static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
}

void append_attribute(std::string& out, char tag, std::string_view key, std::string_view value) {
  std::string any;
  append_text(any, kStringValue, value);
  std::string pair;
  append_text(pair, kKey, key);
  append_message(pair, kValue, any);
  append_message(out, tag, pair);
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

// The bytes of a hexadecimal id of `bytes` bytes.
std::optional<std::string> id_bytes(std::string_view text, std::size_t bytes) {
  if (text.size() != 2 * bytes) return std::nullopt;
  std::string id;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    unsigned char byte = 0;
    const char* const end = text.data() + i + 2;
    const auto parsed = std::from_chars(text.data() + i, end, byte, 16);
    if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
    id += static_cast<char>(byte);
  }
  return id;
}

// The fields of a record that Loki keeps as metadata; false: `name` is none, or not its form.
bool append_record_field(std::string& out, std::string_view name, std::string_view value) {
  if (name == "severity_text") {
    append_text(out, kSeverityText, value);
    return true;
  }
  if (name == "severity_number") {
    const auto severity = number(value);
    if (!severity || *severity > static_cast<std::uint64_t>(kSeverityMax)) return false;
    out += kSeverityNumber;
    append_varint(out, *severity);
    return true;
  }
  if (name == "flags") {
    const auto flags = number(value);
    if (!flags || *flags > std::numeric_limits<std::uint32_t>::max()) return false;
    append_fixed(out, kFlags, static_cast<std::uint32_t>(*flags));
    return true;
  }
  if (name == "observed_timestamp") {
    const auto time = number(value);
    if (!time) return false;
    append_fixed(out, kObservedTime, *time);
    return true;
  }
  if (name == "trace_id" || name == "span_id") {
    const auto id = id_bytes(value, name == "trace_id" ? 16 : 8);
    if (!id) return false;
    append_message(out, name == "trace_id" ? kTraceId : kSpanId, *id);
    return true;
  }
  return false;
}

// OTLP counts from 1970 without a sign: what lies before is 1970, what lies beyond 2554 the end.
std::uint64_t wire_time(const DecodedEntry& entry) {
  if (entry.seconds < 0) return 0;
  constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
  const auto seconds = static_cast<std::uint64_t>(entry.seconds);
  if (seconds >= kMax / kNanosPerSecond) return kMax;
  return seconds * kNanosPerSecond +
         static_cast<std::uint64_t>(std::max<std::int32_t>(entry.nanoseconds, 0));
}

void append_record(std::string& out, const DecodedEntry& entry) {
  std::string record;
  append_fixed(record, kTime, wire_time(entry));
  std::string body;
  append_text(body, kStringValue, entry.line);
  append_message(record, kBody, body);
  for (const auto& [name, value] : entry.metadata) {
    if (!append_record_field(record, name, value)) {
      append_attribute(record, kAttributes, name, value);
    }
  }
  append_message(out, kLogRecords, record);
}

std::string gzip(std::string_view raw) {
  z_stream stream{};
  constexpr int kGzipWindow = 15 + 16;
  constexpr int kMemoryLevel = 8;
  // Speed: a collector is near, and the next hop compresses again.
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    return {};
  }
  std::string out(deflateBound(&stream, raw.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(raw.data()));
  stream.avail_in = static_cast<uInt>(raw.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.erase(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// Takes a varint off the front.
std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
    if ((byte & 0x80U) == 0) return value;
  }
  return std::nullopt;
}

}  // namespace

Result<std::string> encode_otlp_range(const PushBody& body, EntryRange range) {
  const auto raw = uncompress(body_parts(body), std::numeric_limits<std::uint32_t>::max());
  if (!raw) return fail(raw.error());
  const auto push = decode_push(*raw);
  if (!push) return fail(push.error());
  std::string request;
  std::size_t skip = range.first;
  std::size_t left = range.count;
  for (const DecodedStream& stream : push->streams) {
    std::string records;
    for (const DecodedEntry& entry : stream.entries) {
      if (skip > 0) {
        --skip;
      } else if (left > 0) {
        --left;
        append_record(records, entry);
      }
    }
    if (records.empty()) continue;
    const auto labels = parse_label_text(stream.labels);
    if (!labels) return fail(labels.error());
    std::string resource;
    for (const auto& [name, value] : *labels)
      append_attribute(resource, kResourceAttributes, attribute_of(name), value);
    std::string resource_logs;
    append_message(resource_logs, kResource, resource);
    append_message(resource_logs, kScopeLogs, records);
    append_message(request, kResourceLogs, resource_logs);
  }
  if (left > 0) return fail(Error::kInvalid, "push request: fewer entries than it should have");
  return gzip(request);
}

std::string empty_otlp() {
  return gzip({});
}

OtlpRejection otlp_rejection(std::string_view answer) {
  // ExportLogsServiceResponse.partial_success { rejected_log_records, error_message }
  OtlpRejection rejection;
  if (answer.empty() || answer.front() != length_tag(1)) return {};
  answer.remove_prefix(1);
  const auto size = take_varint(answer);
  if (!size || *size > answer.size()) return {};
  std::string_view partial = answer.substr(0, *size);
  while (!partial.empty()) {
    const char tag = partial.front();
    partial.remove_prefix(1);
    const auto value = take_varint(partial);
    if (!value) return {};
    if (tag == 1 * 8) {
      rejection.entries = *value;
    } else if (tag == length_tag(2) && *value <= partial.size()) {
      rejection.message = partial.substr(0, *value);
      partial.remove_prefix(*value);
    } else {
      return {};
    }
  }
  return rejection;
}

}  // namespace tailrace::shippers
