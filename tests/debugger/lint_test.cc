// The lints: configurations as people write them, and what they are told.
#include "debugger/lint.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/config/loading.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"

namespace tailrace::debugger {
namespace {

using Codes = std::vector<std::string>;

constexpr std::string_view kHead =
    "clients: [{url: http://a}]\n"
    "scrape_configs:\n"
    "- job_name: app\n"
    "  static_configs: [{labels: {job: app, __path__: /log/a}}]\n"
    "  pipeline_stages:\n";  // Stages begin in line 6.

class LintTest : public ::testing::Test {
 protected:
  LintTest() { files_.append("/log/a", "x"); }

  std::vector<config::Diagnostic> diagnose(const std::string& text) {
    const config::Places places(text);
    const config::Config config = config::valid(text);
    if (config.clients.empty()) return {};  // Said by valid().
    auto found = lint(config, {files_, clock_, places, targets_});
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
      return std::pair(a.location.line, a.location.column) <
             std::pair(b.location.line, b.location.column);
    });
    return found;
  }
  // "line:column code" of each.
  Codes codes(const std::string& text) {
    Codes result;
    for (const config::Diagnostic& found : diagnose(text)) {
      EXPECT_EQ(found.severity, config::Diagnostic::Severity::kWarning);
      EXPECT_FALSE(found.message.empty());
      result.push_back(
          fmt::format("{}:{} {}", found.location.line, found.location.column, found.code));
    }
    return result;
  }
  // The stages stand in lines of their own, two columns in.
  Codes codes_of_stages(const std::string& stages) { return codes(std::string(kHead) + stages); }

  tailrace::testing::FakeClock clock_;
  tailrace::testing::MemoryFileSystem files_{clock_};
  std::vector<LintTarget> targets_ = {{"app", "/log/a", {{"job", "app"}}, {"/log/a"}}};
};

struct StageCase {
  const char* name;
  const char* stages;
  Codes expected;
};

TEST_F(LintTest, values_that_no_stage_sets_are_told) {
  for (const StageCase& c : std::vector<StageCase>{
           {"labels",
            "  - regex: {expression: '(?P<level>\\w+)'}\n  - labels: {level: , app: lvl}\n",
            {"7:28 unset-value"}},
           {"a label without a source", "  - labels: {level: }\n", {"6:14 unset-value"}},
           {"output",
            "  - json: {expressions: {m: }}\n  - output: {source: msg}\n",
            {"7:22 unset-value"}},
           {"timestamp", "  - timestamp: {source: t, format: Unix}\n", {"6:25 unset-value"}},
           {"order", "  - labels: {a: }\n  - logfmt: {mapping: {a: }}\n", {"6:14 unset-value"}},
           {"a template that changes a value",
            "  - template: {source: a, template: '{{ ToUpper .Value }}'}\n",
            {"6:24 unset-value"}},
           {"a template that reads another",
            "  - template: {source: a, template: '{{ .b }}'}\n  - labels: {a: }\n",
            {"6:37 unset-value"}},
           {"replace",
            "  - replace: {expression: (x), source: a, replace: z}\n",
            {"6:40 unset-value"}},
           {"drop", "  - drop: {source: [job, a], expression: x}\n", {"6:26 unset-value"}},
           {"tenant",
            "  - tenant: {source: a}\n  - tenant: {label: b}\n",
            {"6:22 unset-value", "7:21 unset-value"}},
           {"metrics",
            "  - metrics: {num: {type: counter, source: a, config: {action: inc}}}\n",
            {"6:44 unset-value"}},
           {"pack", "  - pack: {labels: [job, a]}\n", {"6:26 unset-value"}},
           {"structured metadata", "  - structured_metadata: {a: b}\n", {"6:30 unset-value"}},
           {"json and its like",
            "  - json: {expressions: {a: }, source: b}\n  - logfmt: {mapping: {c: }, source: d}\n"
            "  - regex: {expression: x, source: e}\n",
            {"6:40 unset-value", "7:38 unset-value", "8:36 unset-value"}},
           {"eventlogmessage", "  - eventlogmessage: {source: m}\n", {"6:31 unset-value"}},
           {"geoip", "  - geoip: {db: /d, source: ip, db_type: city}\n", {"6:29 unset-value"}},
       }) {
    EXPECT_EQ(codes_of_stages(c.stages), c.expected) << c.name;
  }
}

