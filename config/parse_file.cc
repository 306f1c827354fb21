// The root of the configuration file and its small blocks.
#include <algorithm>

#include <fmt/format.h>

#include "config/parse.h"

namespace tailrace::config {
namespace {

constexpr std::uint32_t kWorkersMax = 256;
// Below it the outbox could not hold a few batches of the default size.
constexpr std::uint64_t kOutboxBytesMin = 1U << 20U;

void parse_positions(Fields fields, PositionsConfig& positions) {
  fields.read("filename", positions.filename);
  fields.read("sync_period", positions.sync_period);
  fields.read("ignore_invalid_yaml", positions.ignore_invalid_yaml);
  if (positions.filename.empty()) fields.error("filename", "may not be empty");
  fields.finish();
}

void parse_target(Fields fields, TargetConfig& target) {
  fields.read("sync_period", target.sync_period);
  fields.read("stdin", target.stdin_source);
  fields.finish();
}

void parse_global(Fields fields, FileWatchConfig& file_watch) {
  if (auto watch = fields.block("file_watch_config")) {
    watch->read("min_poll_frequency", file_watch.min_poll_frequency);
    watch->read("max_poll_frequency", file_watch.max_poll_frequency);
    watch->finish();
  }
  fields.finish();
}

void parse_limits(Fields fields, LimitsConfig& limits) {
  fields.read("readline_rate_enabled", limits.readline_rate_enabled);
  fields.read("readline_rate", limits.readline_rate);
  fields.read("readline_burst", limits.readline_burst);
  fields.read("readline_rate_drop", limits.readline_rate_drop);
  if (limits.readline_rate_enabled) {
    // Promtail's bucket lets nothing through then, and says nothing.
    if (!(limits.readline_rate > 0)) fields.error("readline_rate", "must be above 0");
    if (limits.readline_burst < 1) fields.error("readline_burst", "must be at least 1");
  }
  fields.read("max_streams", limits.max_streams);
  fields.read_bytes("max_line_size", limits.max_line_size);
  fields.read("max_line_size_truncate", limits.max_line_size_truncate);
  fields.finish();
}

void parse_wal(Fields fields, WalConfig& wal) {
  std::chrono::nanoseconds ignored{0};
  fields.read("enabled", wal.enabled);
  fields.read("dir", wal.dir);
  fields.read("cleanSegmentsOlderThan", ignored);
  if (auto watch = fields.block("watchConfig")) {
    watch->read("minReadFrequency", ignored);
    watch->read("maxReadFrequency", ignored);
    watch->finish();
  }
  if (wal.enabled) {
    fields.warning("enabled",
                   "the outbox goes into `dir`; its segments go as soon as they are delivered, so "
                   "cleanSegmentsOlderThan and watchConfig have no effect");
  }
  fields.finish();
}

// Traces are not sent; the keys are checked and have no effect.
void parse_tracing(Fields fields) {
  bool enabled = false;
  bool profiling = false;
  fields.read("enabled", enabled);
  fields.read("profiling_enabled", profiling);
  if (enabled) fields.warning("enabled", "has no effect: no traces are sent");
  fields.finish();
}

void parse_server_auth(Fields fields, std::optional<ServerBasicAuthConfig>& basic_auth) {
  if (auto block = fields.block("basic_auth")) {
    ServerBasicAuthConfig& auth = basic_auth.emplace();
    block->read("username", auth.username);
    block->read_secret("password", auth.password);
    block->read("password_file", auth.password_file);
    block->require("username");
    if (auth.username.find(':') != std::string::npos) {
      block->error("username", "may not contain a colon");  // RFC 7617.
    }
    if (!auth.password.empty() && !auth.password_file.empty()) {
      block->error("password_file", "at most one of password and password_file may be set");
    }
    if (auth.password_file.empty()) block->require("password");
    block->finish();
  }
  fields.finish();
}

void parse_protection(Fields fields, ProtectionConfig& protection) {
  std::optional<std::string> mode;
  std::optional<std::string> refused;
  fields.read("mode", mode);
  if (mode) {
    if (const auto parsed = parse_protection_mode(*mode)) {
      protection.mode = *parsed;
    } else {
      fields.error("mode", fmt::format("must be auto, require or off, not \"{}\"", *mode));
    }
  }
  fields.read("refused_calls", refused);
  if (refused) {
    if (const auto parsed = parse_refused_calls(*refused)) {
      protection.refused_calls = *parsed;
    } else {
      fields.error("refused_calls", fmt::format("must be fail or kill, not \"{}\"", *refused));
    }
  }
  fields.read("core_dumps", protection.core_dumps);
  fields.finish();
}

void parse_tailrace(Fields fields, TailraceConfig& tailrace) {
  fields.read("sync", tailrace.sync);
  fields.read("workers", tailrace.workers);
  if (tailrace.workers > kWorkersMax) {
    fields.error("workers", fmt::format("may be at most {}", kWorkersMax));
  }
  if (auto outbox = fields.block("outbox")) {
    std::optional<std::uint64_t> bytes;
    std::optional<ClientConfig::WhenFull> when_full;
    outbox->read("dir", tailrace.outbox_dir);
    parse_outbox_size(*outbox, bytes);
    parse_when_full(*outbox, when_full);
    tailrace.outbox_bytes = bytes.value_or(tailrace.outbox_bytes);
    tailrace.when_full = when_full.value_or(tailrace.when_full);
    outbox->finish();
  }
  if (auto server = fields.block("server")) {
    parse_server_auth(std::move(*server), tailrace.server_basic_auth);
  }
  fields.read("control_socket", tailrace.control_socket);
  if (auto live = fields.block("live")) {
    live->read("disable", tailrace.live.disable);
    live->read("allowed_hosts", tailrace.live.allowed_hosts);
    live->read("remote_lines", tailrace.live.remote_lines);
    live->finish();
  }
  if (auto protection = fields.block("protection")) {
    parse_protection(std::move(*protection), tailrace.protection);
  }
  fields.finish();
}

void parse_clients(Fields& root, ParsedFile& file) {
  if (auto block = root.block("client")) {
    file.has_client_block = true;
    file.client_block.location = {"client", block->node().line, block->node().column};
    parse_client(std::move(*block), file.client_block);
  }
  const std::size_t errors = root.report().error_count();
  const YamlNode* list = root.list("clients");
  if (root.report().error_count() != errors) file.clients_are_readable = false;
  if (list == nullptr) return;
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const YamlNode& item = *list->items[i];
    std::string path = fmt::format("clients[{}]", i);
    ClientConfig& client = file.config.clients.emplace_back();
    client.location = {path, item.line, item.column};
    parse_client(Fields::strict(item, std::move(path), root.report()), client);
  }
}

}  // namespace

