// Where the API server is, and who we are to it.
#include "discovery/kubernetes_access.h"

#include <algorithm>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/read_whole.h"
#include "config/yaml_document.h"
#include "discovery/label_name.h"
#include "http/secret_file.h"

namespace tailrace::discovery {
namespace {

using config::YamlNode;

constexpr std::string_view kServiceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

const YamlNode* member(const YamlNode* map, std::string_view key) {
  if (map == nullptr) return nullptr;
  const auto found = std::find_if(map->entries.begin(), map->entries.end(),
                                  [&](const config::YamlEntry& entry) { return entry.key == key; });
  return found == map->entries.end() || found->value->is_null() ? nullptr : found->value;
}

std::string text_of(const YamlNode* map, std::string_view key) {
  const YamlNode* const found = member(map, key);
  return found != nullptr && found->is_scalar() ? found->text : std::string();
}

// The entry called `name` of a list like `clusters`, and of it the member `inner`.
const YamlNode* named(const YamlNode* root, std::string_view list, const std::string& name,
                      std::string_view inner) {
  const YamlNode* const items = member(root, list);
  if (items == nullptr) return nullptr;
  for (const YamlNode* const item : items->items) {
    if (text_of(item, "name") == name) return member(item, inner);
  }
  return nullptr;
}

Result<std::string> decoded_base64(const std::string& text, std::string_view what) {
  std::string packed;
  for (const char c : text) {
    if (c != '\n' && c != '\r' && c != ' ') packed += c;
  }
  std::string bytes(packed.size() / 4 * 3 + 3, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                     reinterpret_cast<const unsigned char*>(packed.data()),
                                     static_cast<int>(packed.size()));
  if (length < 0) return fail(Error::kCorrupt, fmt::format("{} is not base64", what));
  bytes.resize(static_cast<std::size_t>(length));
  // Padding is decoded as zero bytes.
  for (int i = 0; i < 2 && packed.ends_with('=') && !bytes.empty(); ++i) {
    bytes.pop_back();
    packed.pop_back();
  }
  return bytes;
}

std::string path_in(const std::string& folder, const std::string& path) {
  return path.empty() || path.starts_with('/') || folder.empty() ? path : folder + "/" + path;
}

// A certificate or key: `<key>-data` in base64 wins over the file `<key>`.
Status read_pem(const YamlNode* map, const std::string& key, const std::string& folder,
                std::pair<std::string*, std::string*> text_and_file) {
  const std::string data = text_of(map, key + "-data");
  if (data.empty()) {
    *text_and_file.second = path_in(folder, text_of(map, key));
    return {};
  }
  auto decoded = decoded_base64(data, key + "-data");
  if (!decoded) return fail(decoded.error());
  *text_and_file.first = std::move(*decoded);
  return {};
}

Status read_user(const YamlNode* user, const std::string& folder, config::HttpClientConfig& http) {
  for (const std::string_view plugin : {"exec", "auth-provider"}) {
    if (member(user, plugin) != nullptr) {
      return fail(Error::kInvalid,
                  fmt::format("`{}` is not supported in a kubeconfig: no program is started to get "
                              "credentials; use token, tokenFile or a client certificate",
                              plugin));
    }
  }
  if (const Status cert =
          read_pem(user, "client-certificate", folder, {&http.tls.cert, &http.tls.cert_file});
      !cert) {
    return cert;
  }
  if (const Status key = read_pem(user, "client-key", folder, {&http.tls.key, &http.tls.key_file});
      !key) {
    return key;
  }
  const std::string token = text_of(user, "token");
  const std::string token_file = path_in(folder, text_of(user, "tokenFile"));
  const std::string user_name = text_of(user, "username");
  if (!token_file.empty()) {  // It wins over token.
    http.authorization = config::AuthorizationConfig{"Bearer", "", token_file};
  } else if (!token.empty()) {
    http.authorization = config::AuthorizationConfig{"Bearer", token, ""};
  } else if (!user_name.empty()) {
    http.basic_auth = config::BasicAuthConfig{user_name, "", text_of(user, "password"), ""};
  }
  return {};
}

std::string without_last_slashes(std::string url) {
  while (url.ends_with('/'))
    url.pop_back();
  return url;
}

Result<KubernetesAccess> in_cluster(const DiscoveryWorld& world) {
  const auto host = world.environment("KUBERNETES_SERVICE_HOST");
  const auto port = world.environment("KUBERNETES_SERVICE_PORT");
  if (!host || host->empty() || !port || port->empty()) {
    return fail(Error::kOther,
                "not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not "
                "set; outside of a cluster, api_server or kubeconfig_file is needed");
  }
  const std::string folder(kServiceAccount);
  KubernetesAccess access;
  access.server = "https://" + host_and_port(*host, *port);
  // Without a token nothing works; so its absence is told in its own words.
  http::SecretFile token(world.file_system, folder + "/token");
  if (const auto text = token.read(); !text) return fail(text.error());
  access.http.authorization = config::AuthorizationConfig{"Bearer", "", folder + "/token"};
  if (world.file_system.stat(folder + "/ca.crt")) access.http.tls.ca_file = folder + "/ca.crt";
  http::SecretFile own(world.file_system, folder + "/namespace");
  if (const auto text = own.read()) access.own_namespace = *text;
  return access;
}

}  // namespace

Result<KubernetesAccess> parse_kubeconfig(std::string_view text, const std::string& folder) {
  const auto document = config::YamlDocument::parse(text);
  if (!document.diagnostics().empty()) {
    const config::Diagnostic& first = document.diagnostics().front();
    return fail(Error::kCorrupt, fmt::format("line {}: {}", first.location.line, first.message));
  }
  const YamlNode* const root = document.root();
  const std::string current = text_of(root, "current-context");
  if (current.empty()) return fail(Error::kCorrupt, "it has no current-context");
  const YamlNode* const context = named(root, "contexts", current, "context");
  if (context == nullptr) {
    return fail(Error::kCorrupt, fmt::format("it has no context \"{}\"", current));
  }
  const YamlNode* const cluster = named(root, "clusters", text_of(context, "cluster"), "cluster");
  if (text_of(cluster, "server").empty()) {
    return fail(Error::kCorrupt,
                fmt::format("the cluster of its context \"{}\" has no server", current));
  }
  KubernetesAccess access;
  access.server = without_last_slashes(text_of(cluster, "server"));
  access.own_namespace = text_of(context, "namespace");
  if (access.own_namespace.empty()) access.own_namespace = "default";
  config::TlsConfig& tls = access.http.tls;
  tls.insecure_skip_verify = text_of(cluster, "insecure-skip-tls-verify") == "true";
  tls.server_name = text_of(cluster, "tls-server-name");
  access.http.proxy.url = text_of(cluster, "proxy-url");
  if (const Status ca = read_pem(cluster, "certificate-authority", folder, {&tls.ca, &tls.ca_file});
      !ca) {
    return fail(ca.error());
  }
  const YamlNode* const user = named(root, "users", text_of(context, "user"), "user");
  if (const Status read = read_user(user, folder, access.http); !read) return fail(read.error());
  return access;
}

Result<KubernetesAccess> find_kubernetes_access(const config::KubernetesSdConfig& config,
                                                const DiscoveryWorld& world) {
  if (!config.api_server.empty()) {
    KubernetesAccess access;
    access.server = without_last_slashes(config.api_server);
    access.http = config.http;
    http::SecretFile own(world.file_system, std::string(kServiceAccount) + "/namespace");
    if (config.own_namespace) {
      if (const auto text = own.read()) access.own_namespace = *text;
    }
    return access;
  }
  if (config.kubeconfig_file.empty()) return in_cluster(world);
  const std::string path = path_in(world.working_directory, config.kubeconfig_file);
  const auto text = read_whole(world.file_system, path, config::kConfigBytesMax);
  if (!text) return fail(text.error());
  auto access = parse_kubeconfig(*text, path.substr(0, path.find_last_of('/')));
  if (!access) return fail(access.error().code, path + ": " + access.error().message);
  return access;
}

}  // namespace tailrace::discovery
