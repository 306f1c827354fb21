// What the cases beside it do, done right.
#include "base/metrics.h"
#include "base/result.h"
#include "model/label_set.h"

namespace tailrace::testing {

Status try_something();
Result<int> count_something();

bool used_status() {
  return try_something().has_value();
}
int used_result() {
  return count_something().value_or(0);
}
const LabelSet& referred_label_set(const LabelSet& labels) {
  return labels;
}
const Metrics& referred_metrics(const Metrics& metrics) {
  return metrics;
}

}  // namespace tailrace::testing
