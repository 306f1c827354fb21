// What is found of an installed Promtail, what is said about it, and what is planned.
#include "daemon/migrate/migrate_command.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/migrate/move_plan.h"
#include "tests/daemon/migrate/fake_machine.h"

namespace tailrace::daemon::migrate {
namespace {

constexpr const char* kUnit =
    "[Service]\nType=simple\nUser=promtail\nExecStart=/usr/bin/promtail "
    "-config.file /etc/promtail/config.yml -config.expand-env=true $EXTRA\n"
    "EnvironmentFile=-/etc/default/promtail\nMemoryMax=100M\nSupplementaryGroups=docker\n";
constexpr const char* kOurUnit =
    "[Service]\nUser=tailrace\nEnvironment=TAILRACE_CONFIG=/etc/tailrace/config.yml\n"
    "ExecStart=/usr/bin/tailrace -config.file=${TAILRACE_CONFIG} $TAILRACE_ARGS\n"
    "ExecReload=/usr/bin/tailrace -config.file=${TAILRACE_CONFIG} $TAILRACE_ARGS -check-syntax\n"
    "ExecReload=/bin/kill -HUP $MAINPID\n";
constexpr const char* kPromtailConfig =
    "server: {http_listen_port: ${PORT}, grpc_listen_port: 0}\n"
    "positions: {filename: /var/lib/promtail/positions.yaml}\n"
    "clients: [{url: \"http://loki/push\"}]\n"
    "scrape_configs:\n- job_name: app\n"
    "  static_configs: [{labels: {app: x, __path__: \"/logs/*.log\"}}]\n"
    "- job_name: web\n  syslog: {listen_address: \"0.0.0.0:514\"}\n";

class MigrateRun : public ::testing::Test {
 protected:
  MigrateRun() {
    files_.append("/etc/systemd/system/promtail.service", kUnit);
    files_.append("/lib/systemd/system/tailrace.service", kOurUnit);
    files_.append("/etc/default/promtail", "PORT=9080\nEXTRA=-server.grpc-listen-port=0\n");
    files_.append("/etc/promtail/config.yml", kPromtailConfig);
    files_.append("/etc/passwd", "promtail:x:101:102::/:/x\ntailrace:x:103:104::/:/x\n");
    files_.append("/etc/group", "promtail:x:102:\nadm:x:4:syslog,promtail\nsudo:x:27:me\n");
    files_.append("/var/lib/promtail/positions.yaml",
                  "positions:\n  /logs/a.log: \"3\"\n  /logs/gone.log: \"3\"\n"
                  "  /other/b.txt: \"1\"\n");
    files_.append("/logs/a.log", "1\n");
    files_.append("/other/b.txt", "1\n");
    machine_.services["promtail.service"] = {.active = true, .enabled = true};
    machine_.owners["/var/lib/promtail/positions.yaml"] = {101, 102, 0640};
  }

  int run(std::vector<const char*> arguments) {
    const auto options = parse_migrate_options(arguments);
    EXPECT_TRUE(options) << options.error().message;
    said_.clear();
    return run_migrate(*options, {.clock = clock_,
                                  .file_system = files_,
                                  .machine = machine_,
                                  .output = {[this](std::string_view text) { said_ += text; }},
                                  .errors = {[this](std::string_view text) { said_ += text; }},
                                  .host_name = "here",
                                  .program = "/usr/bin/tailrace",
                                  .environment = [](std::string_view) { return std::nullopt; }});
  }
  void expect_said(const std::string& text) {
    EXPECT_NE(said_.find(text), std::string::npos) << text << "\n in\n" << said_;
  }

