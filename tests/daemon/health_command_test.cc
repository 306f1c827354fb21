// Whom `tailrace health` asks, and what it makes of the answer.
#include "daemon/health_command.h"

#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/log.h"
#include "http/basic_auth.h"
#include "http/listening_socket.h"
#include "http/microhttpd_server.h"
#include "tests/config/loading.h"
#include "tests/support/certificates.h"
#include "tests/support/http_peer.h"
#include "tests/support/temp_folder.h"

namespace tailrace::daemon {
namespace {

using tailrace::testing::Authority;
using tailrace::testing::http_answer;
using tailrace::testing::HttpPeer;
using tailrace::testing::Identity;
using tailrace::testing::TempFolder;

std::string refused_health(const std::vector<const char*>& arguments) {
  const auto options = parse_health_options(arguments);
  return options ? "" : options.error().message;
}

TEST(HealthOptions, are_three_of_its_own_and_those_of_the_daemon) {
  const auto options = parse_health_options(std::vector<const char*>{
      "-config.file", "a.yaml", "-timeout", "1m", "-config.expand-env", "--of-process=1"});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->line.config_files, std::vector<std::string>{"a.yaml"});
  EXPECT_TRUE(options->line.expand_env);
  EXPECT_EQ(options->timeout, std::chrono::minutes(1));
  EXPECT_EQ(options->process, "1");
  EXPECT_EQ(parse_health_options({})->timeout, std::chrono::seconds(5));
}

TEST(HealthOptions, refuse_what_nobody_knows) {
  EXPECT_EQ(refused_health({"-x=1"}), "flag provided but not defined: -x");
  EXPECT_EQ(refused_health({"-timeout"}), "flag needs an argument: -timeout");
  EXPECT_EQ(refused_health({"-timeout=5"}), "-timeout wants a duration (5s), not \"5\"");
  EXPECT_EQ(refused_health({"-timeout=0s"}), "-timeout wants a duration (5s), not \"0s\"");
  EXPECT_EQ(refused_health({"-of-process=self"}),
            "-of-process wants the number of a process, not \"self\"");
  EXPECT_EQ(refused_health({"ready"}), "tailrace health takes flags only, not \"ready\"");
}

// Joined by blanks; "none": another program.
std::string flags_in(std::string_view command_line) {
  const auto flags = flags_of_process(command_line);
  if (!flags) return "none";
  std::string text;
  for (const std::string& flag : *flags)
    text += (text.empty() ? "" : " ") + flag;
  return text;
}

TEST(FlagsOfProcess, are_behind_the_name_of_the_program) {
  using namespace std::string_view_literals;
  EXPECT_EQ(flags_in("/usr/bin/promtail\0-config.file=/c\0-log.level\0debug\0"sv),
            "-config.file=/c -log.level debug");
  EXPECT_EQ(flags_in("tailrace\0"sv), "");
  EXPECT_EQ(flags_in("/sbin/docker-init\0--\0/usr/bin/tailrace\0-x\0"sv), "-x");
  EXPECT_EQ(flags_in("/sbin/init\0splash\0"sv), "none");
  EXPECT_EQ(flags_in(""), "none");
}

std::string config_with(const std::string& server, const std::string& more = {}) {
  return "clients: [{url: \"http://loki/push\"}]\npositions: {filename: /state/p.yaml}\nserver: {" +
         server + "}\n" + more +
         "\nscrape_configs:\n- job_name: a\n  static_configs: [{labels: {__path__: /a}}]\n";
}

// "socket url auth" of what would be asked.
std::string target_of(const std::string& server, const std::string& more = {}) {
  const auto target = find_health_target(config::valid(config_with(server, more)));
  if (!target) return target.error().message;
  return target->socket + " " + target->url + " " + target->basic_auth;
}

TEST(HealthTarget, is_the_address_that_the_daemon_listens_on) {
  EXPECT_EQ(target_of(""), " http://127.0.0.1:80/ready ");
  EXPECT_EQ(target_of("http_listen_port: 9080, http_listen_address: 0.0.0.0"),
            " http://127.0.0.1:9080/ready ");
  EXPECT_EQ(target_of("http_listen_address: 10.1.2.3"), " http://10.1.2.3:80/ready ");
  EXPECT_EQ(target_of("http_listen_address: \"::\""), " http://[::1]:80/ready ");
  EXPECT_EQ(target_of("http_listen_address: \"fd00::2\""), " http://[fd00::2]:80/ready ");
  EXPECT_EQ(target_of("http_listen_network: tcp6"), " http://[::1]:80/ready ");
  EXPECT_EQ(target_of("http_path_prefix: logs/"), " http://127.0.0.1:80/logs/ready ");
}

TEST(HealthTarget, is_the_control_socket_where_the_network_is_of_no_use) {
  const std::string socket = "/state/p.yaml.outbox/control.sock http://localhost/ready ";
  EXPECT_EQ(target_of("disable: true"), socket);
  EXPECT_EQ(target_of("http_listen_port: 0"), socket);
  const std::string tls = "http_tls_config: {cert_file: /c, key_file: /k, client_ca_file: /a, ";
  EXPECT_EQ(target_of(tls + "client_auth_type: RequireAndVerifyClientCert}"), socket);
  EXPECT_EQ(target_of(tls + "client_auth_type: VerifyClientCertIfGiven}"),
            " https://127.0.0.1:80/ready ");
  EXPECT_EQ(target_of("disable: true", "tailrace: {control_socket: \"\"}"),
            "server.disable is set, and there is no control socket");
}

TEST(HealthTarget, has_the_password_of_the_pages) {
  const TempFolder folder;
  folder.append("secret", "from the file\n");
  const std::string auth = "tailrace: {server: {basic_auth: {username: me, ";
  EXPECT_EQ(target_of("", auth + "password: word}}}"), " http://127.0.0.1:80/ready me:word");
  EXPECT_EQ(target_of("", auth + "password_file: " + folder.path() + "/secret}}}"),
            " http://127.0.0.1:80/ready me:from the file");
}

class RunHealth : public ::testing::Test {
 protected:
  // The exit status and what is printed.
  std::string health(const std::string& config, std::vector<std::string> flags = {}) {
    std::filesystem::remove(folder_.path() + "/c.yaml");
    folder_.append("c.yaml", config);
    flags.push_back("-config.file=" + folder_.path() + "/c.yaml");
    return health_of(std::move(flags));
  }
  std::string health_of(const std::vector<std::string>& flags) {
    std::vector<const char*> views;
    views.reserve(flags.size());
    for (const std::string& flag : flags)
      views.push_back(flag.c_str());
    const auto options = parse_health_options(views);
    if (!options) return options.error().message;
    std::string printed;
    const int status = run_health(*options,
                                  {.clock = clock_,
                                   .environment = [](std::string_view) { return std::nullopt; },
                                   .proc = folder_.path()},
                                  {[&printed](std::string_view text) { printed += text; }});
    return std::to_string(status) + " " + printed;
  }
  static std::string listening(std::uint16_t port, const std::string& more = {}) {
    return config_with(fmt::format("http_listen_port: {}, http_listen_address: 127.0.0.1{}", port,
                                   more.empty() ? "" : ", " + more));
  }

