// Reads the configuration, asks the running program, and shows the way of a line.
#include "daemon/why_command.h"

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "base/read_whole.h"
#include "config/dump_config.h"
#include "config/load.h"
#include "daemon/control_socket.h"
#include "daemon/verb_flags.h"
#include "daemon/why_facts.h"
#include "daemon/why_stages.h"
#include "daemon/why_walk.h"
#include "http/local_client.h"

namespace tailrace::daemon {
namespace {

Error wrong_flags(std::string message) {
  return {Error::kInvalid, std::move(message)};
}

// As the daemon names it: absolute, without "." and "..".
std::string clean_path(const std::string& path, const std::string& working_directory) {
  std::string clean = (std::filesystem::path(working_directory) / path).lexically_normal().string();
  if (clean.size() > 1 && clean.back() == '/') clean.pop_back();
  return clean;
}

// Errors: ENOENT and ECONNREFUSED when nobody listens; all others leave open whether it runs.
Result<WhyFacts> ask_program(const WhyOptions& options, const WhyWorldView& world,
                             const config::Config& config, const std::string& path) {
  const std::string socket = options.socket.empty() ? control_socket_path(config) : options.socket;
  if (socket.empty()) {
    return fail(Error::kInvalid, "the configuration switches the control socket off");
  }
  const Result<std::string> answer =
      world.ask(socket, "/tailrace/api/v1/why?path=" + http::LocalClient::escaped(path));
  if (!answer) return fail(answer.error());
  Result<WhyFacts> facts = parse_why_facts(*answer);
  if (!facts) return fail(Error::kInvalid, socket + ": " + facts.error().message);
  if (facts->path != path) {
    return fail(Error::kInvalid, socket + ": the answer says nothing about the file");
  }
  return std::move(*facts);
}

void add_facts(Result<WhyFacts> facts, WhyInput& input) {
  if (facts) {
    input.facts = std::move(*facts);
    return;
  }
  const Error& error = facts.error();
  const bool nobody = error.code == ENOENT || error.code == ECONNREFUSED;
  input.program = nobody ? WhyInput::Program::kStopped : WhyInput::Program::kNotAsked;
  input.no_facts = error.message + "; -socket=PATH names another control socket";
}

std::optional<config::Config> load_config(const WhyOptions& options, const WhyWorldView& world,
                                          const TextOutput& output) {
  const Result<std::string> text =
      read_whole(world.file_system, options.config_file, config::kConfigBytesMax);
  if (!text) {
    output.write(text.error().message + "\n");
    return std::nullopt;
  }
  config::LoadResult loaded =
      options.expand_env
          ? config::load_text_expanding(*text, options.config_file, {}, world.environment)
          : config::load_text(*text, options.config_file, {});
  if (!loaded.config) {
    output.write(config::format_diagnostics(loaded.diagnostics, options.config_file, *text));
  }
  return std::move(loaded.config);
}

}  // namespace

Result<WhyOptions> parse_why_options(std::span<const char* const> arguments) {
  WhyOptions options;
  std::string line;
  std::string offset;
  std::string tenant;
  std::string selector;
  std::string format = "text";
  const auto files =
      parse_verb_flags(arguments, std::vector<VerbFlag>{{"config.file", &options.config_file},
                                                        {"config.expand-env", &options.expand_env},
                                                        {"file", &options.file},
                                                        {"line", &line},
                                                        {"offset", &offset},
                                                        {"tenant", &tenant},
                                                        {"query", &selector},
                                                        {"socket", &options.socket},
                                                        {"format", &format},
                                                        {"help", &options.help},
                                                        {"h", &options.help}});
  if (!files) return fail(files.error());
  if (options.help) return options;
  if (!line.empty()) options.line = line;
  if (!tenant.empty()) options.tenant = tenant;
  if (!selector.empty()) options.selector = selector;
  if (!offset.empty()) {
    std::uint64_t number = 0;
    const char* const end = offset.data() + offset.size();
    const auto parsed = std::from_chars(offset.data(), end, number);
    if (parsed.ec != std::errc{} || parsed.ptr != end) {
      return fail(wrong_flags(fmt::format("-offset is a number of bytes, not \"{}\"", offset)));
    }
    options.offset = number;
  }
  if (format != "text" && format != "json") {
    return fail(wrong_flags(fmt::format("-format is text or json, not \"{}\"", format)));
  }
  if (format == "json") options.format = WhyOptions::Format::kJson;
  if (files->size() + (options.file.empty() ? 0 : 1) > 1) {
    return fail(wrong_flags("one file at a time"));
  }
  if (!files->empty()) options.file = files->front();
  if (options.config_file.empty()) return fail(wrong_flags("-config.file is needed"));
  if (options.file.empty()) return fail(wrong_flags("-file is needed: the file that has the line"));
  if (options.line && options.offset) {
    return fail(wrong_flags("-line and -offset: only one of them"));
  }
  return options;
}

std::string why_help_text() {
  return "tailrace why says why a line of a file is not in Loki.\n\n"
         "Usage: tailrace why -config.file=FILE --file PATH [--line TEXT]\n\n"
         "It follows the line from the file to Loki's answer, asks the running program on its\n"
         "control socket, and stops where the line ends or waits. docs/how-to/why.md explains "
         "it.\n\n"
         "  -config.file=FILE    configuration of the running program\n"
         "  -config.expand-env   replace ${VAR} in it\n"
         "  -file=PATH           the file that has the line\n"
         "  -line=TEXT           the last line that contains TEXT; without: the last line\n"
         "  -offset=N            the line that has byte N\n"
         "  -tenant=NAME         the tenant in which it was looked for\n"
         "  -query=SELECTOR      with what it was looked for, such as '{app=\"x\"}'\n"
         "  -socket=PATH         control socket of the running program\n"
         "  -format=text|json    how the answer is shown\n"
         "  -help                print this text\n\n"
         "Exit status: 0 it was accepted, 1 a cause was found, 2 wrong flags or configuration,\n"
         "3 it is not known.\n";
}

int run_why(const WhyOptions& options, const WhyWorldView& world, const TextOutput& output) {
  const std::optional<config::Config> config = load_config(options, world, output);
  if (!config) return 2;
  if (options.selector) {
    if (const auto valid = selector_means(*options.selector, {{"a", "b"}}, ""); !valid) {
      output.write("-query: " + valid.error().message + "\n");
      return 2;
    }
  }
  Log log = Log::discard(world.clock);
  WhyInput input{.wanted = {.path = clean_path(options.file, world.working_directory),
                            .text = options.line,
                            .offset = options.offset},
                 .config = *config,
                 .config_yaml = config::dump_config(*config),
                 .file_system = world.file_system,
                 .log = log,
                 .now = world.clock.wall_now(),
                 .host_name = world.host_name,
                 .working_directory = world.working_directory,
                 .environment = world.environment,
                 .facts = std::nullopt,
                 .no_facts = {},
                 .program = WhyInput::Program::kStopped,
                 .tenant = options.tenant,
                 .selector = options.selector};
  add_facts(ask_program(options, world, *config, input.wanted.path), input);
  const WhyReport report = walk_why(input);
  output.write(options.format == WhyOptions::Format::kJson ? why_json(report)
                                                           : why_text(report, output.colours));
  return why_exit_status(report);
}

}  // namespace tailrace::daemon
