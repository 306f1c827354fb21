// The effective configuration, as people asked to see it.
#include "daemon/config_output.h"

#include <string_view>
#include <vector>

#include "config/dump_config.h"
#include "daemon/command_line.h"

namespace tailrace::daemon {

std::string config_text(const config::Config& config) {
  return "---\n# tailrace, version " + std::string(version()) + ": the effective configuration\n" +
         config::dump_config(config);
}

void log_config(const config::Config& config, Log& log) {
  const std::string text = config_text(config);
  std::vector<std::string_view> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    lines.push_back(std::string_view(text).substr(begin, end - begin));
    begin = end + 1;
  }
  for (auto line = lines.rbegin(); line != lines.rend(); ++line)
    log.info(*line);
}

void print_clients(const config::Config& config, const TextOutput& output) {
  const bool coloured = output.colours == TextOutput::Colours::kAnsi;
  // As Promtail: the heading is yellow.
  std::string text = coloured ? "\x1b[33mClients configured:\x1b[0m\n" : "Clients configured:\n";
  for (const config::ClientConfig& client : config.clients) {
    text += std::string(22, '-') + "\n" + config::dump_client(client) + "\n";
  }
  output.write(text);
}

}  // namespace tailrace::daemon
