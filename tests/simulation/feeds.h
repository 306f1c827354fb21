// Sources that are no files: a journal that can be read again, and a sender that repeats what was
// not answered.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "daemon/input_plan.h"
#include "tests/simulation/stand_in_loki.h"

namespace tailrace::simulation {

// What exists outside of tailrace, and so outlives its crashes.
class Feeds {
 public:
  explicit Feeds(Random& random) : random_(random) {}

  // The actions: something is logged, something is sent.
  void append_to_journal();
  void send();

  // The inputs that read them, for the jobs "journal" and "pushed".
  std::vector<daemon::InputPlan> plans(std::uint32_t variant);

  // Each entry once and in order, in what a tenant has. Returns what is wrong.
  std::vector<std::string> check(const StandInLoki& loki, const std::string& tenant) const;
  std::uint64_t lines() const { return journal_.size() + sent_.size(); }
  bool everything_answered() const { return answered_ == sent_.size(); }

 private:
  class JournalInput;
  class PushInput;

  static void check_job(const StandInLoki& loki, const std::string& tenant, std::string_view job,
                        std::size_t count, std::vector<std::string>& wrong);

  Random& random_;
  std::vector<std::string> journal_;
  std::vector<std::string> sent_;
  std::size_t answered_ = 0;  // The sender repeats what lies behind.
};

}  // namespace tailrace::simulation