  tailrace::testing::FakeClock clock_;
  tailrace::testing::MemoryFileSystem files_{clock_};
  FakeMachine machine_{clock_, files_};
  std::string said_;
};

TEST_F(MigrateRun, says_what_is_there_and_what_will_differ) {
  EXPECT_EQ(run({}), 0);
  for (const char* text :
       {"/etc/systemd/system/promtail.service", "-/etc/default/promtail", "user           promtail",
        "/var/lib/promtail/positions.yaml (3 positions)", "Valid config file!",
        "flags without effect: -server.grpc-listen-port", "not taken over: MemoryMax=100M",
        "it runs as the user tailrace, not as promtail",
        "job web (syslog) listen on 0.0.0.0:514: a port below 1024 needs CAP_NET_BIND_SERVICE",
        "status pages listen on :9080", "positions of files that are not there: /logs/gone.log",
        "positions of files that no job follows: /other/b.txt",
        "positions beyond the end of their files (truncated, or compressed): /logs/a.log",
        "kept in /var/lib/tailrace/positions.yaml", "4. copy the positions", "Nothing was changed"})
    expect_said(text);
  EXPECT_FALSE(files_.stat("/var/lib/tailrace"));
}

TEST_F(MigrateRun, gives_the_unit_what_promtail_was_started_with) {
  machine_.answers["/ready"] = "Ready";
  EXPECT_EQ(run({"-apply"}), 0) << said_;
  EXPECT_EQ(files_.content("/etc/systemd/system/tailrace.service.d/50-from-promtail.conf"),
            "# Written by tailrace migrate: what /etc/systemd/system/promtail.service is started "
            "with.\n# tailrace migrate --undo removes this file.\n[Service]\n"
            "EnvironmentFile=-/etc/default/promtail\n"
            "SupplementaryGroups=adm docker promtail\n"
            "CapabilityBoundingSet=CAP_NET_BIND_SERVICE\n"
            "AmbientCapabilities=CAP_NET_BIND_SERVICE\n"
            "ExecStart=\nExecStart=/usr/bin/tailrace -config.file /etc/promtail/config.yml "
            "-config.expand-env=true $EXTRA $TAILRACE_ARGS "
            "-positions.file=/var/lib/tailrace/positions.yaml\n"
            "ExecReload=\nExecReload=/usr/bin/tailrace -config.file /etc/promtail/config.yml "
            "-config.expand-env=true $EXTRA $TAILRACE_ARGS -check-syntax "
            "-positions.file=/var/lib/tailrace/positions.yaml\n"
            "ExecReload=/bin/kill -HUP $MAINPID\n");
  const auto journal = parse_journal(*files_.content("/var/lib/tailrace/migration.json"));
  ASSERT_TRUE(journal);
  EXPECT_EQ(journal->plan.owner, (FileOwner{103, 104, 0600}));
  EXPECT_EQ(journal->plan.promtail_owner, (FileOwner{101, 102, 0640}));
  EXPECT_EQ(run({"-apply"}), 1);
  expect_said("done already");
  run({});
  expect_said("The move is done already; -undo goes back.");
  EXPECT_EQ(run({"-undo"}), 0) << said_;
  EXPECT_EQ(run({"-undo"}), 1);
  expect_said("no move to undo");
}

TEST_F(MigrateRun, refuses_a_record_that_others_may_have_written) {
  machine_.answers["/ready"] = "Ready";
  EXPECT_EQ(run({"-apply"}), 0) << said_;
  machine_.owners["/var/lib/tailrace/migration.json"] = {103, 104, 0600};
  EXPECT_EQ(run({"-undo"}), 1);
  expect_said("could have been written by somebody else");
}

TEST_F(MigrateRun, says_what_stands_in_the_way) {
  const std::vector<std::pair<std::function<void()>, std::string>> cases{
      {[this] { files_.overwrite("/etc/promtail/config.yml", "clients: 5\n"); }, "config.yml:1"},
      {[this] { EXPECT_TRUE(files_.remove("/etc/promtail/config.yml")); },
       "What stands in the way"},
      {[this] { files_.overwrite("/var/lib/promtail/positions.yaml", "positions: [1]\n"); },
       "Promtail's positions: "},
      {[this] { files_.overwrite("/etc/default/promtail", "PORT=1\nEXTRA=word\n"); },
       "a word that is no flag"},
      {[this] { files_.overwrite("/etc/default/promtail", "PORT=1\nEXTRA=-no.such.flag\n"); },
       "not defined: -no.such.flag"},
      {[this] { EXPECT_TRUE(files_.remove("/lib/systemd/system/tailrace.service")); },
       "there is no unit tailrace.service"},
      {[this] { EXPECT_TRUE(files_.remove("/etc/systemd/system/promtail.service")); },
       "-unit=NAME or -config=FILE"},
  };
  for (const auto& [change, text] : cases) {
    const auto was = [this](const char* path) { return files_.content(path).value_or(""); };
    const std::vector<const char*> paths{
        "/etc/promtail/config.yml", "/etc/default/promtail", "/var/lib/promtail/positions.yaml",
        "/lib/systemd/system/tailrace.service", "/etc/systemd/system/promtail.service"};
    std::vector<std::string> before;
    for (const char* path : paths)
      before.push_back(was(path));
    change();
    EXPECT_EQ(run({"-apply"}), 1) << text;
    expect_said(text);
    EXPECT_TRUE(machine_.services["promtail.service"].active);
    for (std::size_t i = 0; i < paths.size(); ++i)
      files_.overwrite(paths[i], before[i]);
  }
}

TEST_F(MigrateRun, finds_positions_in_the_private_folder_of_the_unit) {
  files_.append("/etc/systemd/system/promtail.service.d/x.conf", "[Service]\nPrivateTmp=true\n");
  files_.overwrite("/etc/promtail/config.yml",
                   "positions: {filename: /tmp/positions.yaml}\nclients: [{url: \"http://x/p\"}]\n"
                   "server: {http_listen_port: 9080}\nscrape_configs:\n- job_name: app\n"
                   "  static_configs: [{labels: {__path__: /logs/a.log}}]\n");
  const std::string place = "/tmp/systemd-private-12-promtail.service-ab/tmp/positions.yaml";
  files_.append(place, "positions: {}\n");
  EXPECT_EQ(run({}), 0);
  expect_said(place + " (0 positions)");
  expect_said("goes when Promtail stops");
}

TEST(MigrateOptions, are_checked) {
  const std::vector<std::pair<std::vector<const char*>, const char*>> cases{
      {{"-apply", "-undo"}, "only one of them"}, {{"--rehearse", "--apply"}, "only one of them"},
      {{"word"}, "what is \"word\"?"},           {{"-drain=soon"}, "not like 30s"},
      {{"-time=-1s"}, "not like 30s"},           {{"-nonsense"}, "not defined: -nonsense"},
  };
  for (const auto& [arguments, message] : cases) {
    const auto options = parse_migrate_options(arguments);
    ASSERT_FALSE(options) << message;
    EXPECT_NE(options.error().message.find(message), std::string::npos) << options.error().message;
  }
  const auto options = parse_migrate_options(
      std::vector<const char*>{"--undo", "-drain=1m", "-unit", "logs", "-root=/r/", "-link"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->action, MigrateOptions::Action::kUndo);
  EXPECT_EQ(options->drain, std::chrono::seconds(60));
  EXPECT_EQ(options->unit, "logs.service");
  EXPECT_EQ(options->root, "/r");
  EXPECT_EQ(options->link, WantLink::kYes);
}

}  // namespace
}  // namespace tailrace::daemon::migrate
