// Plain HTML: tables and a little style, light or dark as the reader has it.
#include "daemon/status_pages.h"

#include <cstdint>
#include <map>

#include <fmt/format.h>

#include "base/markup.h"

namespace tailrace::daemon {
namespace {

constexpr std::string_view kStyle =
    "<style>:root{color-scheme:light dark}body{font-family:system-ui,sans-serif;margin:0 auto;"
    "max-width:80rem;padding:1rem 2rem;line-height:1.4}nav a{margin-right:1.2rem}"
    "nav a[aria-current]{font-weight:bold;text-decoration:none}h2{margin-top:2rem}"
    "h2 small,p.note{font-weight:normal;opacity:.7;font-size:.9rem}"
    "table{border-collapse:collapse;width:100%;margin:.5rem 0}"
    "td,th{border:1px solid #8886;padding:.3rem .6rem;text-align:left;vertical-align:top}"
    "td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}"
    "code{font-family:ui-monospace,monospace;overflow-wrap:anywhere}"
    "code.label{display:inline-block;border:1px solid #8886;border-radius:.3rem;padding:0 .3rem;"
    "margin:.1rem}.good{color:#1a7f37}.bad{color:#cf222e}"
    "pre{overflow-x:auto;padding:1rem;border:1px solid #8886}</style>";

std::string page(std::string_view title, std::string_view path, std::string_view prefix,
                 const std::string& body) {
  std::string html =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\">";
  html += fmt::format("<title>{} - tailrace</title>{}</head><body><nav>", title, kStyle);
  struct Link {
    std::string_view path, text;
  };
  for (const Link& link : {Link{"/targets", "Targets"},
                           {"/service-discovery", "Service discovery"},
                           {"/config", "Configuration"},
                           {"/tailrace/", "Live"},
                           {"/metrics", "Metrics"},
                           {"/ready", "Ready"}}) {
    html += fmt::format("<a href=\"{}{}\"{}>{}</a>", escape_markup(prefix), link.path,
                        link.path == path ? " aria-current=\"page\"" : "", link.text);
  }
  return html + fmt::format("</nav><h1>{}</h1>{}</body></html>\n", title, body);
}

template <typename Labels>
std::string labels_cell(const Labels& labels) {
  std::string html;
  for (const auto& [name, value] : labels) {
    html += "<code class=\"label\">" + escape_markup(name) + "=&quot;" + escape_markup(value) +
            "&quot;</code> ";
  }
  return html.empty() ? "none" : html;
}

// "1 file", "2 files".
std::string counted(std::size_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

using FilesOfTarget = std::map<std::size_t, std::vector<const FileStatus*>>;

std::string files_table(const std::vector<const FileStatus*>& files) {
  if (files.empty()) return "<p class=\"note\">no file</p>";
  std::string html =
      "<table class=\"files\"><tr><th>File</th><th class=\"number\">Position</th>"
      "<th class=\"number\">Size</th><th class=\"number\">Lines</th></tr>";
  for (std::size_t i = 0; i < files.size() && i < kFilesShownMax; ++i) {
    const FileStatus& file = *files[i];
    html += fmt::format(
        "<tr><td><code>{}</code></td><td class=\"number\">{}</td>"
        "<td class=\"number\">{}</td><td class=\"number\">{}</td></tr>",
        escape_markup(file.path), file.offset, file.size_bytes, file.lines);
  }
  html += "</table>";
  if (files.size() > kFilesShownMax) {
    html += fmt::format("<p class=\"note\">and {} more</p>", files.size() - kFilesShownMax);
  }
  return html;
}

using InputsOfJob = std::map<std::string, std::vector<const InputState*>>;

std::string input_row(const InputState& input) {
  std::string details;
  for (const auto& [name, value] : input.status.details)
    details += fmt::format("<div>{}: {}</div>", escape_markup(name), escape_markup(value));
  if (!input.status.trouble.empty()) {
    details += "<div class=\"bad\">" + escape_markup(input.status.trouble) + "</div>";
  }
  return fmt::format(
      "<tr><td>{}</td><td class=\"{}\">{}</td><td>{}</td><td><code>{}</code>{}</td></tr>",
      escape_markup(input.type), input.status.ready ? "good" : "bad",
      input.status.ready ? "yes" : "no", labels_cell(input.labels), escape_markup(input.name),
      details);
}

std::string job_section(const JobTargets& job, std::size_t first_target, FilesOfTarget& files,
                        const std::vector<const InputState*>& inputs) {
  std::size_t ready = 0;
  std::string rows;
  for (std::size_t i = 0; i < inputs.size() && i < kFilesShownMax; ++i)
    rows += input_row(*inputs[i]);
  for (const InputState* const input : inputs) {
    if (input->status.ready) ++ready;
  }
  for (std::size_t i = 0; i < job.found.targets.size(); ++i) {
    const discovery::FileTarget& target = job.found.targets[i];
    const std::vector<const FileStatus*>& own = files[first_target + i];
    if (!own.empty()) ++ready;
    rows += fmt::format(
        "<tr><td>File</td><td class=\"{}\">{}</td><td>{}</td><td><code>{}</code>{}</td></tr>"
        "<tr><td></td><td colspan=\"3\">{}</td></tr>",
        own.empty() ? "bad" : "good", own.empty() ? "no" : "yes", labels_cell(target.labels),
        escape_markup(target.path),
        target.exclude.empty() ? "" : " without <code>" + escape_markup(target.exclude) + "</code>",
        files_table(own));
  }
  return fmt::format(
      "<h2>{} <small>{} of {} ready</small></h2>"
      "<table><tr><th>Type</th><th>Ready</th><th>Labels</th><th>Path</th></tr>{}</table>",
      escape_markup(job.job), ready, counted(job.found.targets.size() + inputs.size(), "target"),
      rows);
}

std::string workers_section(const std::vector<WorkerStatus>& workers) {
  std::string html =
      "<h2>Delivery</h2><table><tr><th>Worker</th><th class=\"number\">Files</th>"
      "<th class=\"number\">Entries to deliver</th><th class=\"number\">Outbox, bytes</th>"
      "<th>Trouble</th></tr>";
  for (const WorkerStatus& worker : workers) {
    std::string troubles;
    for (const std::string& trouble : worker.troubles)
      troubles += "<div class=\"bad\">" + escape_markup(trouble) + "</div>";
    html += fmt::format(
        "<tr><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td>"
        "<td class=\"number\">{}</td><td>{}</td></tr>",
        worker.worker, worker.files.size(), worker.outbox_pending_entries, worker.outbox_disk_bytes,
        troubles.empty() ? "<span class=\"good\">none</span>" : troubles);
  }
  return html + "</table>";
}

std::string discovery_row(const discovery::LabelMap& discovered, const std::string& found_by,
                          const std::string& result) {
  return fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td></tr>", escape_markup(found_by),
                     labels_cell(discovered), result);
}

std::string discovery_section(const JobTargets& job) {
  const discovery::FilteredTargets& found = job.found;
  std::string rows;
  for (std::size_t i = 0; i < found.targets.size(); ++i) {
    rows += discovery_row(found.origins[i].labels, found.origins[i].found_by,
                          labels_cell(found.targets[i].labels));
  }
  for (std::size_t i = 0; i < found.dropped.size() && i < kDroppedShownMax; ++i) {
    const discovery::DroppedTarget& dropped = found.dropped[i];
    rows += discovery_row(
        dropped.discovered_labels, dropped.found_by,
        fmt::format("<span class=\"bad\">left out: {}</span>", drop_reason_text(dropped.reason)));
  }
  std::string html = fmt::format(
      "<h2>{} <small>{} of {} active</small></h2><table><tr><th>Found by</th>"
      "<th>Discovered labels</th><th>Target labels</th></tr>{}</table>",
      escape_markup(job.job), found.targets.size(),
      counted(found.targets.size() + found.dropped.size(), "target"), rows);
  if (found.dropped.size() > kDroppedShownMax) {
    html += fmt::format("<p class=\"note\">and {} more left out</p>",
                        found.dropped.size() - kDroppedShownMax);
  }
  return html;
}

}  // namespace

std::string targets_page(const EngineStatus& engine, const std::vector<WorkerStatus>& workers,
                         std::string_view prefix) {
  FilesOfTarget files;
  InputsOfJob inputs;
  for (const WorkerStatus& worker : workers) {
    for (const InputState& input : worker.inputs)
      inputs[input.job].push_back(&input);
    for (const FileStatus& file : worker.files) {
      const auto target = engine.target_of.find(file.source);
      if (target != engine.target_of.end()) files[target->second].push_back(&file);
    }
  }
  std::string body;
  std::size_t first_target = 0;
  for (const JobTargets& job : engine.jobs) {
    body += job_section(job, first_target, files, inputs[job.job]);
    first_target += job.found.targets.size();
  }
  return page("Targets", "/targets", prefix, body + workers_section(workers));
}

std::string service_discovery_page(const EngineStatus& engine, std::string_view prefix) {
  std::string body;
  for (const std::string& trouble : engine.discovery_troubles)
    body += "<p class=\"bad\">" + escape_markup(trouble) + "</p>";
  for (const JobTargets& job : engine.jobs)
    body += discovery_section(job);
  return page("Service discovery", "/service-discovery", prefix, body);
}

std::string config_page(const EngineStatus& engine, std::string_view prefix) {
  return page("Configuration", "/config", prefix,
              "<pre id=\"config_yaml\">" + escape_markup(engine.config_yaml) + "</pre>");
}

}  // namespace tailrace::daemon
