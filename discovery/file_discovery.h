// Targets that files list: file_sd_configs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/list_sd_config.h"
#include "config/scrape_config.h"
#include "discovery/discoverer.h"

namespace tailrace::discovery {

// Looks every second whether a file is new, changed or gone, and reads what changed; every
// refresh_interval it reads all of them.
//
// A file that is no good list keeps what it last was. A file that is gone, and one that is empty,
// is believed at the second look only: it may be in the middle of being written.
//
// Errors: see Discoverer; a pattern that matches nothing is none.
// Memory: a file of more than kListBytesMax is refused (YAML: config::kConfigBytesMax).
class FileDiscovery final : public Discoverer {
 public:
  static constexpr std::chrono::seconds kLookEvery{1};
  static constexpr std::uint64_t kListBytesMax = std::uint64_t{16} << 20U;

  FileDiscovery(config::FileSdConfig config, std::string name, const DiscoveryWorld& world);

  bool poll(SteadyTime now) override;
  SteadyTime next_deadline() const override { return look_at_; }
  const std::vector<Target>& targets() const override { return targets_; }
  bool knows() const override { return knows_; }
  std::string trouble() const override;

 private:
  // What is known of a file, by its path as the pattern gives it.
  struct Listed {
    std::optional<FileStat> read_as;  // Nothing: not read yet, or to be read again.
    std::vector<config::StaticTargetGroup> groups;
    std::string trouble;
    int looks_doubted = 0;  // How often it was gone or empty in a row.
    bool seen = false;
  };

  void find_files();
  void find_matches(const std::string& pattern);
  bool look_at(const std::string& path, Listed& listed);
  bool read(const std::string& path, const FileStat& stat, Listed& listed);
  bool forget_missing();
  std::string on_disk(const std::string& path) const;
  void rebuild();

  const config::FileSdConfig config_;
  const std::string name_;
  const DiscoveryWorld& world_;
  std::map<std::string, Listed> files_;
  SteadyTime look_at_{};
  SteadyTime refresh_at_{};
  std::vector<Target> targets_;
  std::string folder_trouble_;
  bool knows_ = false;
};

}  // namespace tailrace::discovery
