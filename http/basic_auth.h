// A user name and a password before every page.
#pragma once

#include <string>

#include "base/log.h"
#include "base/result.h"
#include "http/server.h"

namespace tailrace::http {

// docs/compatibility.md, tailrace.server.basic_auth.
struct BasicAuthOptions {
  std::string username;
  std::string password;
  std::string password_file;  // Read again when it changes; white space at its ends does not count.
  Log* log = nullptr;         // For a file that cannot be read again; may be null; borrowed.
};

// What answers 401 in the place of `handler` when a request has not this name and password. What is
// compared takes as long for a wrong one as for the right one.
Result<RequestHandler> with_basic_auth(BasicAuthOptions options, RequestHandler handler);

}  // namespace tailrace::http
