// A Status that nobody looks at.
#include "base/result.h"

namespace tailrace::testing {

Status try_something();

void ignores_it() {
  try_something();
}

}  // namespace tailrace::testing
