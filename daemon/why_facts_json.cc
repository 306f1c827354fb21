// Facts about a file as JSON and back.
#include <type_traits>
#include <utility>

#include <nlohmann/json.hpp>

#include "config/secrets.h"
#include "daemon/why_facts.h"

namespace tailrace::daemon {
namespace {

using Json = nlohmann::ordered_json;

// Paths and labels need not be UTF-8.
std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json json_of(const WhySource& source) {
  Json json{{"worker", source.worker},
            {"source", source.source},
            {"job", source.job},
            {"path", source.path},
            {"label_path", source.label_path},
            {"labels", source.labels},
            {"device", source.device},
            {"inode", source.inode},
            {"counts_lines", source.counts_lines},
            {"first", source.first},
            {"earlier_runs", source.earlier_runs},
            {"offset", source.offset},
            {"cut", source.cut},
            {"size", source.size},
            {"lines", source.lines},
            {"damage", source.damage}};
  if (source.held_from) json["held_from"] = *source.held_from;
  return json;
}

Json json_of(const CutRange& range) {
  Json json{{"source", range.source}, {"path", range.path},   {"label_path", range.label_path},
            {"device", range.device}, {"inode", range.inode}, {"first", range.first},
            {"begin", range.begin},   {"end", range.end},     {"lines", range.lines}};
  if (range.held_from) json["held_from"] = *range.held_from;
  return json;
}

// Clients are shown without the secrets of their URLs: the verb compares them so, too.
Json json_of(const CutLane& lane) {
  return {{"client", config::shown_url(lane.client)},
          {"tenant", lane.tenant},
          {"entries", lane.entries},
          {"accepted", lane.accepted},
          {"refused", lane.refused},
          {"pending", lane.pending()},
          {"answered_ns", lane.answered_ns},
          {"reason", lane.reason},
          {"status", lane.status},
          {"answer", lane.answer}};
}

Json json_of(const WhyLane& lane) {
  return {{"client", config::shown_url(lane.client)},
          {"tenant", lane.tenant},
          {"line_bytes", lane.line_bytes},
          {"oldest_ns", lane.oldest_ns},
          {"in_flight", lane.in_flight}};
}

Json json_of(const WhyRetry& retry) {
  return {{"client", config::shown_url(retry.client)},
          {"tenant", retry.tenant},
          {"error", retry.error},
          {"since_ns", retry.since_ns},
          {"next_ns", retry.next_ns},
          {"attempts", retry.attempts}};
}

Json json_of(const CutRecord& record);

template <typename Item>
Json list_of(const std::vector<Item>& items) {
  Json list = Json::array();
  for (const Item& item : items)
    list.push_back(json_of(item));
  return list;
}

Json json_of(const CutRecord& record) {
  return {{"cut", record.cut},
          {"time_ns", record.time_ns},
          {"complete", record.complete},
          {"other_lines", record.other_lines},
          {"ranges", list_of(record.ranges)},
          {"lanes", list_of(record.lanes)}};
}

// What is missing or of another kind is left as it is.
template <typename Value>
void take(const Json& json, const char* key, Value& value) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return;
  if constexpr (std::is_same_v<Value, std::string>) {
    if (found->is_string()) value = found->get<std::string>();
  } else if constexpr (std::is_same_v<Value, bool>) {
    if (found->is_boolean()) value = found->get<bool>();
  } else {
    if (found->is_number()) value = found->get<Value>();
  }
}

template <typename Value>
void take(const Json& json, const char* key, std::optional<Value>& value) {
  if (!json.contains(key)) return;
  Value found{};
  take(json, key, found);
  value = std::move(found);
}

template <typename Value>
void take_map(const Json& json, const char* key, std::map<std::string, Value>& map) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_object()) return;
  for (const auto& [name, value] : found->items())
    take(*found, name.c_str(), map[name]);
}

template <typename Item, typename From>
void take_list(const Json& json, const char* key, std::vector<Item>& items, From from) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_array()) return;
  for (const Json& item : *found)
    items.push_back(from(item));
}

WhySource source_from(const Json& json) {
  WhySource source;
  take(json, "worker", source.worker);
  take(json, "source", source.source);
  take(json, "job", source.job);
  take(json, "path", source.path);
  take(json, "label_path", source.label_path);
  take_map(json, "labels", source.labels);
  take(json, "device", source.device);
  take(json, "inode", source.inode);
  take(json, "counts_lines", source.counts_lines);
  take(json, "first", source.first);
  take(json, "earlier_runs", source.earlier_runs);
  take(json, "offset", source.offset);
  take(json, "cut", source.cut);
  take(json, "size", source.size);
  take(json, "lines", source.lines);
  take(json, "damage", source.damage);
  take(json, "held_from", source.held_from);
  return source;
}

