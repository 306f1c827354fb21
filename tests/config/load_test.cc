// Loading as a whole: order of diagnostics, expansion, positions.
#include "config/load.h"

#include <gtest/gtest.h>

#include "tests/config/loading.h"

namespace tailrace::config {
namespace {

std::optional<std::string> lookup(std::string_view name) {
  if (name == "URL") return "http://loki/push";
  if (name == "LINES") return "a\nb";
  return std::nullopt;
}

TEST(Load, a_config_is_given_when_there_are_only_warnings) {
  const LoadResult result =
      load_text("clients: [{url: http://a, batchsize: 1.5}]", "x", Overrides{});
  EXPECT_TRUE(result.config.has_value());
  ASSERT_EQ(result.diagnostics.size(), 1U);
  EXPECT_EQ(result.diagnostics[0].severity, Diagnostic::Severity::kWarning);
}

TEST(Load, a_duplicate_key_is_enough_to_refuse) {
  EXPECT_FALSE(load_text("clients: [{url: http://a, url: http://a}]", "x", Overrides{}).config);
}

TEST(Load, diagnostics_are_in_the_order_of_the_file) {
  const LoadResult result = load_text(
      "wal: {z: 1}\nserver: {x: 1, x: 2}\nclients: [{url: http://a, y: 1}]", "x", Overrides{});
  std::vector<int> lines;
  for (const Diagnostic& diagnostic : result.diagnostics)
    lines.push_back(diagnostic.location.line);
  EXPECT_EQ(lines, (std::vector<int>{1, 2, 2, 3}));
}

TEST(Load, expands_the_environment_when_asked) {
  const std::string text = "clients: [{url: '${URL}'}]";
  const LoadResult expanded = load_text_expanding(text, "x", Overrides{}, lookup);
  ASSERT_TRUE(expanded.config);
  EXPECT_EQ(expanded.config->clients[0].url, "http://loki/push");
  EXPECT_EQ(valid(text).clients[0].url, "${URL}");
}

TEST(Load, positions_are_those_of_the_file_on_disk) {
  const LoadResult result = load_text_expanding(
      "# ${LINES}: c\nclients: [{url: '${URL}', batch_wait: 1s}]\nscrape_configs: [{job_name: "
      "a}]\n",
      "x", Overrides{}, lookup);
  ASSERT_EQ(result.diagnostics.size(), 3U);
  EXPECT_EQ(result.diagnostics[1].location.line, 2);
  EXPECT_EQ(result.diagnostics[1].location.column, 27);
  EXPECT_EQ(result.diagnostics[2].location.line, 3);
}

TEST(Load, positions_in_a_valid_config_are_those_of_the_file_on_disk) {
  const LoadResult result = load_text_expanding(
      "# ${LINES:+}\nclients: [{url: '${URL}'}, {url: http://b}]\n"
      "scrape_configs:\n  - job_name: '${URL}'\n    static_configs: [{}]\n"
      "    relabel_configs: [{target_label: '${U:-abc}'}, {target_label: b}]\n"
      "    pipeline_stages: [{output: {source: '${U:-abc}'}}, {output: {source: b}}]\n",
      "x", Overrides{}, [](std::string_view name) -> std::optional<std::string> {
        if (name == "LINES") return "a\n#b";
        return lookup(name);
      });
  ASSERT_TRUE(result.config);
  EXPECT_EQ(result.config->clients[1].location.line, 2);
  EXPECT_EQ(result.config->clients[1].location.column, 28);
  const ScrapeConfig& job = result.config->scrape_configs[0];
  EXPECT_EQ(job.location.line, 4);
  EXPECT_EQ(job.relabel_configs[1].location.line, 6);
  EXPECT_EQ(job.relabel_configs[1].location.column, 52);
  EXPECT_EQ(job.pipeline_stages[1].location.line, 7);
  EXPECT_EQ(job.pipeline_stages[1].location.path, "scrape_configs[0].pipeline_stages[1].output");
}

TEST(Load, positions_of_nested_stages_and_encodings_are_those_of_the_file_on_disk) {
  const LoadResult result = load_text_expanding(
      "clients: [{url: 'http://a'}]\n# ${LINES}\nscrape_configs:\n  - job_name: a\n"
      "    static_configs: [{}]\n    encoding: utf-8\n    pipeline_stages:\n"
      "      - match: {selector: '{a=\"b\"}', stages: [{match: {selector: '{a=\"b\"}', stages:\n"
      "          [{docker: {}}]}}]}\n",
      "x", Overrides{}, [](std::string_view) { return "a\n#b"; });
  ASSERT_TRUE(result.config);
  const ScrapeConfig& job = result.config->scrape_configs[0];
  EXPECT_EQ(job.encoding_location.line, 6);
  const auto& outer = std::get<MatchStageConfig>(job.pipeline_stages[0].stage);
  EXPECT_EQ(outer.stages[0].location.line, 8);
  const auto& inner = std::get<MatchStageConfig>(outer.stages[0].stage);
  EXPECT_EQ(inner.stages[0].location.line, 9);
}

TEST(Load, a_failed_expansion_has_its_position) {
  const LoadResult result = load_text_expanding("a: b\nc: ${}", "x", Overrides{}, lookup);
  EXPECT_FALSE(result.config);
  ASSERT_EQ(result.diagnostics.size(), 1U);
  EXPECT_EQ(result.diagnostics[0].location.line, 2);
  EXPECT_EQ(result.diagnostics[0].location.column, 4);
}

TEST(Load, an_odd_expansion_is_a_warning) {
  const LoadResult result =
      load_text_expanding("clients: [{url: 'http://${HOST:localhost}/'}]", "x", Overrides{},
                          [](std::string_view) { return "h"; });
  EXPECT_TRUE(result.config);
  ASSERT_EQ(result.diagnostics.size(), 1U);
  EXPECT_EQ(result.diagnostics[0].severity, Diagnostic::Severity::kWarning);
  EXPECT_EQ(result.diagnostics[0].location.column, 25);
}

}  // namespace
}  // namespace tailrace::config
