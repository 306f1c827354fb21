// `tailrace tap` in its surroundings: where the daemon's socket is, and the signals that end it.
#include "daemon/tap_verb.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "base/event_loop.h"
#include "config/load.h"
#include "daemon/control_socket.h"
#include "daemon/verb_files.h"
#include "http/local_client.h"

namespace tailrace::daemon {
namespace {

// The daemon's configuration, as the daemon reads it.
Result<config::Config> load_config(const TapOptions& options, const VerbWorld& world) {
  if (options.config_file.empty()) return config::Config{};
  const auto text = read_whole_file(options.config_file);
  if (!text) return fail(text.error());
  config::LoadResult loaded =
      options.expand_env ? config::load_text_expanding(*text, options.config_file,
                                                       config::Overrides{}, world.environment)
                         : config::load_text(*text, options.config_file, config::Overrides{});
  if (loaded.config) return std::move(*loaded.config);
  return fail(Error::kInvalid,
              config::format_diagnostics(loaded.diagnostics, options.config_file, *text));
}

Result<std::string> find_socket(const TapOptions& options, const VerbWorld& world) {
  if (!options.socket.empty()) return options.socket;
  const auto config = load_config(options, world);
  if (!config) return fail(config.error());
  std::string path = control_socket_path(*config);
  if (path.empty()) {
    return fail(Error::kInvalid, "The control socket is switched off in the configuration.\n");
  }
  return path;
}

}  // namespace

int run_tap_verb(const TapOptions& options, const VerbWorld& world) {
  std::signal(SIGPIPE, SIG_DFL);  // Nothing is lost when nobody reads any more.
  const auto socket = find_socket(options, world);
  if (!socket) {
    world.errors.write(socket.error().message);
    return 1;
  }
  const auto client = http::LocalClient::create(*socket);
  const auto loop = EventLoop::create();
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP})
    sigaddset(&signals, signal);
  const int descriptor = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  bool interrupted = false;
  if (!client || !loop || descriptor < 0 ||
      !(*loop)->watch(descriptor, {.readable = true, .writable = false},
                      [&interrupted](bool, bool) { interrupted = true; })) {
    world.errors.write("the tap cannot be set up\n");
    return 1;
  }
  const std::string id = "tap-" + std::to_string(getpid()) + "-" +
                         std::to_string(unix_nanoseconds(world.clock.wall_now()));
  const int status = run_tap(options, **client,
                             {.clock = world.clock,
                              .loop = **loop,
                              .interrupted = [&interrupted] { return interrupted; },
                              .output = world.output,
                              .errors = world.errors,
                              .id = id});
  (*loop)->unwatch(descriptor);
  close(descriptor);
  return status;
}

}  // namespace tailrace::daemon
