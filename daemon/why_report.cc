// The answer of `tailrace why` as text and JSON.
#include "daemon/why_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/timestamp.h"
#include "shippers/print_shipper.h"

namespace tailrace::daemon {
namespace {

using Verdict = Finding::Verdict;

constexpr std::string_view kRed = "\033[31m";
constexpr std::string_view kGreen = "\033[32m";
constexpr std::string_view kYellow = "\033[33m";
constexpr std::string_view kPlain = "\033[0m";
constexpr std::size_t kShownLineBytesMax = 300;

std::string_view colour_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kCause:
      return kRed;
    case Verdict::kPossible:
    case Verdict::kUnknown:
      return kYellow;
    case Verdict::kOk:
    case Verdict::kAccepted:
      return kGreen;
  }
  return kPlain;
}

void append_finding(const Finding& finding, TextOutput::Colours colours, std::string& text) {
  std::string verdict = fmt::format("{:<8}", verdict_text(finding.verdict));
  if (colours == TextOutput::Colours::kAnsi) {
    verdict = fmt::format("{}{}{}", colour_of(finding.verdict), verdict, kPlain);
  }
  text += fmt::format("  {:<11} {} {}\n", finding.point, verdict, finding.text);
}

std::string_view answer_name(WhyReport::Answer answer) {
  switch (answer) {
    case WhyReport::Answer::kAccepted:
      return "accepted";
    case WhyReport::Answer::kCause:
      return "cause";
    case WhyReport::Answer::kNotKnown:
      break;
  }
  return "not known";
}

// What was looked for elsewhere may be there.
std::string_view cause_heading(std::string_view point) {
  return point == "tenant" || point == "labels" ? "Not where you looked" : "Not in Loki";
}

nlohmann::ordered_json finding_json(const Finding& finding) {
  return {
      {"point", finding.point}, {"verdict", verdict_text(finding.verdict)}, {"text", finding.text}};
}

nlohmann::ordered_json findings_json(const std::vector<Finding>& findings) {
  auto list = nlohmann::ordered_json::array();
  for (const Finding& finding : findings)
    list.push_back(finding_json(finding));
  return list;
}

const Finding* first_of(const std::vector<Finding>& findings, Verdict verdict) {
  const auto found = std::find_if(findings.begin(), findings.end(),
                                  [verdict](const Finding& one) { return one.verdict == verdict; });
  return found == findings.end() ? nullptr : &*found;
}

}  // namespace

std::string_view verdict_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok";
    case Verdict::kCause:
      return "cause";
    case Verdict::kPossible:
      return "possible";
    case Verdict::kUnknown:
      return "unknown";
    case Verdict::kAccepted:
      break;
  }
  return "accepted";
}

const Finding* JobFindings::first(Verdict verdict) const {
  return first_of(findings, verdict);
}

void conclude(WhyReport& report) {
  const auto answer = [&report](WhyReport::Answer what, const std::string& job,
                                const Finding* reason) {
    report.answer = what;
    report.job = job;
    report.reason = reason == nullptr ? Finding{} : *reason;
  };
  if (const Finding* const cause = first_of(report.findings, Verdict::kCause)) {
    answer(WhyReport::Answer::kCause, {}, cause);
    return;
  }
  const JobFindings* causing = nullptr;
  const JobFindings* open = nullptr;
  for (const JobFindings& job : report.jobs) {
    const bool ends = job.first(Verdict::kCause) != nullptr;
    const bool doubtful = job.first(Verdict::kPossible) != nullptr;
    if (!ends && !doubtful && job.first(Verdict::kAccepted) != nullptr) {
      answer(WhyReport::Answer::kAccepted, job.job, job.first(Verdict::kAccepted));
      return;
    }
    if (!ends && open == nullptr) open = &job;
    if (ends && (causing == nullptr || job.findings.size() > causing->findings.size())) {
      causing = &job;
    }
  }
  if (open != nullptr) {
    const Finding* reason = open->first(Verdict::kPossible);
    if (reason == nullptr) reason = open->first(Verdict::kUnknown);
    answer(WhyReport::Answer::kNotKnown, open->job, reason);
  } else if (causing != nullptr) {
    answer(WhyReport::Answer::kCause, causing->job, causing->first(Verdict::kCause));
  } else {
    answer(WhyReport::Answer::kNotKnown, {}, first_of(report.findings, Verdict::kUnknown));
  }
}

std::string why_text(const WhyReport& report, TextOutput::Colours colours) {
  std::string text = report.path;
  if (report.offset) text += fmt::format(", the line at byte {}", *report.offset);
  text += "\n";
  if (report.line) {
    const bool cut = report.line->size() > kShownLineBytesMax;
    text += fmt::format("  {}{}\n", report.line->substr(0, kShownLineBytesMax), cut ? "..." : "");
  }
  for (const Finding& finding : report.findings)
    append_finding(finding, colours, text);
  for (const JobFindings& job : report.jobs) {
    text += fmt::format("job {}\n", job.job);
    for (const Finding& finding : job.findings)
      append_finding(finding, colours, text);
  }
  const std::string job = report.job.empty() ? "" : fmt::format(" (job {})", report.job);
  switch (report.answer) {
    case WhyReport::Answer::kAccepted:
      text += fmt::format("Accepted{}: {}\n", job, report.reason.text);
      break;
    case WhyReport::Answer::kCause:
      text += fmt::format("{}{}. {}: {}\n", cause_heading(report.reason.point), job,
                          report.reason.point, report.reason.text);
      break;
    case WhyReport::Answer::kNotKnown:
      text += fmt::format("Not known{}. {}: {}\n", job, report.reason.point, report.reason.text);
      break;
  }
  return text;
}

std::string why_json(const WhyReport& report) {
  nlohmann::ordered_json json;
  json["answer"] = answer_name(report.answer);
  json["point"] = report.reason.point;
  json["text"] = report.reason.text;
  json["job"] = report.job;
  json["file"] = report.path;
  json["offset"] = nullptr;
  if (report.offset) json["offset"] = *report.offset;
  json["line"] = nullptr;
  if (report.line) json["line"] = *report.line;
  json["findings"] = findings_json(report.findings);
  json["jobs"] = nlohmann::ordered_json::array();
  for (const JobFindings& job : report.jobs)
    json["jobs"].push_back({{"job", job.job}, {"findings", findings_json(job.findings)}});
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

int why_exit_status(const WhyReport& report) {
  switch (report.answer) {
    case WhyReport::Answer::kAccepted:
      return 0;
    case WhyReport::Answer::kCause:
      return 1;
    case WhyReport::Answer::kNotKnown:
      break;
  }
  return 3;
}

std::string why_time(std::int64_t unix_ns) {
  constexpr std::int64_t kMillisecond = 1'000'000;
  std::string text =
      shippers::dry_run_time(Timestamp::of_ns(unix_ns / kMillisecond * kMillisecond));
  text.replace(text.rfind('+'), std::string::npos, "Z");
  return text;
}

std::string why_duration(std::int64_t ns) {
  struct Unit {
    double seconds;
    std::string_view name;
  };
  constexpr std::array<Unit, 3> kUnits{{{86400, "days"}, {3600, "hours"}, {60, "minutes"}}};
  const double seconds = static_cast<double>(ns) / 1e9;
  for (const Unit& unit : kUnits) {
    if (std::abs(seconds) >= 2 * unit.seconds) {
      return fmt::format("{:.0f} {}", seconds / unit.seconds, unit.name);
    }
  }
  return fmt::format("{:.3g} seconds", seconds);
}

}  // namespace tailrace::daemon
