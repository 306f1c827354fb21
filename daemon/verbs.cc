// The verbs of the command line.
#include "daemon/verbs.h"

#include <string>
#include <vector>

#include "daemon/command_line.h"
#include "daemon/completion.h"
#include "daemon/diff_command.h"
#include "daemon/health_command.h"
#include "daemon/migrate/migrate_command.h"
#include "daemon/migrate/migrate_verb.h"
#include "daemon/receive_command.h"
#include "daemon/tap_command.h"
#include "daemon/tap_verb.h"
#include "daemon/test_command.h"
#include "daemon/try_command.h"
#include "daemon/verb_flags.h"
#include "daemon/why_command.h"
#include "daemon/why_verb.h"

namespace tailrace::daemon {
namespace {

using Arguments = std::span<const char* const>;

// What all verbs do alike: flags, -help, then their work.
template <typename Parse, typename Help, typename Run>
int begin_verb(Arguments arguments, const VerbWorld& world, Parse parse, Help help, Run run) {
  auto options = parse(arguments);
  if (!options) {
    world.errors.write(options.error().message + "\nRun with -help for the list of flags.\n");
    return 2;
  }
  if (options->help) {
    world.output.write(help());
    return 0;
  }
  return run(*options);
}

int receive(Arguments arguments, const VerbWorld& world) {
  return begin_verb(
      arguments, world, parse_receive_options, receive_help_text, [&](ReceiveOptions& options) {
        using Output = ReceiveOptions::Output;
        if (options.output == Output::kText && world.output.colours == TextOutput::Colours::kAnsi) {
          options.output = Output::kColour;
        }
        return run_receive(options);
      });
}

int test(Arguments arguments, const VerbWorld& world) {
  return begin_verb(arguments, world, parse_test_options, test_help_text,
                    [&](const TestOptions& options) {
                      return run_tests(options, world.output, world.environment);
                    });
}

int try_lines(Arguments arguments, const VerbWorld& world) {
  return begin_verb(
      arguments, world, parse_try_options, try_help_text, [&](const TryOptions& options) {
        return run_try(options, world.clock, {world.output, world.errors}, world.environment);
      });
}

int diff(Arguments arguments, const VerbWorld& world) {
  return begin_verb(
      arguments, world, parse_diff_options, diff_help_text, [&](const DiffOptions& options) {
        return run_diff(options, world.clock, {world.output, world.errors}, world.environment);
      });
}

int tap(Arguments arguments, const VerbWorld& world) {
  return begin_verb(arguments, world, parse_tap_options, tap_help_text,
                    [&](const TapOptions& options) { return run_tap_verb(options, world); });
}

int why(Arguments arguments, const VerbWorld& world) {
  return begin_verb(arguments, world, parse_why_options, why_help_text,
                    [&](const WhyOptions& options) { return run_why_verb(options, world); });
}

int health(Arguments arguments, const VerbWorld& world) {
  return begin_verb(
      arguments, world, parse_health_options, health_help_text, [&](const HealthOptions& options) {
        return run_health(options, {.clock = world.clock, .environment = world.environment},
                          world.output);
      });
}

int move(Arguments arguments, const VerbWorld& world) {
  return begin_verb(arguments, world, migrate::parse_migrate_options, migrate::migrate_help_text,
                    [&](const migrate::MigrateOptions& options) {
                      return migrate::run_migrate_verb(options, world);
                    });
}

int completion(Arguments arguments, const VerbWorld& world);

struct Verb {
  std::string_view name;
  int (*run)(Arguments, const VerbWorld&);
  std::string (*help)();
};

// A verb is completed in shells and stands in the manual page as soon as it stands here.
constexpr Verb kVerbs[] = {{"completion", completion, completion_help_text},
                           {"diff", diff, diff_help_text},
                           {"health", health, health_help_text},
                           {"migrate", move, migrate::migrate_help_text},
                           {"receive", receive, receive_help_text},
                           {"tap", tap, tap_help_text},
                           {"test", test, test_help_text},
                           {"try", try_lines, try_help_text},
                           {"why", why, why_help_text}};

struct CompletionOptions {
  std::string shell;
  bool help = false;
};

Result<CompletionOptions> parse_completion_options(Arguments arguments) {
  CompletionOptions options;
  const auto rest = parse_verb_flags(
      arguments, std::vector<VerbFlag>{{"help", &options.help}, {"h", &options.help}});
  if (!rest) return fail(rest.error());
  if (options.help) return options;
  if (rest->size() != 1) return fail(Error::kInvalid, "one shell is needed: bash, zsh or fish");
  options.shell = rest->front();
  return options;
}

int completion(Arguments arguments, const VerbWorld& world) {
  return begin_verb(arguments, world, parse_completion_options, completion_help_text,
                    [&](const CompletionOptions& options) {
                      std::vector<VerbHelp> verbs{{"", help_text()}};
                      for (const Verb& verb : kVerbs)
                        verbs.push_back({verb.name, verb.help()});
                      const auto script = completion_script(options.shell, verbs);
                      if (script) {
                        world.output.write(*script);
                        return 0;
                      }
                      world.errors.write(script.error().message + "\n");
                      return 2;
                    });
}

}  // namespace

std::optional<int> run_verb(std::span<const char* const> arguments, const VerbWorld& world) {
  if (arguments.empty()) return std::nullopt;
  for (const Verb& verb : kVerbs) {
    if (arguments.front() == verb.name) return verb.run(arguments.subspan(1), world);
  }
  return std::nullopt;
}

}  // namespace tailrace::daemon