TEST_F(LintTest, values_that_something_may_set_are_not) {
  for (const StageCase& c : std::vector<StageCase>{
           {"labels of the target",
            "  - template: {source: x, template: '{{ .job }} {{ .filename }} {{ .Entry }}'}\n  - "
            "labels: {x: }\n",
            {}},
           {"a template makes a value",
            "  - template: {source: a, template: 'x'}\n  - labels: {a: }\n",
            {}},
           {"all the values",
            "  - template: {source: a, template: '{{ . }}'}\n  - labels: {a: }\n",
            {}},
           {"cri",
            "  - cri: {}\n  - labels: {flags: , stream: }\n  - output: {source: content}\n",
            {}},
           {"docker",
            "  - docker: {}\n  - output: {source: output}\n  - timestamp: {source: timestamp, "
            "format: Unix}\n",
            {}},
           {"groups of replace",
            "  - replace: {expression: '(?P<a>x)', replace: z}\n  - labels: {a: }\n",
            {}},
           {"an event log", "  - eventlogmessage: {source: filename}\n  - labels: {Level: }\n", {}},
           {"only in a branch",
            "  - match: {selector: '{job=\"app\"} |= \"x\"', stages: [json: {expressions: {a: "
            "}}]}\n  - labels: {a: }\n",
            {}},
           {"a label of a stage, behind match",
            "  - static_labels: {s: x}\n  - match: {selector: '{s=\"x\"}', stages: [output: "
            "{source: s}]}\n",
            {}},
           {"metrics of every line",
            "  - metrics: {num: {type: counter, config: {match_all: true, action: inc}}}\n",
            {}},
           {"tenant of a label", "  - static_labels: {t: x}\n  - tenant: {label: t}\n", {}},
           {"metadata of a label",
            "  - static_labels: {t: x}\n  - structured_metadata: {t: }\n",
            {}},
           {"pack of a label", "  - static_labels: {t: x}\n  - pack: {labels: [t]}\n", {}},
           {"geoip",
            "  - json: {expressions: {ip: }}\n  - geoip: {db: /d, source: ip, db_type: city}\n"
            "  - match: {selector: '{geoip_city_name=\"x\"}', stages: [output: {source: "
            "geoip_city_name}]}\n",
            {}},
       }) {
    EXPECT_EQ(codes_of_stages(c.stages), c.expected) << c.name;
  }
}

TEST_F(LintTest, a_near_name_is_proposed) {
  const auto found = diagnose(std::string(kHead) +
                              "  - json: {expressions: {level: }}\n  - labels: {lvl: levle}\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].message, "no stage before sets \"levle\"; did you mean \"level\"?");
  EXPECT_EQ(found[0].location.path, "scrape_configs[0].pipeline_stages[1].labels.lvl");
}

TEST_F(LintTest, labels_of_unbounded_values_are_told) {
  const std::string json =
      "  - json: {expressions: {trace_id: , clientIP: , u: user, level: , num: }}\n";
  for (const StageCase& c : std::vector<StageCase>{
           {"by the label", "  - labels: {trace_id: , level: }\n", {"7:14 unbounded-label"}},
           {"by the value", "  - labels: {who: clientIP}\n", {"7:14 unbounded-label"}},
           {"by its new name", "  - labels: {user: u}\n", {"7:14 unbounded-label"}},
           {"of a number",
            "  - regex: {expression: '(?P<pid>\\d+)'}\n  - labels: {pid: }\n",
            {"8:14 unbounded-label"}},
           {"in a branch",
            "  - match: {selector: '{job=\"app\"}', stages: [labels: {user: u}]}\n",
            {"7:56 unbounded-label"}},
           {"said once",
            "  - labels: {user: u}\n  - labels: {user: u}\n",
            {"8:14 unbounded-label"}},
       }) {
    EXPECT_EQ(codes_of_stages(json + c.stages), c.expected) << c.name;
  }
}

TEST_F(LintTest, labels_of_few_values_are_not) {
  const std::string json = "  - json: {expressions: {user: , path: , level: }}\n";
  for (const StageCase& c : std::vector<StageCase>{
           {"moved to metadata", "  - labels: {user: }\n  - structured_metadata: {user: }\n", {}},
           {"dropped", "  - labels: {user: }\n  - labeldrop: [user]\n", {}},
           {"not allowed", "  - labels: {user: , level: }\n  - labelallow: [level]\n", {}},
           {"packed", "  - labels: {user: }\n  - pack: {labels: [user]}\n", {}},
           {"set to something else", "  - labels: {user: }\n  - static_labels: {user: x}\n", {}},
           {"written anew",
            "  - template: {source: path, template: '{{ regexReplaceAll \"[0-9]+\" .Value \"N\" "
            "}}'}\n  - labels: {path: }\n",
            {}},
           {"replaced",
            "  - replace: {expression: '(\\d+)', source: path, replace: num}\n  - labels: {path: "
            "}\n",
            {}},
           {"listed",
            "  - regex: {expression: '(?P<path>/api|/login) '}\n  - labels: {path: }\n",
            {}},
       }) {
    EXPECT_EQ(codes_of_stages(json + c.stages), c.expected) << c.name;
  }
}

