// The functions that templates can call: the table.
#include "pipeline/go_template/functions.h"

#include <algorithm>
#include <array>

namespace tailrace::pipeline::go_template {
namespace {

// Secrets, random numbers, the network and versions: not for a pipeline of log lines.
constexpr auto kUnsupported = std::to_array<std::string_view>({
    "call",
    "hello",
    "htmlDateInZone",
    "htmlDateInTimezone",
    "mustDateModify",
    "must_date_modify",
    "mustToDate",
    "abbrevboth",
    "randAlphaNum",
    "randAlpha",
    "randAscii",
    "randNumeric",
    "randInt",
    "randBytes",
    "shuffle",
    "wrap",
    "wrapWith",
    "toDecimal",
    "typeIs",
    "typeIsLike",
    "kindIs",
    "getHostByName",
    "osBase",
    "osClean",
    "osDir",
    "osExt",
    "osIsAbs",
    "b32enc",
    "b32dec",
    "mustToJson",
    "mustToPrettyJson",
    "mustToRawJson",
    "mustFromJson",
    "toPrettyJson",
    "toRawJson",
    "mergeOverwrite",
    "mustMerge",
    "mustMergeOverwrite",
    "deepCopy",
    "mustDeepCopy",
    "mustAppend",
    "mustPush",
    "mustPrepend",
    "mustFirst",
    "mustRest",
    "mustLast",
    "mustInitial",
    "mustReverse",
    "mustUniq",
    "mustWithout",
    "mustHas",
    "mustSlice",
    "mustChunk",
    "mustCompact",
    "bcrypt",
    "htpasswd",
    "genPrivateKey",
    "derivePassword",
    "buildCustomCert",
    "genCA",
    "genCAWithKey",
    "genSelfSignedCert",
    "genSelfSignedCertWithKey",
    "genSignedCert",
    "genSignedCertWithKey",
    "encryptAES",
    "decryptAES",
    "uuidv4",
    "semver",
    "semverCompare",
    "urlParse",
    "urlJoin",
    "splitn",
    "mustRegexMatch",
    "mustRegexFindAll",
    "mustRegexFind",
    "mustRegexReplaceAll",
    "mustRegexReplaceAllLiteral",
    "mustRegexSplit",
    "isAbs",
});

}  // namespace

const Function* find_function(std::string_view name) {
  for (const auto& functions :
       {builtin_functions(), text_functions(), number_functions(), collection_functions(),
        pattern_functions(), encoding_functions(), time_functions()}) {
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
