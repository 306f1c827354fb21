// The machine as it is: programs by fork and exec, owners, links.
#pragma once

#include "base/clock.h"
#include "daemon/migrate/machine.h"

namespace tailrace::daemon::migrate {

// SIGINT and SIGTERM are blocked, as main() does it: wait() looks for them.
//
// Ownership: borrows the clock, which outlives it.
class PosixMachine final : public Machine {
 public:
  // A program of run() that takes longer is ended, ETIMEDOUT; systemd's own limit is 90 s.
  static constexpr std::chrono::minutes kPatience{5};

  explicit PosixMachine(const Clock& clock) : clock_(clock) {}

  Result<RanProgram> run(const std::vector<std::string>& arguments) override;
  Result<std::unique_ptr<StartedProgram>> start(const Start& start) override;
  Result<FileOwner> owner(const std::string& path) override;
  Status set_owner(const std::string& path, const FileOwner& owner) override;
  Status make_link(const std::string& target, const std::string& path) override;
  Result<std::string> link_target(const std::string& path) override;
  Result<std::string> make_temporary_folder() override;
  Status remove_folder(const std::string& path) override;
  Result<std::string> ask(const std::string& socket, const std::string& path) override;
  Status wait(std::chrono::milliseconds time) override;

 private:
  const Clock& clock_;
};

}  // namespace tailrace::daemon::migrate
