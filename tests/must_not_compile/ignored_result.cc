// A Result that nobody looks at.
#include "base/result.h"

namespace tailrace::testing {

Result<int> count_something();

void ignores_it() {
  count_something();
}

}  // namespace tailrace::testing
