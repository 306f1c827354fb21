// A copy of a label set: streams are told apart by the set's address.
#include "model/label_set.h"

namespace tailrace::testing {

LabelSet copies(const LabelSet& labels) {
  return labels;
}

}  // namespace tailrace::testing
