// Prints entries instead of sending them: the dry run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/text_output.h"
#include "base/timestamp.h"
#include "shippers/shipper.h"

namespace tailrace::shippers {

// 2026-01-02T03:04:05.123456789+0000, the fraction without trailing zeros; nothing when it is zero.
std::string dry_run_time(const Timestamp& timestamp);

// Writes `<time>\t<labels>\t<line>\n` per entry and accepts everything. Where Promtail's tab writer
// pads or eats tabs, there is always one (docs/compatibility.md, dry-run).
//
// Threading: confined to one worker; the output must do for all of them.
class PrintShipper final : public Shipper {
 public:
  // Colours: time blue, labels yellow.
  explicit PrintShipper(TextOutput output);

  bool has_place() const override { return true; }
  void submit(RequestId id, PushBody body) override;
  std::vector<PushResult> take_results(SteadyTime now) override;
  SteadyTime next_deadline() const override;
  std::vector<RequestId> abandon_waiting() override { return {}; }
  void abandon() override {}
  std::string trouble() const override { return {}; }

 private:
  const TextOutput output_;
  std::vector<PushResult> results_;
};

}  // namespace tailrace::shippers
