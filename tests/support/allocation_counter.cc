// Counts heap allocations by standing in for malloc, or for operator new under a sanitizer.
#include "tests/support/allocation_counter.h"

#include <cstdlib>
#include <new>

namespace tailrace::testing {
namespace {

bool counting = false;
std::uint64_t allocations = 0;

}  // namespace

static void count_one() {
  if (counting) ++allocations;
}

void start_counting_allocations() {
  allocations = 0;
  counting = true;
}
std::uint64_t stop_counting_allocations() {
  counting = false;
  return allocations;
}
void resume_counting_allocations() {
  counting = true;
}

}  // namespace tailrace::testing

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

void* operator new(std::size_t bytes) {
  tailrace::testing::count_one();
  if (void* const memory = std::malloc(bytes)) return memory;
  std::abort();
}
void* operator new(std::size_t bytes, const std::nothrow_t& /*tag*/) noexcept {
  tailrace::testing::count_one();
  return std::malloc(bytes);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*bytes*/) noexcept {
  std::free(memory);
}

#else

extern "C" {
// glibc's own names for them.
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* memory, std::size_t bytes);

void* malloc(std::size_t bytes) noexcept {
  tailrace::testing::count_one();
  return __libc_malloc(bytes);
}
void* calloc(std::size_t count, std::size_t bytes) noexcept {
  tailrace::testing::count_one();
  return __libc_calloc(count, bytes);
}
void* realloc(void* memory, std::size_t bytes) noexcept {
  tailrace::testing::count_one();
  return __libc_realloc(memory, bytes);
}
}

#endif
