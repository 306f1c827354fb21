// A listening socket in the file system that only its owner may connect to.
#pragma once

#include <sys/types.h>

#include <ctime>
#include <memory>
#include <string>

#include "base/result.h"

namespace tailrace::http {

// Ownership: owns the file, which goes with it unless another has taken its place, and the
//   descriptor until release().
class LocalSocket {
 public:
  // The file has mode 0600 before anybody can connect. One of a process that has ended is replaced.
  // Errors: EADDRINUSE: a process listens there; ENAMETOOLONG; EEXIST: there is something else.
  static Result<std::unique_ptr<LocalSocket>> listen_on(const std::string& path);
  ~LocalSocket();
  LocalSocket(const LocalSocket&) = delete;
  LocalSocket& operator=(const LocalSocket&) = delete;

  // The descriptor is the caller's from now on.
  int release();

  // For listen_on() only.
  LocalSocket(std::string path, int descriptor);

 private:
  const std::string path_;
  int descriptor_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  timespec made_{};  // A file system gives the number of a removed file to the next one.
};

}  // namespace tailrace::http
