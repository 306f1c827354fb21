// The verbs of the command line.
#include "daemon/verbs.h"

#include "daemon/diff_command.h"
#include "daemon/health_command.h"
#include "daemon/receive_command.h"
#include "daemon/tap_command.h"
#include "daemon/tap_verb.h"
#include "daemon/test_command.h"
#include "daemon/try_command.h"
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

struct Verb {
  std::string_view name;
  int (*run)(Arguments, const VerbWorld&);
};

constexpr Verb kVerbs[] = {{"diff", diff}, {"health", health}, {"receive", receive}, {"tap", tap},
                           {"test", test}, {"try", try_lines}, {"why", why}};

}  // namespace

std::optional<int> run_verb(std::span<const char* const> arguments, const VerbWorld& world) {
  if (arguments.empty()) return std::nullopt;
  for (const Verb& verb : kVerbs) {
    if (arguments.front() == verb.name) return verb.run(arguments.subspan(1), world);
  }
  return std::nullopt;
}

}  // namespace tailrace::daemon
