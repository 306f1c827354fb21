// Puts `tailrace why` into a process.
#include "daemon/why_verb.h"

#include <unistd.h>

#include <climits>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/file_system.h"
#include "http/local_client.h"

namespace tailrace::daemon {
namespace {

// As the daemon has it (docs/compatibility.md, file targets).
std::string host_name(const VerbWorld& world) {
  if (const auto name = world.environment("HOSTNAME"); name && !name->empty()) return *name;
  char name[HOST_NAME_MAX + 1] = {};
  return gethostname(name, sizeof name) == 0 ? name : "";
}

Result<std::string> ask(const std::string& socket, const std::string& path) {
  const auto client = http::LocalClient::create(socket);
  if (!client) return fail(client.error());
  auto response = (*client)->get(path);
  if (!response) return fail(response.error());
  if (response->status != 200) return fail(Error::kOther, response->body);
  return std::move(response->body);
}

}  // namespace

int run_why_verb(const WhyOptions& options, const VerbWorld& world) {
  PosixFileSystem file_system;
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::current_path(error);
  return run_why(options,
                 {.clock = world.clock,
                  .file_system = file_system,
                  .host_name = host_name(world),
                  .working_directory = error ? "/" : folder.string(),
                  .environment = world.environment,
                  .ask = ask},
                 world.output);
}

}  // namespace tailrace::daemon
