// `consul_sd_configs` and `consulagent_sd_configs`.
#include <fmt/format.h>

#include "config/parse.h"

namespace tailrace::config {
namespace {

// Keys that both kinds have.
template <typename T>
void parse_common(Fields& fields, T& consul) {
  fields.read("server", consul.server);
  fields.read("scheme", consul.scheme);
  fields.read_secret("token", consul.token);
  fields.read("datacenter", consul.datacenter);
  fields.read("services", consul.services);
  fields.read("tags", consul.tags);
  fields.read("node_meta", consul.node_meta);
  fields.read("tag_separator", consul.tag_separator);
  read_interval(fields, "refresh_interval", consul.refresh_interval);
  if (consul.server.empty()) fields.error("server", "may not be empty");
  if (consul.scheme.empty()) consul.scheme = "http";
  if (consul.scheme != "http" && consul.scheme != "https") {
    fields.error("scheme", fmt::format("must be http or https, not \"{}\"", consul.scheme));
  }
  // Another way to write basic_auth.
  std::string username;
  std::string password;
  fields.read("username", username);
  fields.read_secret("password", password);
  parse_http_client(fields, consul.http);
  const bool has_credentials =
      consul.http.basic_auth || consul.http.authorization || consul.http.oauth2;
  if (!username.empty() || !password.empty()) {
    if (has_credentials) {
      fields.error("username",
                   "at most one of username and password, basic_auth, authorization, oauth2 and "
                   "bearer_token(_file) may be set");
    }
    consul.http.basic_auth = BasicAuthConfig{username, "", password, ""};
  }
  if (!consul.token.empty() && (consul.http.authorization || consul.http.oauth2)) {
    fields.error("token", "at most one of token, authorization and oauth2 may be set");
  }
}

}  // namespace

void parse_consul_sd(Fields fields, ConsulSdConfig& consul) {
  parse_common(fields, consul);
  fields.read("path_prefix", consul.path_prefix);
  fields.read("namespace", consul.namespace_name);
  fields.read("partition", consul.partition);
  fields.read("filter", consul.filter);
  fields.read("allow_stale", consul.allow_stale);
  fields.finish();
}

void parse_consulagent_sd(Fields fields, ConsulAgentSdConfig& consul) {
  parse_common(fields, consul);
  // The agent answers from what it knows itself: nothing can be stale.
  fields.ignore("allow_stale");
  fields.finish();
}

}  // namespace tailrace::config
