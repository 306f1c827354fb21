// A verb's command line, run in a folder of its own.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/verbs.h"
#include "tests/fakes/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace tailrace::daemon {

// "@name" in an argument is the path of that file. Lines are read at 2026-01-01T00:00:00Z.
class VerbCommand : public ::testing::Test {
 protected:
  // The exit status; nothing: the first argument is no verb.
  std::optional<int> run(std::vector<std::string> arguments) {
    std::vector<const char*> views;
    for (std::string& argument : arguments) {
      if (const std::size_t at = argument.find('@'); at != std::string::npos) {
        argument.replace(at, 1, folder_.path() + "/");
      }
      views.push_back(argument.c_str());
    }
    output_.clear();
    errors_.clear();
    return run_verb(views, {.clock = clock_,
                            .output = {[this](std::string_view text) { output_ += text; }},
                            .errors = {[this](std::string_view text) { errors_ += text; }},
                            .environment = [](std::string_view name) {
                              return name == "NAME" ? std::optional<std::string>("app")
                                                    : std::nullopt;
                            }});
  }
  // What is printed; the exit status is to be 0.
  std::string printed(std::vector<std::string> arguments) {
    EXPECT_EQ(run(std::move(arguments)), 0) << output_ << errors_;
    return output_;
  }
  bool printed_part(std::string_view text) const { return output_.find(text) != std::string::npos; }
  bool failed_with(std::string_view text) const { return errors_.find(text) != std::string::npos; }
  void write(const std::string& name, const std::string& text) const { folder_.append(name, text); }

  tailrace::testing::FakeClock clock_;
  tailrace::testing::TempFolder folder_;
  std::string output_;
  std::string errors_;
};

}  // namespace tailrace::daemon
