// `docker_sd_configs`: the containers of a daemon.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/backoff.h"
#include "base/random.h"
#include "config/docker_sd_config.h"
#include "discovery/discoverer.h"
#include "discovery/docker_api.h"
#include "discovery/docker_listing.h"

namespace tailrace::discovery {

// Labels for whoever makes inputs of the targets.
//
// The entry that found it: "docker_sd_configs[0]".
inline constexpr std::string_view kDockerEntryLabel = "__tailrace_docker_entry";
// Which run of the container it is, as far as was seen: what has another number is read anew.
// kDockerStill: it has stood still since before this program began.
inline constexpr std::string_view kDockerRunLabel = "__tailrace_docker_run";
inline constexpr std::string_view kDockerStill = "still";

// Lists containers and networks: at the start, when an event says that something changed, and every
// refresh_interval. Targets are also what stands still, as its log may not have been read to its
// end, and for kGoneFor what is removed, so that its reader sees the end by itself.
//
// Threading, Errors: Discoverer's. Without a stream of events only refresh_interval counts.
// Memory: each container's labels.
class DockerDiscovery final : public Discoverer {
 public:
  static constexpr std::chrono::minutes kGoneFor{10};

  static Result<std::unique_ptr<Discoverer>> create(const config::DockerSdConfig& config,
                                                    std::string name, const DiscoveryWorld& world);
  // For create() only.
  DockerDiscovery(const config::DockerSdConfig& config, std::string name, DockerEndpoint endpoint,
                  const DiscoveryWorld& world);

  bool poll(SteadyTime now) override;
  SteadyTime next_deadline() const override;
  const std::vector<Target>& targets() const override { return targets_; }
  bool knows() const override { return knows_; }
  std::string trouble() const override { return trouble_; }

 private:
  struct Known {
    int run = 0;  // 0: kDockerStill.
    bool running = false;
    std::vector<Target> targets;
    SteadyTime gone_at = SteadyTime::max();
  };

  void ask_for_lists(SteadyTime now);
  void ask_for_events(SteadyTime now);
  void on_list(std::uint32_t number, const http::Response& response, SteadyTime now);
  void on_events(std::string_view bytes, SteadyTime now);
  void on_event(std::string_view line);
  void on_events_end(const http::Response& response, SteadyTime now);
  bool take_lists(SteadyTime now);
  void see(const DockerContainer& container, const DockerNetworks& networks);
  bool forget_gone(SteadyTime now);
  bool publish();
  void list_failed(std::string why, SteadyTime now);
  bool is_own(const std::string& id) const;

  const config::DockerSdConfig config_;
  const std::string name_;
  const DiscoveryWorld& world_;
  const std::string own_container_;  // Its id, or the beginning; empty: none, or not left out.
  const bool asks_for_still_;        // A filter of the states is there.
  DockerApi api_;
  Random random_;
  Backoff list_backoff_;
  Backoff events_backoff_;

  SteadyTime list_at_{};
  SteadyTime listed_at_{};  // When it was last asked.
  int lists_open_ = 0;
  bool list_again_ = false;
  std::array<std::string, 2> lists_;  // Containers and networks.
  bool list_failed_ = false;

  bool events_open_ = false;
  bool events_stand_ = false;
  SteadyTime events_at_{};
  std::string event_;  // As far as it came.

  std::map<std::string, Known> known_;  // By id.
  std::set<std::string> started_;       // Since the last list.
  std::vector<Target> targets_;
  bool knows_ = false;
  std::string trouble_;
};

}  // namespace tailrace::discovery
