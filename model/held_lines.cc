// The raw lines that stages hold.
#include "model/held_lines.h"
