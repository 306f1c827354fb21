// TAILRACE_CHECK: an invariant that holds in every build, or the program ends.
#pragma once

namespace tailrace {

// Prints the place and the broken condition to stderr and aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* condition);

}  // namespace tailrace

// Aborts when `condition` is false, in release builds too: what follows would lose or double lines,
// and the outbox makes a restart safe.
#define TAILRACE_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::tailrace::check_failed(__FILE__, __LINE__, #condition))
