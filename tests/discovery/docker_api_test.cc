// Addresses, filters and failures of the Engine API.
#include "discovery/docker_api.h"

#include <string>

#include <gtest/gtest.h>

namespace tailrace::discovery {
namespace {

TEST(DockerEndpoint, knows_where_each_kind_of_host_is) {
  struct Case {
    std::string_view host, url, socket;
  };
  const Case cases[] = {
      {"unix:///var/run/docker.sock", "http://docker", "/var/run/docker.sock"},
      {"tcp://10.0.0.1", "http://10.0.0.1:2375", ""},
      {"tcp://10.0.0.1:99/", "http://10.0.0.1:99", ""},
      {"tcp://[::1]", "http://[::1]:2375", ""},
      {"tcp://[::1]:99", "http://[::1]:99", ""},
      {"http://docker:2375/", "http://docker:2375", ""},
      {"https://docker/prefix", "https://docker/prefix", ""},
  };
  for (const Case& one : cases) {
    const auto endpoint = docker_endpoint(one.host, {});
    ASSERT_TRUE(endpoint) << one.host;
    EXPECT_EQ(endpoint->base_url, one.url);
    EXPECT_EQ(endpoint->options.unix_socket, one.socket);
  }
}

TEST(DockerEndpoint, speaks_tls_to_a_tcp_host_when_tls_is_configured) {
  config::HttpClientConfig http;
  http.tls.ca_file = "/ca.pem";
  EXPECT_EQ(docker_endpoint("tcp://10.0.0.1", http)->base_url, "https://10.0.0.1:2376");
}

TEST(DockerEndpoint, refuses_other_hosts) {
  for (const std::string_view host :
       {"", "unix://docker.sock", "npipe:////./pipe/docker", "10.0.0.1:2375", "tcp://"})
    EXPECT_FALSE(docker_endpoint(host, {})) << host;
}

TEST(DockerFilters, are_one_map_of_lists_percent_encoded) {
  EXPECT_EQ(docker_filters({}), "%7B%7D");
  // {"label":["a=\"b\"","c"],"name":["x"]}
  EXPECT_EQ(docker_filters({{"label", {"a=\"b\""}}, {"name", {"x"}}, {"label", {"c"}}}),
            "%7B%22label%22%3A%5B%22a%3D%5C%22b%5C%22%22%2C%22c%22%5D%2C%22name%22%3A%5B%22x%22%5D"
            "%7D");
}

TEST(DockerLabelName, has_underscores_for_what_is_no_letter_or_digit) {
  EXPECT_EQ(docker_label_name("p_", "com.docker/x-y 1\xc3\xa4"), "p_com_docker_x_y_1__");
}

TEST(DockerFailure, is_the_message_of_the_daemon_or_the_transport) {
  EXPECT_EQ(docker_failure({.status = 200}), "");
  EXPECT_EQ(docker_failure({.status = 404, .body = R"({"message":"No such container"})"}),
            "No such container");
  EXPECT_EQ(docker_failure({.status = 0, .error = "refused"}), "refused");
  EXPECT_NE(docker_failure({.status = 500, .body = "<html>"}), "");
}

}  // namespace
}  // namespace tailrace::discovery
