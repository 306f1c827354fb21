// Benchmarks of regular expressions, JSON extraction and times on one line each.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/arena.h"
#include "model/entry.h"
#include "pipeline/go_time/layout.h"
#include "pipeline/json/json_extractor.h"
#include "pipeline/matching/regex_matcher.h"

namespace tailrace::pipeline {
namespace {

constexpr std::string_view kNginxPattern =
    R"re(^(?P<remote>\S+) - (?P<user>\S+) \[(?P<time>[^\]]+)\] "(?P<method>\S+) (?P<path>\S+) \S+" )re"
    R"re((?P<status>\d+) (?P<size>\d+) "[^"]*" "[^"]*" (?P<rt>[\d.]+)$)re";
constexpr std::string_view kNginxLine =
    R"(203.0.113.77 - frank [10/Oct/2025:13:55:36 +0000] "GET /api/v1/items/12345?page=3&sort=asc )"
    R"(HTTP/1.1" 200 23262 "https://example.com/start/page.html" "Mozilla/5.0 (X11; Linux x86_64) )"
    R"(AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36" 0.123)";
constexpr std::string_view kKeyValueLine =
    R"(ts=2025-10-10T13:55:36.123Z caller=http.go:192 component=distributor traceID=abcdef0123456789 )"
    R"(org=tenant-7 level=info msg="POST /loki/api/v1/push (204) 1.52ms" duration=1.52ms size=52011)";
constexpr std::string_view kJsonLine =
    R"({"time":"2025-10-10T13:55:36.123456789Z","level":"info","logger":"com.example.shop.OrderService",)"
    R"("thread":"http-nio-8080-exec-7","message":"order 4711 accepted for customer 815, total 12.99 EUR",)"
    R"("http":{"method":"POST","path":"/api/v1/orders","status":201,"bytes":1532},"duration":0.0231,)"
    R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","tags":["shop","order"]})";

void count_bytes(benchmark::State& state, std::string_view line) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(line.size()));
}

void regex(benchmark::State& state, std::string_view pattern, std::vector<std::string> wanted,
           std::string_view line) {
  const std::size_t count = wanted.size();
  const auto matcher = RegexMatcher::create(pattern, {.wanted_groups = std::move(wanted)});
  std::vector<std::string_view> captures(count);
  for ([[maybe_unused]] const auto _ : state) {
    if (!(*matcher)->search(line, captures)) state.SkipWithError("no match");
    benchmark::DoNotOptimize(captures.data());
  }
  count_bytes(state, line);
}

void regex_nginx(benchmark::State& state) {
  regex(state, kNginxPattern, {"time", "method", "status", "rt"}, kNginxLine);
}
void regex_nginx_utf8(benchmark::State& state) {
  std::string line(kNginxLine);
  line.replace(line.find("frank"), 5, "j\xC3\xBCrgen");
  regex(state, kNginxPattern, {"time", "method", "status", "rt"}, line);
}
void regex_unanchored(benchmark::State& state) {
  regex(state, R"(level=(?P<level>\w+))", {"level"}, kKeyValueLine);
}
void regex_backtracking(benchmark::State& state) {
  regex(state, R"(level=(?P<level>\w+).*duration=(?P<duration>\S+))", {"level", "duration"},
        kKeyValueLine);
}
BENCHMARK(regex_nginx);
BENCHMARK(regex_nginx_utf8);
BENCHMARK(regex_unanchored);
BENCHMARK(regex_backtracking);

void json(benchmark::State& state, std::vector<std::string> expressions) {
  const std::size_t count = expressions.size();
  const auto extractor = JsonExtractor::create(std::move(expressions));
  Arena arena(1U << 16U);
  std::vector<Value> values(count);
  for ([[maybe_unused]] const auto _ : state) {
    arena.reset();
    if ((*extractor)->extract(kJsonLine, values, arena) != JsonExtractor::Outcome::kOk) {
      state.SkipWithError("malformed");
    }
    benchmark::DoNotOptimize(values.data());
  }
  count_bytes(state, kJsonLine);
}
void json_four_fields(benchmark::State& state) {
  json(state, {"time", "level", "http.status", "duration"});
}
void json_object(benchmark::State& state) {
  json(state, {"level", "http"});
}
BENCHMARK(json_four_fields);
BENCHMARK(json_object);

void time(benchmark::State& state, std::string_view format,
          std::optional<std::string_view> location, std::array<std::string_view, 2> texts) {
  const auto parser = TimeParser::create(format, location);
  std::size_t i = 0;
  for ([[maybe_unused]] const auto _ : state) {
    const auto result = (*parser)->parse(texts[i++ % 2], 0);
    if (!result) state.SkipWithError("not parsed");
    benchmark::DoNotOptimize(result);
  }
}
void time_rfc3339_nano(benchmark::State& state) {
  time(state, "RFC3339Nano", std::nullopt,
       {"2025-10-10T13:55:36.123456789Z", "2025-10-10T13:55:37.5+02:00"});
}
void time_access_log(benchmark::State& state) {
  time(state, "02/Jan/2006:15:04:05 -0700", std::nullopt,
       {"10/Oct/2025:13:55:36 +0000", "10/Oct/2025:13:55:37 +0200"});
}
void time_in_location(benchmark::State& state) {
  time(state, "2006-01-02 15:04:05.000", "America/New_York",
       {"2025-10-10 13:55:36.123", "2025-10-11 13:55:36.123"});
}
void time_unix(benchmark::State& state) {
  time(state, "Unix", std::nullopt, {"1562708916.123", "1562708917"});
}
BENCHMARK(time_rfc3339_nano);
BENCHMARK(time_access_log);
BENCHMARK(time_in_location);
BENCHMARK(time_unix);

}  // namespace
}  // namespace tailrace::pipeline

BENCHMARK_MAIN();