TEST_F(LintTest, layouts_are_judged_where_they_stand) {
  EXPECT_EQ(codes_of_stages("  - json: {expressions: {t: }}\n"
                            "  - timestamp:\n"
                            "      source: t\n"
                            "      format: '%Y-%m-%d'\n"
                            "      fallback_formats: [RFC3339, 'yyyy-MM-dd HH:mm']\n"),
            (Codes{"9:15 layout-foreign", "10:35 layout-foreign"}));
}

TEST_F(LintTest, stages_behind_the_end_of_every_entry_are_told) {
  const std::string rest = "  - static_labels: {a: b}\n  - decolorize: {}\n";
  for (const StageCase& c : std::vector<StageCase>{
           {"drop all", "  - drop: {expression: '.*'}\n", {"7:5 unreachable-stage"}},
           {"drop what has a length", "  - drop: {longer_than: 0}\n", {"7:5 unreachable-stage"}},
           {"keep no sample", "  - sampling: {rate: 0}\n", {"7:5 unreachable-stage"}},
           {"match all",
            "  - match: {selector: '{job=\"app\"}', action: drop}\n",
            {"7:5 unreachable-stage"}},
           {"a branch for all",
            "  - match: {selector: '{job=\"app\"}', stages: [drop: {expression: .+}]}\n",
            {"7:5 unreachable-stage"}},
           {"drop some", "  - drop: {expression: debug}\n", {}},
           {"match some", "  - match: {selector: '{job=\"app\"} |= \"x\"', action: drop}\n", {}},
           {"a branch for some",
            "  - match: {selector: '{job=\"app\"} |= \"x\"', stages: [drop: {expression: .*}]}\n",
            {}},
       }) {
    EXPECT_EQ(codes_of_stages(c.stages + rest), c.expected) << c.name;
  }
  EXPECT_EQ(codes_of_stages(
                "  - match:\n      selector: '{job=\"app\"} |= \"x\"'\n      stages:\n"
                "      - drop: {expression: ''}\n      - decolorize: {}\n  - decolorize: {}\n"),
            Codes{"10:9 unreachable-stage"});
  EXPECT_EQ(codes_of_stages("  - decolorize: {}\n  - drop: {expression: .*}\n"), Codes{});
}

TEST_F(LintTest, a_line_of_several_may_escape_a_drop_that_is_anchored) {
  const std::string drop = "  - drop: {expression: '^.*$'}\n  - decolorize: {}\n";
  EXPECT_EQ(codes_of_stages(drop), Codes{"7:5 unreachable-stage"});
  EXPECT_EQ(codes_of_stages("  - multiline: {firstline: x}\n" + drop), Codes{});
}

TEST_F(LintTest, selectors_that_select_nothing_are_told) {
  const auto match = [](const char* selector) {
    return fmt::format("  - match: {{selector: '{}', stages: [decolorize: {{}}]}}\n", selector);
  };
  const Codes told{"6:23 selector-never-matches"};
  EXPECT_EQ(codes_of_stages(match("{level=\"error\"}")), told);
  EXPECT_EQ(codes_of_stages(match("{job=\"other\"}")), told);
  EXPECT_EQ(codes_of_stages(match("{job!=\"app\"}")), told);
  EXPECT_EQ(codes_of_stages(match("{job=~\"ap\"}")), told);
  EXPECT_EQ(codes_of_stages(match("{job!~\"a.*\"}")), told);
  EXPECT_EQ(codes_of_stages(match("{job=\"app\", x=\"y\"}")), told);
  EXPECT_EQ(codes_of_stages(match("{job=\"app\"}")), Codes{});
  EXPECT_EQ(codes_of_stages(match("{job=\"app\", x=\"\"}")), Codes{});
  EXPECT_EQ(codes_of_stages(match("{job=~\"a.+\"}")), Codes{});
  EXPECT_EQ(codes_of_stages(match("{filename=~\".*gz\"}")), Codes{});
}

