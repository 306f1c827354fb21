// positions.yaml as Promtail writes it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tailrace::daemon::migrate {

// Our file without what only we read in it: the checks, which say that nobody but us wrote it. For
// us it is then a file that somebody else wrote, which is adopted as it is.
// Errors: kInvalid when `text` is no such file.
Result<std::string> promtail_positions(std::string_view text, std::string_view name);

}  // namespace tailrace::daemon::migrate
