// Small files as text: configurations, secrets, lists.
#pragma once

#include <cstddef>
#include <string>

#include "base/file_system.h"
#include "base/result.h"

namespace tailrace {

// Threading: any. Errors: what open and read say; kExhausted: it is longer than `bytes_max`.
Result<std::string> read_whole(FileSystem& file_system, const std::string& path,
                               std::size_t bytes_max);

}  // namespace tailrace
