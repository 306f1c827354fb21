// OTLP's ExportLogsServiceRequest in protobuf.
#pragma once

#include <string_view>

#include "base/result.h"
#include "receivers/otlp_mapping.h"

namespace tailrace::receivers {

// Errors: kInvalid for what is not protobuf of this shape; unknown fields are skipped.
Status decode_otlp_protobuf(std::string_view bytes, std::string_view tenant, OtlpMapping& mapping,
                            PushedLines& lines);

}  // namespace tailrace::receivers
