// Arrays of objects in an arena.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

#include "base/arena.h"

namespace tailrace {

// `count` objects, value-initialised; nothing destroys them, so only types that need none.
template <typename T>
T* make_array(Arena& arena, std::size_t count) {
  static_assert(std::is_trivially_destructible_v<T>);
  std::size_t space = count * sizeof(T) + alignof(T);
  void* place = arena.allocate(space);
  place = std::align(alignof(T), count * sizeof(T), place, space);
  T* const array = static_cast<T*>(place);
  std::uninitialized_value_construct_n(array, count);
  return array;
}

}  // namespace tailrace
