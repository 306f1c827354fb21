// OTLP's ExportLogsServiceRequest in JSON.
#pragma once

#include <string_view>

#include "base/result.h"
#include "receivers/otlp_mapping.h"

namespace tailrace::receivers {

// Numbers of 64 bits may be numbers or text; ids are hex, bytes base64.
// Errors: kInvalid for what is not JSON of this shape; unknown keys are skipped.
Status decode_otlp_json(std::string_view text, std::string_view tenant, OtlpMapping& mapping,
                        PushedLines& lines);

}  // namespace tailrace::receivers
