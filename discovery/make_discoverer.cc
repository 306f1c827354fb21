// Which class finds the targets of which kind of configuration.
#include <utility>
#include <variant>

#include "discovery/discoverer.h"

namespace tailrace::discovery {
namespace {

// A kind that is not built is refused when the configuration is read.
struct Make {
  std::string name;
  const DiscoveryWorld& world;

  template <typename T>
  Result<std::unique_ptr<Discoverer>> operator()(const T& /*config*/) {
    return fail(Error::kInvalid, name + " is not yet supported");
  }
};

}  // namespace

Result<std::unique_ptr<Discoverer>> make_discoverer(const config::DiscoveryConfig& config,
                                                    std::string name, const DiscoveryWorld& world) {
  return std::visit(Make{std::move(name), world}, config);
}

}  // namespace tailrace::discovery