  SystemClock clock_;
  TempFolder folder_;
};

TEST_F(RunHealth, says_what_ready_says) {
  std::string answer = http_answer("200 OK", "Ready");
  std::string asked;
  const HttpPeer peer([&](const HttpPeer::Received& received) {
    asked = received.request.substr(0, received.request.find('\r'));
    return answer;
  });
  const std::string url = fmt::format("http://127.0.0.1:{}/ready: ", peer.port());
  EXPECT_EQ(health(listening(peer.port())), "0 healthy: " + url + "Ready\n");
  EXPECT_EQ(asked, "GET /ready HTTP/1.1");
  answer = http_answer("500 Internal Server Error", "Not ready: the disk is full\nand more\n");
  EXPECT_EQ(health(listening(peer.port())),
            "1 unhealthy: " + url + "500 Not ready: the disk is full and more\n");
  answer = http_answer("302 Found", "", "Location: /\r\n");
  EXPECT_EQ(health(listening(peer.port())), "1 unhealthy: " + url + "302\n");
}

TEST_F(RunHealth, fails_when_nobody_answers) {
  std::uint16_t port = 0;
  {
    const HttpPeer peer([](const HttpPeer::Received&) { return ""; });
    port = peer.port();
  }
  EXPECT_TRUE(health(listening(port)).starts_with("1 unhealthy: http://127.0.0.1:"));
  EXPECT_EQ(health_of({"-config.file=/nowhere/c.yaml"}),
            "1 unhealthy: /nowhere/c.yaml: No such file or directory\n");
}

TEST_F(RunHealth, ends_when_the_time_is_over) {
  // It takes connections, and nobody answers them.
  const auto silent = http::listen_on(http::Network::kIpv4, "127.0.0.1", 0);
  ASSERT_TRUE(silent) << silent.error().message;
  const std::string said = health(listening(http::port_of_socket(*silent)), {"-timeout=100ms"});
  EXPECT_TRUE(said.starts_with("1 unhealthy: http://127.0.0.1:")) << said;
  EXPECT_NE(said.find("timed out after"), std::string::npos) << said;
  close(*silent);
}

TEST_F(RunHealth, goes_through_tls_and_password) {
  const Authority authority("authority");
  const Identity identity = authority.issue("logs.example", "DNS:logs.example");
  auto guarded = http::with_basic_auth(
      {.username = "me", .password = "word", .password_file = {}}, [](const http::ServerRequest&) {
        return http::ServerResponse{.body = "Ready", .headers = {}};
      });
  ASSERT_TRUE(guarded);
  http::MicrohttpdServer::Options options;
  options.address = "127.0.0.1";
  options.tls.cert = identity.certificate;
  options.tls.key = identity.key;
  const auto server = http::MicrohttpdServer::create(options, std::move(guarded->handler));
  ASSERT_TRUE(server) << server.error().message;
  const std::string base =
      listening((*server)->port(), "http_tls_config: {cert_file: /c, key_file: /k}");
  const std::string auth = "tailrace: {server: {basic_auth: {username: me, password: ";
  const std::string url = fmt::format("https://127.0.0.1:{}/ready: ", (*server)->port());
  EXPECT_EQ(health(auth + "word}}}\n" + base), "0 healthy: " + url + "Ready\n");
  EXPECT_TRUE(health(auth + "wrong}}}\n" + base).starts_with("1 unhealthy: " + url + "401"));
}

TEST_F(RunHealth, asks_over_the_control_socket_when_there_is_no_page) {
  http::MicrohttpdServer::Options options;
  options.local_socket = folder_.path() + "/control.sock";
  const auto server =
      http::MicrohttpdServer::create(options, [](const http::ServerRequest& request) {
        return http::ServerResponse{
            .status = request.path == "/p/ready" ? 200 : 404, .body = "Ready", .headers = {}};
      });
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_EQ(health("tailrace: {control_socket: " + options.local_socket + "}\n" +
                   config_with("disable: true, http_path_prefix: /p")),
            "0 healthy: " + options.local_socket + ": Ready\n");
}

TEST_F(RunHealth, takes_the_flags_of_a_process_that_is_ours) {
  const HttpPeer peer([](const HttpPeer::Received&) { return http_answer("200 OK", "Ready"); });
  const std::string url = fmt::format("http://127.0.0.1:{}/ready: ", peer.port());
  folder_.append("other.yaml", listening(peer.port()));
  std::filesystem::create_directories(folder_.path() + "/1");
  std::filesystem::create_directories(folder_.path() + "/2");
  std::string line = "/usr/bin/promtail";
  line += '\0';
  line += "-config.file=" + folder_.path() + "/other.yaml";
  line += '\0';
  folder_.append("1/cmdline", line);
  folder_.append("2/cmdline", "/sbin/init");
  EXPECT_EQ(health_of({"-of-process=1", "-config.file=/nowhere"}), "0 healthy: " + url + "Ready\n");
  const std::string given = "1 unhealthy: /nowhere: No such file or directory\n";
  EXPECT_EQ(health_of({"-of-process=2", "-config.file=/nowhere"}), given);
  EXPECT_EQ(health_of({"-of-process=3", "-config.file=/nowhere"}), given);
}

TEST_F(RunHealth, reads_what_it_needs_of_a_file_that_has_become_wrong) {
  const HttpPeer peer([](const HttpPeer::Received&) { return http_answer("200 OK", "Ready"); });
  EXPECT_TRUE(health(listening(peer.port()) + "nonsense: 1\n").starts_with("0 healthy: "));
}

}  // namespace
}  // namespace tailrace::daemon