TEST_F(LintTest, what_stages_do_to_labels_counts_for_selectors) {
  const std::string match = "  - match: {selector: '{l=\"x\"}', stages: [decolorize: {}]}\n";
  const Codes told{"7:23 selector-never-matches"};
  const auto behind = [&](const std::string& stage) { return codes_of_stages(stage + match); };
  EXPECT_EQ(behind("  - static_labels: {l: x}\n"), Codes{});
  EXPECT_EQ(behind("  - static_labels: {l: other}\n"), told);
  EXPECT_EQ(behind("  - labels: {l: job}\n"), Codes{});
  EXPECT_EQ(behind("  - labels: {k: job}\n"), told);
  EXPECT_EQ(
      behind("  - match: {selector: '{job=\"app\"} |= \"z\"', stages: [static_labels: {l: x}]}\n"),
      Codes{});
  EXPECT_EQ(codes_of_stages("  - static_labels: {l: x}\n  - labeldrop: [l]\n" + match),
            Codes{"8:23 selector-never-matches"});
  EXPECT_EQ(codes_of_stages("  - static_labels: {l: x}\n  - labelallow: [job]\n" + match),
            Codes{"8:23 selector-never-matches"});
  EXPECT_EQ(
      codes_of_stages("  - cri: {}\n  - match: {selector: '{stream=\"x\"}', stages: [cri: {}]}\n"),
      Codes{});
}

TEST_F(LintTest, a_message_says_what_the_label_can_be) {
  targets_.push_back({"app", "/log/b", {{"job", "b"}}, {"/log/a"}});
  targets_.push_back({"app", "/log/c", {}, {"/log/a"}});
  const auto found = diagnose(std::string(kHead) +
                              "  - match: {selector: '{job=\"c\"}', stages: [decolorize: {}]}\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].message,
            "the selector matches nothing: job=\"c\", and here the label \"job\" can only be: not "
            "set, \"app\", \"b\"");
}

TEST_F(LintTest, nothing_is_certain_of_a_job_without_targets) {
  targets_.clear();
  EXPECT_EQ(codes_of_stages("  - match: {selector: '{x=\"y\"}', stages: [decolorize: {}]}\n"
                            "  - labels: {z: }\n"),
            Codes{});
}

TEST_F(LintTest, patterns_without_a_file_and_files_that_cannot_be_read_are_told) {
  const std::string text(kHead.substr(0, kHead.find("  pipeline_stages")));
  EXPECT_EQ(codes(text), Codes{});
  targets_[0].files.clear();
  EXPECT_EQ(codes(text), Codes{"4:50 no-file"});
  files_.append("/log/b", "x");
  targets_[0].files = {"/log/a", "/log/b"};
  files_.fail_on(tailrace::testing::Operation::kOpen, "/log/b", EACCES);
  const auto found = diagnose(text);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].code, "unreadable-log");
  EXPECT_TRUE(found[0].message.starts_with("1 of 2 files of __path__ /log/a cannot be read: "))
      << found[0].message;
}

TEST_F(LintTest, a_file_that_two_jobs_send_alike_is_told_once) {
  files_.append("/log/b", "x");
  const std::string text =
      "clients: [{url: http://a}]\nscrape_configs:\n"
      "- job_name: app\n  static_configs: [{labels: {job: app, __path__: /log/a}}]\n"
      "- job_name: all\n  static_configs: [{labels: {job: app, __path__: /log/*}}]\n";
  targets_[0].files = {"/log/a", "/log/b"};
  targets_.push_back({"all", "/log/*", {{"job", "app"}}, {"/log/a", "/log/b"}});
  EXPECT_EQ(codes(text), Codes{"6:50 read-twice"});
  EXPECT_EQ(codes(text + "  pipeline_stages: [{drop: {expression: .*}}]\n"), Codes{});
  targets_[1].labels["job"] = "all";
  EXPECT_EQ(codes(text), Codes{});
}

TEST_F(LintTest, files_that_the_configuration_names_are_looked_at) {
  files_.append("/etc/there", "x");
  targets_.clear();
  const std::string text =
      "server:\n"
      "  http_tls_config: {cert_file: /etc/there, key_file: /no/key}\n"
      "clients:\n"
      "- url: http://a\n"
      "  basic_auth: {username: u, password_file: /no/password}\n"
      "  tls_config: {ca_file: /no/ca, cert_file: /etc/there, key_file: /etc}\n"
      "- url: http://b\n"
      "  authorization: {credentials_file: /no/token}\n"
      "- url: http://c\n"
      "  oauth2: {client_id: i, client_secret_file: /no/secret, token_url: http://t}\n"
      "- url: http://d\n"
      "  bearer_token_file: /etc/there\n"
      "tailrace: {server: {basic_auth: {username: u, password_file: /no/status}}}\n"
      "scrape_configs: []\n";
  const Codes expected = {"2:54 unreadable-file", "5:44 unreadable-file", "6:25 unreadable-file",
                          "6:66 unreadable-file", "8:37 unreadable-file", "10:46 unreadable-file",
                          "13:62 unreadable-file"};
  EXPECT_EQ(codes(text), expected);
}

}  // namespace
}  // namespace tailrace::debugger
