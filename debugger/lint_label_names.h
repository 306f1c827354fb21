// Names that say that their values are without number: no labels.
#pragma once

#include <optional>
#include <string_view>

namespace tailrace::debugger {

// What such a name stands for ("an address of a machine"), or nothing: most names say nothing, and
// the usual ones (level, job, pod, method, status ...) are none of these. Upper case, '_' and '-'
// do not matter: clientIp is client_ip.
std::optional<std::string_view> unbounded_kind(std::string_view name);

}  // namespace tailrace::debugger
