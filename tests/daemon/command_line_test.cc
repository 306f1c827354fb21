// Flags as Go programs take them.
#include "daemon/command_line.h"

#include <gtest/gtest.h>

namespace tailrace::daemon {
namespace {

Result<CommandLine> parse(std::vector<const char*> arguments) {
  return parse_command_line(arguments);
}

TEST(CommandLine, takes_values_in_all_four_spellings) {
  for (const auto& arguments : std::vector<std::vector<const char*>>{{"-config.file=a.yaml"},
                                                                     {"--config.file=a.yaml"},
                                                                     {"-config.file", "a.yaml"},
                                                                     {"--config.file", "a.yaml"}}) {
    const Result<CommandLine> line = parse(arguments);
    ASSERT_TRUE(line);
    EXPECT_EQ(line->config_files, std::vector<std::string>{"a.yaml"});
  }
}

TEST(CommandLine, splits_and_trims_the_list_of_files) {
  const Result<CommandLine> line = parse({"-config.file= a.yaml , ,b.yaml"});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->config_files, (std::vector<std::string>{"a.yaml", "b.yaml"}));
}

TEST(CommandLine, a_boolean_never_takes_the_next_argument) {
  const Result<CommandLine> line = parse({"-dry-run", "false", "-stdin"});
  ASSERT_TRUE(line);
  EXPECT_TRUE(line->dry_run);
  EXPECT_FALSE(line->stdin_source);  // "false" ended the flags.
}

TEST(CommandLine, each_switch_sets_its_own_field) {
  EXPECT_TRUE(parse({"-check-syntax"})->check_syntax);
  EXPECT_TRUE(parse({"-config.expand-env=true"})->expand_env);
  EXPECT_TRUE(parse({"-inspect"})->inspect);
  EXPECT_TRUE(parse({"-version"})->version);
  EXPECT_TRUE(parse({"-help"})->help);
  EXPECT_TRUE(parse({"-h"})->help);
  EXPECT_TRUE(parse({"-stdin=T"})->stdin_source);
  EXPECT_FALSE(parse({"-dry-run=0"})->dry_run);
}

TEST(CommandLine, flags_of_the_configuration_become_overrides) {
  const Result<CommandLine> line =
      parse({"-client.url", "http://x/push", "-server.disable", "-log.level=debug"});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->overrides.client_url, "http://x/push");
  EXPECT_EQ(line->overrides.server_disable, true);
  EXPECT_EQ(line->overrides.log_level, LogLevel::kDebug);
  EXPECT_FALSE(line->overrides.positions_file.has_value());
}

TEST(CommandLine, names_the_flags_of_promtail_that_change_nothing) {
  const Result<CommandLine> line =
      parse({"-server.grpc-listen-port", "0", "-tracing.enabled", "-server.disable"});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->flags_without_effect,
            (std::vector<std::string>{"-server.grpc-listen-port", "-tracing.enabled"}));
  EXPECT_EQ(line->overrides.server_disable, true);
}

TEST(CommandLine, refuses_what_it_does_not_know_by_name) {
  struct Case {
    std::vector<const char*> arguments;
    const char* message;
  };
  for (const Case& c :
       std::vector<Case>{{{"-nonsense"}, "flag provided but not defined: -nonsense"},
                         {{"-config.file"}, "flag needs an argument: -config.file"},
                         {{"-dry-run=maybe"}, "invalid boolean value \"maybe\" for -dry-run"}}) {
    const Result<CommandLine> line = parse(c.arguments);
    ASSERT_FALSE(line);
    EXPECT_EQ(line.error().message, c.message);
  }
}

TEST(CommandLine, a_format_is_for_what_prints_in_it) {
  EXPECT_EQ(parse({"-check-syntax"})->format, OutputFormat::kText);
  EXPECT_EQ(parse({"-check-syntax", "-format=text"})->format, OutputFormat::kText);
  EXPECT_EQ(parse({"-format", "json", "-check-syntax"})->format, OutputFormat::kJson);
  EXPECT_EQ(parse({"-dry-run", "-format=json"})->format, OutputFormat::kJson);
  EXPECT_EQ(parse({"-check-syntax", "-format=xml"}).error().message,
            "-format: must be text or json, not \"xml\"");
  EXPECT_EQ(parse({"-format=text"}).error().message, "-format needs -check-syntax or -dry-run");
  EXPECT_TRUE(parse({"-format=json", "-help"}));
}

TEST(CommandLine, help_names_every_verb_and_flag_that_works_and_no_other) {
  const std::string help = help_text();
  for (const char* flag : {"-config.file=FILE", "-check-syntax", "-format=text|json", "-dry-run",
                           "-stdin", "-version", "-client.url=URL", "-positions.file=FILE"}) {
    EXPECT_NE(help.find(flag), std::string::npos) << flag;
  }
  for (const char* verb : {"receive", "test", "try", "diff", "tap", "why"}) {
    EXPECT_NE(help.find("       tailrace " + std::string(verb) + " [flags]"), std::string::npos)
        << verb;
  }
  EXPECT_EQ(help.find("-server.grpc"), std::string::npos);
}

TEST(CommandLine, version_begins_with_name_and_number) {
  EXPECT_TRUE(version_text().starts_with("tailrace, version " + std::string(version())));
}

}  // namespace
}  // namespace tailrace::daemon
