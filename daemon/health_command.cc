// `tailrace health`: one GET of /ready, of the address that the configuration says.
#include "daemon/health_command.h"

#include <algorithm>
#include <cctype>
#include <memory>
#include <utility>

#include "base/event_loop.h"
#include "base/file_system.h"
#include "config/go_duration.h"
#include "config/load.h"
#include "daemon/control_socket.h"
#include "daemon/verb_files.h"
#include "http/curl_transport.h"
#include "http/page_path.h"
#include "http/secret_file.h"

namespace tailrace::daemon {
namespace {

constexpr std::size_t kShownBytesMax = 500;  // Of what /ready says.

Error cannot_tell(std::string message) {
  return {Error::kInvalid, std::move(message)};
}

// Flags of this verb alone.
bool is_own_flag(std::string_view name) {
  return name == "timeout" || name == "of-process" || name == "help" || name == "h";
}

Status set_own_flag(HealthOptions& options, std::string_view name, const std::string& value) {
  if (name == "timeout") {
    const auto timeout = config::parse_go_duration(value);
    if (!timeout || timeout->count() <= 0) {
      return fail(cannot_tell("-timeout wants a duration (5s), not \"" + value + "\""));
    }
    options.timeout = *timeout;
    return {};
  }
  const auto digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  if (value.empty() || !std::all_of(value.begin(), value.end(), digit)) {
    return fail(cannot_tell("-of-process wants the number of a process, not \"" + value + "\""));
  }
  options.process = value;
  return {};
}

std::vector<const char*> pointers(const std::vector<std::string>& arguments) {
  std::vector<const char*> result;
  result.reserve(arguments.size());
  for (const std::string& argument : arguments)
    result.push_back(argument.c_str());
  return result;
}

// The daemon's flags: those of the process that was named if it is one of ours, else those given.
Result<CommandLine> find_command_line(const HealthOptions& options, const HealthWorld& world) {
  if (options.process.empty()) return options.line;
  const auto text = read_whole_file(world.proc + "/" + options.process + "/cmdline");
  if (!text) return options.line;
  const auto flags = flags_of_process(*text);
  return flags ? parse_command_line(pointers(*flags)) : options.line;
}

// As main() reads it, but of a file with errors what can be read: the daemon runs on with what it
// began with, and where its pages are does not change with a reload.
Result<config::Config> load_config(const CommandLine& line, const HealthWorld& world) {
  std::string name;
  std::string text;
  std::string trouble;
  for (const std::string& file : line.config_files) {
    auto content = read_whole_file(file);
    if (content) {
      name = file;
      text = std::move(*content);
      trouble.clear();
      break;
    }
    trouble = content.error().message;
  }
  if (!trouble.empty()) {
    trouble.erase(trouble.find_last_not_of('\n') + 1);
    return fail(cannot_tell(trouble));
  }
  config::LoadResult loaded =
      line.expand_env ? config::load_text_expanding(text, name, line.overrides, world.environment)
                      : config::load_text(text, name, line.overrides);
  if (loaded.config) return std::move(*loaded.config);
  if (loaded.despite_errors) return std::move(*loaded.despite_errors);
  return fail(cannot_tell(name + ": the configuration cannot be read"));
}

bool wants_client_certificate(const config::ServerConfig& server) {
  return server.http_tls.enabled() && server.http_tls.client_auth_type.starts_with("Require");
}

// Who listens on every address listens on loopback.
std::string host_of(const config::ServerConfig& server) {
  const std::string& address = server.http_listen_address;
  if (address == "::" || (address.empty() && server.http_listen_network == "tcp6")) return "[::1]";
  if (address.empty() || address == "0.0.0.0") return "127.0.0.1";
  return address.find(':') == std::string::npos ? address : "[" + address + "]";
}

Result<std::string> password_of(const config::ServerBasicAuthConfig& auth) {
  if (auth.password_file.empty()) return auth.password;
  PosixFileSystem file_system;
  return http::SecretFile(file_system, auth.password_file).read();
}

Result<http::Response> ask(const HealthTarget& target, std::chrono::nanoseconds timeout,
                           const Clock& clock) {
  auto loop = EventLoop::create();
  if (!loop) return fail(loop.error());
  auto transport = http::CurlTransport::create(**loop, clock);
  if (!transport) return fail(transport.error());
  http::EndpointOptions options;
  // Whom we ask is this machine's, by its address: no certificate says that.
  options.tls.insecure_skip_verify = true;
  options.follow_redirects = false;
  options.unix_socket = target.socket;
  const int endpoint = (*transport)->add_endpoint(options);
  http::Request request;
  request.method = "GET";
  request.url = target.url;
  request.timeout = timeout;
  request.basic_auth = target.basic_auth;
  (*transport)->submit(endpoint, 1, request);
  while (true) {
    std::vector<http::Completion> done = (*transport)->take_completions(endpoint);
    if (!done.empty()) return std::move(done.front().response);
    if (Status waited = (*loop)->wait(clock, (*transport)->next_deadline()); !waited) {
      return fail(waited.error());
    }
  }
}

std::string one_line(std::string text) {
  if (text.size() > kShownBytesMax) text = text.substr(0, kShownBytesMax) + "...";
  text.erase(text.find_last_not_of("\r\n ") + 1);
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' '; }, ' ');
  return text;
}

