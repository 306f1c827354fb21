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
  Log* log = nullptr;         // For such trouble and refused logins; may be null; borrowed.
};

struct GuardedHandler {
  RequestHandler handler;  // Answers 401 in the place of the one it was made of.
  RequestTest admits;      // For what is decided before the handler is called.
};

// Lets in who has this name and password. What is compared takes as long for a wrong one as for the
// right one.
Result<GuardedHandler> with_basic_auth(BasicAuthOptions options, RequestHandler handler);

}  // namespace tailrace::http
