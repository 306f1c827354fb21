// A copy of the metrics: half of the program would count into the wrong one.
#include "base/metrics.h"

namespace tailrace::testing {

Metrics copies(const Metrics& metrics) {
  return metrics;
}

}  // namespace tailrace::testing
