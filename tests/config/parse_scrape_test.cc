// Jobs: inputs, decompression, file options.
#include <gtest/gtest.h>

#include "tests/config/loading.h"

namespace tailrace::config {
namespace {

using namespace std::chrono_literals;
using Format = DecompressionConfig::Format;

TEST(ParseScrape, reads_a_job) {
  const ScrapeConfig job = valid_job(
      "encoding: utf-16\n    decompression: {enabled: true, initial_delay: 5s, format: bz2}\n"
      "    tailrace: {start_at: end, ignore_older: 7d, close_inactive: 1h}");
  EXPECT_EQ(job.job_name, "a");
  EXPECT_EQ(job.static_configs, (std::vector<StaticTargetGroup>{{{}, {{"__path__", "/a"}}}}));
  EXPECT_EQ(job.encoding, "utf-16");
  EXPECT_EQ(job.decompression, (DecompressionConfig{true, 5s, Format::kBzip2}));
  EXPECT_EQ(job.files, (FileOptionsConfig{FileOptionsConfig::StartAt::kEnd, 168h, 1h}));
  EXPECT_EQ(job.location.path, "scrape_configs[0]");
  EXPECT_EQ(job.location.line, 3);
}

TEST(ParseScrape, knows_the_formats) {
  for (const auto& [name, format] : {std::pair{"gz", Format::kGzip},
                                     {"z", Format::kZlib},
                                     {"bz2", Format::kBzip2},
                                     {"zst", Format::kZstd}}) {
    EXPECT_EQ(valid_job(std::string("decompression: {enabled: true, format: ") + name + "}")
                  .decompression.format,
              format);
  }
  EXPECT_FALSE(valid_job("decompression: {enabled: false, format: tar}").decompression.enabled);
}

TEST(ParseScrape, a_job_name_may_look_like_a_number) {
  EXPECT_EQ(
      valid("clients: [{url: http://a}]\nscrape_configs: [{job_name: 5, static_configs: [{}]}]")
          .scrape_configs[0]
          .job_name,
      "5");
}

TEST(ParseScrape, stdin_by_flag_needs_no_input) {
  Overrides flags;
  flags.stdin_source = true;
  EXPECT_TRUE(
      diagnose(
          "clients: [{url: http://a}]\nscrape_configs: [{job_name: a, journal: {}}, {job_name: b}]",
          flags)
          .empty());
}

TEST(ParseScrape, the_default_starts_at_the_beginning) {
  EXPECT_EQ(valid_job("tailrace: {start_at: beginning}").files, FileOptionsConfig{});
}

}  // namespace
}  // namespace tailrace::config
