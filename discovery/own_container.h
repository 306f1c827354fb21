// Which container this program runs in.
#pragma once

#include <string>
#include <string_view>

#include "base/file_system.h"

namespace tailrace::discovery {

// The id of the container, 64 hexadecimal digits or its first 12; empty: in none that shows. From
// what Docker mounts into it (/proc/self/mountinfo), its control group, or its host name.
std::string find_own_container(FileSystem& file_system, std::string_view host_name);

}  // namespace tailrace::discovery
