// Answers in words, for people.
#pragma once

#include <string>

#include "http/transport.h"

namespace tailrace::http {

// "server returned HTTP status 400 Bad Request (400): <first line of the answer>", as Promtail says
// it; the transport's own words when there was no answer.
std::string describe(const Response& response);

}  // namespace tailrace::http
