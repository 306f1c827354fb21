// Results of pipeline tests for people and for machines.
#pragma once

#include <span>
#include <string>

#include "base/text_output.h"
#include "debugger/test_run.h"

namespace tailrace::debugger {

// The results of one file.
struct FileResult {
  std::string file;
  std::string text;  // Of the file, for diagnostics.
  std::vector<TestResult> tests;
};

// A line per test; below one that failed, what was expected (-) and observed (+).
std::string results_text(const FileResult& result, TextOutput::Colours colours);

// One <testsuite> per file, as CI systems read it.
std::string junit_xml(std::span<const FileResult> results);

}  // namespace tailrace::debugger
