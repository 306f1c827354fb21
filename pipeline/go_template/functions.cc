// The functions that templates can call: the table.
#include "pipeline/go_template/functions.h"

#include <algorithm>
#include <array>

namespace tailrace::pipeline::go_template {
namespace {

// Secrets, random numbers, the network and versions: not for a pipeline of log lines.
constexpr auto kUnsupported = std::to_array<std::string_view>({
    "call",
    "bcrypt",
    "buildCustomCert",
    "decryptAES",
    "derivePassword",
    "encryptAES",
    "genCA",
    "genCAWithKey",
    "genPrivateKey",
    "genSelfSignedCert",
    "genSelfSignedCertWithKey",
    "genSignedCert",
    "genSignedCertWithKey",
    "getHostByName",
    "htpasswd",
    "randAlpha",
    "randAlphaNum",
    "randAscii",
    "randBytes",
    "randInt",
    "randNumeric",
    "semver",
    "semverCompare",
    "shuffle",
    "uuidv4",
});

}  // namespace

const Function* find_function(std::string_view name) {
  for (const auto& functions : {builtin_functions(), text_functions(), number_functions(),
                                list_functions(), collection_functions(), pattern_functions(),
                                encoding_functions(), path_functions(), time_functions()}) {
    const auto found =
        std::find_if(functions.begin(), functions.end(),
                     [name](const Function& function) { return function.name == name; });
    if (found != functions.end()) return &*found;
  }
  return nullptr;
}

bool is_unsupported_function(std::string_view name) {
  return std::find(kUnsupported.begin(), kUnsupported.end(), name) != kUnsupported.end();
}

}  // namespace tailrace::pipeline::go_template
