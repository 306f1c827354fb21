// Guards against other sites in a browser of this machine, and against other machines.
//
// A page of another site may send requests to this server from an engineer's browser, and with a
// name of its own that leads to this machine's address (DNS rebinding) it may even read the
// answers. Hence the three questions: is the host's name one of ours, does the browser say that
// another site asks, and is the sender this machine.
#include "daemon/live_guard.h"

#include <algorithm>
#include <cctype>

#include <arpa/inet.h>

#include "daemon/server_tls_options.h"

namespace tailrace::daemon {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

const std::string* header(const http::ServerRequest& request, const char* name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? nullptr : &found->second;
}

// "name:80" without its port, "[::1]:80" without that and its brackets.
std::string host_name_of(std::string_view host) {
  if (host.starts_with('[')) return lower(host.substr(1, host.find(']') - 1));
  std::string name = lower(host.substr(0, host.find(':')));
  if (name.ends_with('.')) name.pop_back();
  return name;
}

// The host of a URL with its port, and of its scheme's own port without it.
std::string authority_of(std::string_view url) {
  const bool secure = url.starts_with("https://");
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (const std::size_t user = url.rfind('@'); user != std::string_view::npos) {
    url.remove_prefix(user + 1);
  }
  std::string authority = lower(url);
  const std::string_view port = secure ? ":443" : ":80";
  if (authority.ends_with(port)) authority.resize(authority.size() - port.size());
  return authority;
}

bool is_address(const std::string& name) {
  in_addr ipv4{};
  in6_addr ipv6{};
  return inet_pton(AF_INET, name.c_str(), &ipv4) == 1 ||
         inet_pton(AF_INET6, name.c_str(), &ipv6) == 1;
}

bool is_this_machine(std::string_view peer) {
  constexpr std::string_view kMapped = "::ffff:";  // How a dual-stack socket shows IPv4.
  if (peer.starts_with(kMapped)) peer.remove_prefix(kMapped.size());
  return is_loopback(peer);
}

bool is_known_host(const std::string& host, const LiveGuardOptions& options) {
  const std::string name = host_name_of(host);
  return name == "localhost" || is_address(name) ||
         std::find(options.hosts.begin(), options.hosts.end(), name) != options.hosts.end();
}

bool is_json(const http::ServerRequest& request) {
  const std::string* const type = header(request, "content-type");
  if (type == nullptr) return false;
  std::string name = lower(type->substr(0, type->find(';')));
  name.erase(name.find_last_not_of(" \t") + 1);
  return name == "application/json";
}

}  // namespace

LiveGuardOptions live_guard_options(const config::Config& config, std::string_view host_name) {
  LiveGuardOptions options;
  for (const std::string& host : config.tailrace.live.allowed_hosts)
    options.hosts.push_back(lower(host));
  if (!host_name.empty()) options.hosts.push_back(lower(host_name));
  if (const std::string& url = config.server.external_url; !url.empty()) {
    options.hosts.push_back(host_name_of(authority_of(url)));
  }
  const std::string& address = config.server.http_listen_address;
  options.remote = !address.empty() && !is_loopback(address);
  options.remote_lines = config.tailrace.live.remote_lines;
  return options;
}

std::optional<std::string> live_refusal(const http::ServerRequest& request,
                                        const LiveGuardOptions& options, LiveShows shows) {
  if (request.via == http::Via::kLocalSocket) return std::nullopt;
  const std::string* const host = header(request, "host");
  if (host == nullptr || !is_known_host(*host, options)) {
    return "the host name " + (host == nullptr ? "" : "\"" + host_name_of(*host) + "\" ") +
           "is not known here: list it under tailrace: {live: {allowed_hosts: [...]}}";
  }
  if (const std::string* const origin = header(request, "origin")) {
    const bool secure = origin->starts_with("https://");
    if (authority_of(*origin) != authority_of((secure ? "https://" : "http://") + *host)) {
      return "requests of other sites (Origin: " + *origin + ") are not answered";
    }
  }
  if (const std::string* const site = header(request, "sec-fetch-site")) {
    if (*site != "same-origin" && *site != "none") {
      return "requests of other sites (Sec-Fetch-Site: " + *site + ") are not answered";
    }
  }
  if (request.method == "POST" && !is_json(request)) {
    return "POST wants Content-Type: application/json";
  }
  // A proxy on this machine asks for somebody else.
  const bool forwarded =
      std::any_of(request.headers.begin(), request.headers.end(), [](const auto& pair) {
        return pair.first.starts_with("x-forwarded-") || pair.first == "forwarded" ||
               pair.first == "via" || pair.first == "x-real-ip";
      });
  if (is_this_machine(request.peer) && !forwarded) return std::nullopt;
  if (!options.remote) {
    return "only this machine may look: for others set server.http_listen_address to an address "
           "that they reach";
  }
  if (shows == LiveShows::kLines && !options.remote_lines) {
    return "lines are for this machine only: for others set tailrace: {live: {remote_lines: "
           "true}}";
  }
  return std::nullopt;
}

void add_live_headers(http::ServerResponse& response) {
  response.headers.emplace("Cache-Control", "no-store");
  response.headers.emplace("X-Content-Type-Options", "nosniff");
  if (!response.content_type.starts_with("text/html")) return;
  response.headers.emplace("Content-Security-Policy",
                           "default-src 'none'; script-src 'self'; style-src 'self'; img-src "
                           "'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
                           "frame-ancestors 'none'");
}

}  // namespace tailrace::daemon
