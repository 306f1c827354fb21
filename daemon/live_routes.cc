// The answers of /tailrace/api/v1/, as JSON.
#include "daemon/live_routes.h"

#include <charconv>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "config/secrets.h"
#include "daemon/live_api.h"

namespace tailrace::daemon {
namespace {

using Json = nlohmann::ordered_json;

const std::string* query_of(const http::ServerRequest& request, const char* name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? nullptr : &found->second;
}

// Errors: the sentence for the sender.
Result<TapRequest> tap_request(const http::ServerRequest& request) {
  TapRequest result;
  if (const std::string* const id = query_of(request, "id")) result.id = *id;
  if (const std::string* const selector = query_of(request, "selector")) {
    result.selector = *selector;
  }
  if (const std::string* const text = query_of(request, "rate")) {
    std::uint32_t rate = 0;
    const auto parsed = std::from_chars(text->data(), text->data() + text->size(), rate);
    if (parsed.ec != std::errc{} || parsed.ptr != text->data() + text->size()) {
      return fail(Error::kInvalid,
                  "rate: wants a number from 1 to " + std::to_string(Tap::kRateMax));
    }
    result.rate = rate;
  }
  if (const std::string* const stages = query_of(request, "stages")) {
    if (*stages != "true" && *stages != "false") {
      return fail(Error::kInvalid, "stages: wants true or false");
    }
    result.detail =
        *stages == "true" ? debugger::TraceDetail::kStages : debugger::TraceDetail::kEntry;
  }
  return result;
}

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json labels_json(const discovery::LabelMap& labels) {
  Json json = Json::object();
  for (const auto& [name, value] : labels)
    json[name] = value;
  return json;
}

// By path: the worker tells of a lag without saying whose.
using Lags = std::map<std::string, const FileLag*>;

Json file_json(const FileStatus& file, std::uint32_t worker, const Lags& lags) {
  Json json;
  json["path"] = file.path;
  json["worker"] = worker;
  json["size_bytes"] = file.size_bytes;
  json["offset"] = file.offset;
  json["lines"] = file.lines;
  json["lag_bytes"] = file.size_bytes > file.offset ? file.size_bytes - file.offset : 0;
  const auto lag = lags.find(file.path);
  json["lag_seconds"] = lag == lags.end() ? 0.0 : lag->second->seconds;
  return json;
}

Json input_json(const InputState& input, std::uint32_t worker) {
  std::string trouble = input.status.trouble;
  config::mask_urls_and_queries(trouble);
  Json json;
  json["type"] = input.type;
  json["name"] = input.name;
  json["labels"] = labels_json(input.labels);
  json["worker"] = worker;
  json["ready"] = input.status.ready;
  json["trouble"] = std::move(trouble);
  json["details"] = Json::object();
  for (const auto& [name, value] : input.status.details)
    json["details"][name] = value;
  return json;
}

Json worker_json(const WorkerStatus& worker) {
  Json json;
  json["worker"] = worker.worker;
  json["files"] = worker.files.size();
  json["lag_bytes"] = worker.lag_bytes;
  json["lag_seconds"] = worker.lag_seconds;
  json["stalled"] = worker.stalled;
  json["outbox_bytes"] = worker.outbox_disk_bytes;
  json["outbox_pending_entries"] = worker.outbox_pending_entries;
  json["outbox_age_seconds"] = worker.outbox_age_seconds;
  json["troubles"] = Json::array();
  for (std::string trouble : worker.troubles) {
    config::mask_urls_and_queries(trouble);
    json["troubles"].push_back(std::move(trouble));
  }
  json["failing"] = worker.failing;
  return json;
}

}  // namespace

http::ServerResponse tap_answer(TapHub& taps, const http::ServerRequest& request) {
  const auto asked = tap_request(request);
  if (!asked) return json_error(400, asked.error().message);
  const auto answer = taps.poll(*asked);
  if (!answer) {
    return json_error(answer.error().code == Error::kExhausted ? 429 : 400, answer.error().message);
  }
  std::string body = "{\"traces\":[";
  for (std::size_t i = 0; i < answer->traces.size(); ++i) {
    if (i > 0) body += ",";
    body += answer->traces[i];
  }
  body += "],\"seen\":" + std::to_string(answer->seen) +
          ",\"sampled_out\":" + std::to_string(answer->sampled_out) +
          ",\"dropped_queue\":" + std::to_string(answer->dropped_queue) + "}\n";
  return json_response(std::move(body));
}

http::ServerResponse tap_end_answer(TapHub& taps, const http::ServerRequest& request) {
  const std::string* const id = query_of(request, "id");
  if (id == nullptr) return json_error(400, "id: is missing");
  taps.end(*id);
  return json_response("{}\n");
}

std::string targets_json(const EngineStatus& engine, const WorkersStatus& workers) {
  std::map<std::size_t, Json> files;   // By target, counted through all jobs.
  std::map<std::string, Json> inputs;  // By job.
  Json others = Json::array();
  Json states = Json::array();
  for (const WorkerStatus& worker : workers.answered) {
    Lags lags;
    for (const FileLag& lag : worker.lags)
      lags[lag.path] = &lag;
    for (const InputState& input : worker.inputs)
      inputs[input.job].push_back(input_json(input, worker.worker));
    for (const FileStatus& file : worker.files) {
      Json json = file_json(file, worker.worker, lags);
      const auto target = engine.target_of.find(file.source);
      if (target != engine.target_of.end()) {
        files[target->second].push_back(std::move(json));
      } else {
        json["job"] = file.job;
        others.push_back(std::move(json));
      }
    }
    states.push_back(worker_json(worker));
  }
  Json result;
  result["jobs"] = Json::array();
  std::size_t number = 0;
  for (const JobTargets& job : engine.jobs) {
    Json targets = Json::array();
    for (const discovery::FileTarget& target : job.found.targets) {
      const auto own = files.find(number++);
      targets.push_back({{"path", target.path},
                         {"labels", labels_json(target.labels)},
                         {"files", own == files.end() ? Json::array() : std::move(own->second)}});
    }
    result["jobs"].push_back(
        {{"job", job.job},
         {"targets", std::move(targets)},
         {"inputs", inputs.contains(job.job) ? inputs[job.job] : Json::array()},
         {"dropped_targets", job.found.dropped.size()}});
  }
  result["other_files"] = std::move(others);  // Of no target any more.
  result["discovery_troubles"] = engine.discovery_troubles;
  result["workers"] = std::move(states);
  result["silent_workers"] = workers.silent;
  return text_of(result);
}

}  // namespace tailrace::daemon
