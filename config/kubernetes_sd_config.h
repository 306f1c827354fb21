// Entries of `kubernetes_sd_configs` as plain data.
#pragma once

namespace tailrace::config {

// docs/compatibility.md, kubernetes_sd_configs.
struct KubernetesSdConfig {
  friend bool operator==(const KubernetesSdConfig&, const KubernetesSdConfig&) = default;
};

}  // namespace tailrace::config
