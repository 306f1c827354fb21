// The pages that people look at.
#include "daemon/status_pages.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::daemon {
namespace {

// Two jobs; the first has two targets, and one that was left out.
EngineStatus engine_status() {
  EngineStatus status;
  status.config_yaml = "clients:\n  - url: \"http://a?b&c\"\n";
  JobTargets app{"app", {}};
  app.found.targets = {{"app", "/a/*.log", "/a/old*", {{"env", "<prod>"}}}, {"app", "/b", "", {}}};
  app.found.origins = {{{{"__path__", "/a/*.log"}, {"env", "<prod>"}}, "static_configs[0]"},
                       {{{"__path__", "/b"}}, "static_configs[1]"}};
  app.found.dropped = {
      {"app", {{"__meta_x", "y"}}, "static_configs[2]", discovery::DropReason::kNoPath}};
  JobTargets other{"other", {}};
  other.found.targets = {{"other", "/c", "", {}}};
  other.found.origins = {{{{"__path__", "/c"}}, "static_configs[0]"}};
  status.jobs = {app, other};
  status.target_of = {{7, 0}, {8, 0}, {9, 2}};
  return status;
}

FileStatus file(SourceId source, std::string path) {
  FileStatus status;
  status.source = source;
  status.path = std::move(path);
  status.offset = 12345;
  status.size_bytes = 23456;
  status.lines = 34567;
  return status;
}

bool has(const std::string& page, std::string_view text) {
  return page.find(text) != std::string::npos;
}

TEST(StatusPages, targets_show_their_files_and_whether_they_are_ready) {
  WorkerStatus worker;
  worker.files = {file(7, "/a/1.log"), file(9, "/c")};
  worker.outbox_pending_entries = 45678;
  worker.troubles = {"client <x> is away"};
  const std::string page = targets_page(engine_status(), {worker}, "/logs");
  EXPECT_TRUE(has(page, "<h2>app <small>1 of 2 targets ready</small></h2>")) << page;
  EXPECT_TRUE(has(page, "<h2>other <small>1 of 1 target ready</small></h2>"));
  EXPECT_TRUE(has(page, "env=&quot;&lt;prod&gt;&quot;"));
  EXPECT_TRUE(has(page, "<code>/a/*.log</code> without <code>/a/old*</code>"));
  EXPECT_TRUE(has(page,
                  "<td><code>/a/1.log</code></td><td class=\"number\">12345</td>"
                  "<td class=\"number\">23456</td><td class=\"number\">34567</td>"));
  EXPECT_LT(page.find("/a/1.log"), page.find("other"));
  EXPECT_TRUE(has(page, "45678"));
  EXPECT_TRUE(has(page, "client &lt;x&gt; is away"));
  EXPECT_TRUE(has(page, "<a href=\"/logs/targets\" aria-current=\"page\">"));
  EXPECT_TRUE(has(page, "<a href=\"/logs/config\">"));
}

TEST(StatusPages, many_files_are_counted_instead_of_listed) {
  EngineStatus engine = engine_status();
  WorkerStatus worker;
  for (SourceId source = 100; source < 100 + kFilesShownMax + 5; ++source) {
    engine.target_of[source] = 2;
    worker.files.push_back(file(source, "/c/" + std::to_string(source)));
  }
  const std::string page = targets_page(engine, {worker}, "");
  EXPECT_TRUE(has(page, "/c/" + std::to_string(100 + kFilesShownMax - 1)));
  EXPECT_FALSE(has(page, "/c/" + std::to_string(100 + kFilesShownMax)));
  EXPECT_TRUE(has(page, "and 5 more"));
}

TEST(StatusPages, service_discovery_shows_what_became_of_what) {
  const std::string page = service_discovery_page(engine_status(), "");
  EXPECT_TRUE(has(page, "<h2>app <small>2 of 3 targets active</small></h2>")) << page;
  EXPECT_TRUE(has(page,
                  "<td>static_configs[2]</td><td><code "
                  "class=\"label\">__meta_x=&quot;y&quot;</code> </td><td><span "
                  "class=\"bad\">left out: no_path</span></td>"));
  EXPECT_TRUE(has(page,
                  "<td>static_configs[1]</td><td><code "
                  "class=\"label\">__path__=&quot;/b&quot;</code> </td><td>none</td>"));
}

TEST(StatusPages, of_many_targets_left_out_the_first_are_shown) {
  EngineStatus engine = engine_status();
  for (std::size_t i = 0; i < kDroppedShownMax + 1; ++i) {
    engine.jobs[1].found.dropped.push_back(
        {"other", {}, "found" + std::to_string(i), discovery::DropReason::kDropped});
  }
  const std::string page = service_discovery_page(engine, "");
  EXPECT_TRUE(has(page, "found" + std::to_string(kDroppedShownMax - 1)));
  EXPECT_FALSE(has(page, "found" + std::to_string(kDroppedShownMax)));
  EXPECT_TRUE(has(page, "and 1 more left out"));
}

TEST(StatusPages, the_configuration_is_shown_as_text) {
  EXPECT_TRUE(has(config_page(engine_status(), ""),
                  "<pre id=\"config_yaml\">clients:\n  - url: "
                  "&quot;http://a?b&amp;c&quot;\n</pre>"));
}

}  // namespace
}  // namespace tailrace::daemon
