// Counts heap allocations of a test binary that links allocation_counter.cc.
#pragma once

#include <cstdint>

namespace tailrace::testing {

// Counts calls of malloc, calloc and realloc, or of operator new where a sanitizer has a malloc of
// its own. For tests with one thread.
void start_counting_allocations();
// Those since start_counting_allocations() or resume; counting stops.
std::uint64_t stop_counting_allocations();
// Goes on counting from where stop_counting_allocations() ended.
void resume_counting_allocations();

}  // namespace tailrace::testing
