// Short ways for tests to load a configuration.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "config/load.h"

namespace tailrace::config {

// The configuration that `text` describes; a failed test and an empty one when it is not valid.
inline Config valid(std::string_view text, const Overrides& overrides = {}) {
  LoadResult result = load_text(text, "test.yaml", overrides);
  EXPECT_TRUE(result.config.has_value())
      << format_diagnostics(result.diagnostics, "test.yaml", text);
  return result.config.value_or(Config{});
}

// "path: message" of each diagnostic, warnings with "warning: " before them.
inline std::vector<std::string> messages(const std::vector<Diagnostic>& diagnostics) {
  std::vector<std::string> lines;
  for (const Diagnostic& diagnostic : diagnostics) {
    const bool warning = diagnostic.severity == Diagnostic::Severity::kWarning;
    lines.push_back(fmt::format("{}{}: {}", warning ? "warning: " : "", diagnostic.location.path,
                                diagnostic.message));
  }
  return lines;
}

inline std::vector<std::string> diagnose(std::string_view text, const Overrides& overrides = {}) {
  return messages(load_text(text, "test.yaml", overrides).diagnostics);
}

inline ClientConfig valid_client(const std::string& keys) {
  return valid("clients: [{url: \"http://a\", " + keys + "}]").clients.at(0);
}

inline ScrapeConfig valid_job(const std::string& keys) {
  return valid(
             "clients: [{url: \"http://a\"}]\nscrape_configs:\n  - job_name: a\n"
             "    static_configs: [{labels: {__path__: /a}}]\n    " +
             keys)
      .scrape_configs.at(0);
}

template <typename T>
T valid_stage(const std::string& stage) {
  const ScrapeConfig job = valid_job("pipeline_stages: [" + stage + "]");
  EXPECT_EQ(job.pipeline_stages.size(), 1U);
  const T* body = std::get_if<T>(&job.pipeline_stages.at(0).stage);
  EXPECT_NE(body, nullptr);
  return body == nullptr ? T{} : *body;
}

}  // namespace tailrace::config