void parse_outbox_size(Fields& fields, std::optional<std::uint64_t>& bytes) {
  fields.read_bytes("size", bytes);
  if (bytes && *bytes < kOutboxBytesMin) {
    fields.error("size", fmt::format("must be at least {} bytes", kOutboxBytesMin));
  }
}

void parse_when_full(Fields& fields, std::optional<ClientConfig::WhenFull>& when_full) {
  std::optional<std::string> text;
  fields.read("when_full", text);
  if (!text) return;
  if (*text == "block") {
    when_full = ClientConfig::WhenFull::kBlock;
  } else if (*text == "drop_oldest") {
    when_full = ClientConfig::WhenFull::kDropOldest;
  } else {
    fields.error("when_full", fmt::format("must be block or drop_oldest, not \"{}\"", *text));
  }
}

void refuse_negative(Fields& fields, std::string_view key, std::chrono::nanoseconds value) {
  if (value < std::chrono::nanoseconds(0)) fields.error(key, "may not be negative");
}

ParsedFile parse_file(const YamlNode& root, JobSources sources, Report& report) {
  ParsedFile file;
  Config& config = file.config;
  const std::size_t errors = report.error_count();
  file.begin = {"", std::max(root.line, 1), std::max(root.column, 1)};
  Fields fields = Fields::strict(root, "", report);
  file.clients_are_readable = report.error_count() == errors;
  if (auto block = fields.block("global")) parse_global(std::move(*block), config.file_watch);
  if (auto block = fields.block("server")) {
    parse_server(std::move(*block), config.server, file.server_tls);
  }
  parse_clients(fields, file);
  if (auto block = fields.block("positions")) parse_positions(std::move(*block), config.positions);
  if (auto block = fields.block("target_config")) parse_target(std::move(*block), config.target);
  if (auto block = fields.block("limits_config")) parse_limits(std::move(*block), config.limits);
  if (auto block = fields.block("options")) {
    block->refuse("stream_lag_labels",
                  "`stream_lag_labels` was removed in 3.0 and has no successor");
    block->finish();
  }
  if (auto block = fields.block("tracing")) parse_tracing(std::move(*block));
  if (auto block = fields.block("wal")) parse_wal(std::move(*block), config.wal);
  if (auto block = fields.block("tailrace")) parse_tailrace(std::move(*block), config.tailrace);
  if (const YamlNode* list = fields.list("scrape_configs")) {
    const bool from_stdin = sources == JobSources::kStdin || config.target.stdin_source;
    config.scrape_configs =
        parse_scrape_configs(*list, from_stdin ? JobSources::kStdin : JobSources::kTargets, report);
  }
  fields.refuse("limit_config", "`limit_config` was replaced by `limits_config` in 2.5");
  fields.finish();
  return file;
}

}  // namespace tailrace::config