Result<http::Response> ask_daemon(const HealthOptions& options, const HealthWorld& world,
                                  std::string& asked) {
  const auto line = find_command_line(options, world);
  if (!line) return fail(line.error());
  const auto config = load_config(*line, world);
  if (!config) return fail(config.error());
  const auto target = find_health_target(*config);
  if (!target) return fail(target.error());
  asked = target->socket.empty() ? target->url : target->socket;
  return ask(*target, options.timeout, world.clock);
}

}  // namespace

Result<HealthOptions> parse_health_options(std::span<const char* const> arguments) {
  HealthOptions options;
  std::vector<const char*> others;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view text = arguments[i];
    if (!text.starts_with('-')) {
      return fail(
          cannot_tell("tailrace health takes flags only, not \"" + std::string(text) + "\""));
    }
    text.remove_prefix(text.starts_with("--") ? 2 : 1);
    const std::size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    if (!is_own_flag(name)) {
      others.push_back(arguments[i]);
      // A value that stands by itself.
      if (equals == std::string_view::npos && i + 1 < arguments.size() &&
          *arguments[i + 1] != '-') {
        others.push_back(arguments[++i]);
      }
      continue;
    }
    if (name == "help" || name == "h") {
      options.help = true;
      continue;
    }
    if (equals == std::string_view::npos && i + 1 == arguments.size()) {
      return fail(cannot_tell("flag needs an argument: -" + std::string(name)));
    }
    const std::string value(equals == std::string_view::npos ? arguments[++i]
                                                             : text.substr(equals + 1));
    if (Status set = set_own_flag(options, name, value); !set) return fail(set.error());
  }
  auto line = parse_command_line(others);
  if (!line) return fail(line.error());
  options.line = std::move(*line);
  return options;
}

std::string health_help_text() {
  return "tailrace health asks the running tailrace on this machine whether it is ready.\n\n"
         "Usage: tailrace health [flags] [flags of the daemon]\n\n"
         "The daemon's flags (-config.file, -config.expand-env, -server.http-listen-port ...) say\n"
         "which configuration it runs with, and that says address, port, TLS and password.\n\n"
         "  -of-process=N   take the flags of process N instead, if it is a tailrace: in a\n"
         "                  container -of-process=1\n"
         "  -timeout=TIME   how long the answer may take (5s)\n"
         "  -help           print this text\n\n"
         "It prints one line. Exit status: 0 ready; 1 not ready, or it does not answer; 2 for\n"
         "wrong flags.\n";
}

std::optional<std::vector<std::string>> flags_of_process(std::string_view command_line) {
  std::vector<std::string> arguments;
  while (!command_line.empty()) {
    const std::size_t end = command_line.find('\0');
    arguments.emplace_back(command_line.substr(0, end));
    command_line.remove_prefix(end == std::string_view::npos ? command_line.size() : end + 1);
  }
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const std::string name = argument.substr(argument.rfind('/') + 1);
    if (name == "tailrace" || name == "promtail") {
      return std::vector<std::string>(arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                      arguments.end());
    }
  }
  return std::nullopt;
}

Result<HealthTarget> find_health_target(const config::Config& config) {
  const config::ServerConfig& server = config.server;
  const std::string path = http::normal_prefix(server.http_path_prefix) + "/ready";
  const bool no_port = server.http_listen_port == 0;
  if (server.disable || no_port || wants_client_certificate(server)) {
    std::string socket = control_socket_path(config);
    if (!socket.empty()) {
      return HealthTarget{
          .url = "http://localhost" + path, .socket = std::move(socket), .basic_auth = {}};
    }
    return fail(cannot_tell(
        server.disable ? "server.disable is set, and there is no control socket"
        : no_port      ? "the port is chosen by the system, and there is no control socket"
                       : "a client's certificate is asked for, and there is no control socket"));
  }
  HealthTarget target{.url = (server.http_tls.enabled() ? "https://" : "http://") +
                             host_of(server) + ":" + std::to_string(server.http_listen_port) + path,
                      .socket = {},
                      .basic_auth = {}};
  if (config.tailrace.server_basic_auth) {
    const auto password = password_of(*config.tailrace.server_basic_auth);
    if (!password) return fail(password.error());
    target.basic_auth = config.tailrace.server_basic_auth->username + ":" + *password;
  }
  return target;
}

int run_health(const HealthOptions& options, const HealthWorld& world, const TextOutput& output) {
  std::string asked;
  const auto response = ask_daemon(options, world, asked);
  const std::string where = asked.empty() ? "" : asked + ": ";
  if (!response) {
    output.write("unhealthy: " + where + one_line(response.error().message) + "\n");
    return 1;
  }
  if (response->status == 200) {
    output.write("healthy: " + where + one_line(response->body) + "\n");
    return 0;
  }
  const std::string words = response->status == 0
                                ? response->error
                                : std::to_string(response->status) + " " + response->body;
  output.write("unhealthy: " + where + one_line(words) + "\n");
  return 1;
}

}  // namespace tailrace::daemon
