// Where the control socket lies, by configuration.
#include "daemon/control_socket.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/config/loading.h"

namespace tailrace::daemon {
namespace {

std::string path_of(const std::string& more) {
  return control_socket_path(config::valid(
      "clients: [{url: \"http://loki/push\"}]\npositions: {filename: /state/p.yaml}\n" + more +
      "\nscrape_configs:\n- job_name: a\n  static_configs: [{labels: {__path__: /a}}]\n"));
}

TEST(ControlSocketPath, is_in_the_folder_of_the_outbox_unless_told) {
  EXPECT_EQ(path_of(""), "/state/p.yaml.outbox/control.sock");
  EXPECT_EQ(path_of("tailrace: {outbox: {dir: /o}}"), "/o/control.sock");
  EXPECT_EQ(path_of("tailrace: {outbox: {dir: /o}}\nwal: {enabled: true, dir: /w}"),
            "/w/control.sock");
  EXPECT_EQ(path_of("tailrace: {control_socket: /run/x.sock}"), "/run/x.sock");
}

TEST(ControlSocketPath, is_empty_when_it_is_switched_off) {
  EXPECT_EQ(path_of("tailrace: {control_socket: \"\"}"), "");
  EXPECT_EQ(path_of("tailrace: {control_socket: /run/x.sock, live: {disable: true}}"), "");
  EXPECT_EQ(path_of("tailrace: {control_socket: null}"), "/state/p.yaml.outbox/control.sock");
}

}  // namespace
}  // namespace tailrace::daemon
