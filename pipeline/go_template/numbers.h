// Numbers as Go and the libraries behind its template functions read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "pipeline/go_template/value.h"

namespace tailrace::pipeline::go_template {

// A number constant of the template language: an int, or a float where it is written as one.
bool number_constant(std::string_view text, Value& value);

// An integer with Go's base prefixes and digit underscores.
std::optional<std::int64_t> prefixed_integer(std::string_view text);
// Decimal digits with a sign.
std::optional<std::int64_t> decimal_integer(std::string_view text);
// Go's float syntax, infinities and hexadecimal ones too.
std::optional<double> float_of(std::string_view text);

// What the functions of sprig make of any value; 0 when it is no number.
std::int64_t to_int64(const Value& value);
double to_double(const Value& value);

}  // namespace tailrace::pipeline::go_template
