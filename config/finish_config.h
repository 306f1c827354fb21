// What is done to a parsed file once the flags are known; internal to config/.
#pragma once

#include "config/overrides.h"
#include "config/parse.h"
#include "config/report.h"

namespace tailrace::config {

// Applies the flags, joins the `client:` block to the clients, and checks the whole.
Config finish_config(ParsedFile file, const Overrides& overrides, Report& report);

}  // namespace tailrace::config
