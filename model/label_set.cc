// Label sets and their interning.
#include "model/label_set.h"
