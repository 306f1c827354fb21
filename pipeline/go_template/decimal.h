// Sums, products and quotients of floats that are exact in decimal digits.
#pragma once

namespace tailrace::pipeline::go_template {

enum class Operation { kAdd, kSubtract, kMultiply, kDivide };

// Computes with the shortest digits that give the operands back, so that 0.1 and 0.2 make 0.3; a
// quotient has 16 decimals. What does not fit 128 bits is computed as floats. `b` is not 0 for
// kDivide.
double decimal_result(Operation operation, double a, double b);

}  // namespace tailrace::pipeline::go_template