CutRange range_from(const Json& json) {
  CutRange range;
  take(json, "source", range.source);
  take(json, "path", range.path);
  take(json, "label_path", range.label_path);
  take(json, "device", range.device);
  take(json, "inode", range.inode);
  take(json, "first", range.first);
  take(json, "begin", range.begin);
  take(json, "end", range.end);
  take(json, "lines", range.lines);
  take(json, "held_from", range.held_from);
  return range;
}

CutLane lane_from(const Json& json) {
  CutLane lane;
  take(json, "client", lane.client);
  take(json, "tenant", lane.tenant);
  take(json, "entries", lane.entries);
  take(json, "accepted", lane.accepted);
  take(json, "refused", lane.refused);
  take(json, "answered_ns", lane.answered_ns);
  take(json, "reason", lane.reason);
  take(json, "status", lane.status);
  take(json, "answer", lane.answer);
  return lane;
}

CutRecord record_from(const Json& json) {
  CutRecord record;
  take(json, "cut", record.cut);
  take(json, "time_ns", record.time_ns);
  take(json, "complete", record.complete);
  take(json, "other_lines", record.other_lines);
  take_list(json, "ranges", record.ranges, range_from);
  take_list(json, "lanes", record.lanes, lane_from);
  return record;
}

WhyLane queue_from(const Json& json) {
  WhyLane lane;
  take(json, "client", lane.client);
  take(json, "tenant", lane.tenant);
  take(json, "line_bytes", lane.line_bytes);
  take(json, "oldest_ns", lane.oldest_ns);
  take(json, "in_flight", lane.in_flight);
  return lane;
}

WhyRetry retry_from(const Json& json) {
  WhyRetry retry;
  take(json, "client", retry.client);
  take(json, "tenant", retry.tenant);
  take(json, "error", retry.error);
  take(json, "since_ns", retry.since_ns);
  take(json, "next_ns", retry.next_ns);
  take(json, "attempts", retry.attempts);
  return retry;
}

}  // namespace

std::string why_facts_json(const WhyFacts& facts) {
  Json json{{"now_ns", facts.now_ns},
            {"path", facts.path},
            {"exists", facts.exists},
            {"device", facts.device},
            {"inode", facts.inode},
            {"open_error", facts.open_error},
            {"sources", list_of(facts.sources)},
            {"saved_position", nullptr},
            {"cuts", list_of(facts.cuts)},
            {"history_since_ns", facts.history_since_ns},
            {"lanes", list_of(facts.lanes)},
            {"retries", list_of(facts.retries)},
            {"troubles", facts.troubles},
            {"stalled_workers", facts.stalled_workers},
            {"silent_workers", facts.silent_workers},
            {"lost_bytes", facts.lost_bytes},
            {"dropped", facts.dropped},
            {"config_yaml", facts.config_yaml}};
  if (facts.saved_position) json["saved_position"] = *facts.saved_position;
  return dumped(json);
}

Result<WhyFacts> parse_why_facts(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return fail(Error::kInvalid, "the program's answer is no JSON object");
  WhyFacts facts;
  take(json, "now_ns", facts.now_ns);
  take(json, "path", facts.path);
  take(json, "config_yaml", facts.config_yaml);
  take(json, "exists", facts.exists);
  take(json, "device", facts.device);
  take(json, "inode", facts.inode);
  take(json, "open_error", facts.open_error);
  take_list(json, "sources", facts.sources, source_from);
  if (json.contains("saved_position") && json["saved_position"].is_string()) {
    facts.saved_position = json["saved_position"].get<std::string>();
  }
  take_list(json, "cuts", facts.cuts, record_from);
  take(json, "history_since_ns", facts.history_since_ns);
  take_list(json, "lanes", facts.lanes, queue_from);
  take_list(json, "retries", facts.retries, retry_from);
  const auto text_from = [](const Json& item) {
    return item.is_string() ? item.get<std::string>() : std::string();
  };
  take_list(json, "troubles", facts.troubles, text_from);
  const auto number_from = [](const Json& item) {
    return item.is_number() ? item.get<std::uint32_t>() : 0U;
  };
  take_list(json, "stalled_workers", facts.stalled_workers, number_from);
  take_list(json, "silent_workers", facts.silent_workers, number_from);
  take_map(json, "lost_bytes", facts.lost_bytes);
  take_map(json, "dropped", facts.dropped);
  return facts;
}

}  // namespace tailrace::daemon
