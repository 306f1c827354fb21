// What moving needs of the machine beyond its files: programs, owners, links, time that passes.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace tailrace::daemon::migrate {

struct FileOwner {
  std::uint32_t user = 0;
  std::uint32_t group = 0;
  std::uint32_t mode = 0600;
  friend bool operator==(const FileOwner&, const FileOwner&) = default;
};

struct RanProgram {
  int status = 0;      // As the shell has it: 128 + the signal that ended it.
  std::string output;  // Of both streams.
};

// A program that runs; it is ended in the destructor.
class StartedProgram {
 public:
  virtual ~StartedProgram() = default;
  // SIGTERM, then SIGKILL after ten seconds; its status.
  virtual int stop() = 0;
  virtual bool has_ended() = 0;
};

// Threading: confined to one thread, which blocks.
// Errors: the system's, with errno as the code.
class Machine {
 public:
  virtual ~Machine() = default;

  // The first argument is the program, found by PATH. No shell.
  virtual Result<RanProgram> run(const std::vector<std::string>& arguments) = 0;
  struct Start {
    std::vector<std::string> arguments;
    std::vector<std::string> environment;  // "NAME=value", beside our own.
    std::string output;                    // Files that are made anew.
    std::string errors;
  };
  virtual Result<std::unique_ptr<StartedProgram>> start(const Start& start) = 0;

  // Of the file itself, not of what it links to.
  virtual Result<FileOwner> owner(const std::string& path) = 0;
  virtual Status set_owner(const std::string& path, const FileOwner& owner) = 0;
  virtual Status make_link(const std::string& target, const std::string& path) = 0;
  virtual Result<std::string> link_target(const std::string& path) = 0;
  // A new folder for us alone, below the system's folder for temporary files.
  virtual Result<std::string> make_temporary_folder() = 0;
  virtual Status remove_folder(const std::string& path) = 0;  // With all that is in it.

  // GET of a path from who listens on a local socket: the body of any answer.
  virtual Result<std::string> ask(const std::string& socket, const std::string& path) = 0;
  // Errors: ECANCELED when the user wants an end.
  virtual Status wait(std::chrono::milliseconds time) = 0;
};

}  // namespace tailrace::daemon::migrate
