// Addresses, filters and requests of the Engine API.
#include "discovery/docker_api.h"

#include <simdjson.h>

#include <map>

#include "http/response_text.h"

namespace tailrace::discovery {
namespace {

// A busy daemon may take its time for a list.
constexpr std::chrono::seconds kDockerTimeout{60};

std::string docker_query_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    }
  }
  return out;
}

std::string docker_json_quoted(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    } else {
      out += c;
    }
  }
  return out + '"';
}

bool has_docker_tls(const config::TlsConfig& tls) {
  return !(tls == config::TlsConfig{});
}

}  // namespace

Result<DockerEndpoint> docker_endpoint(std::string_view host,
                                       const config::HttpClientConfig& http) {
  DockerEndpoint endpoint{.base_url = {}, .options = http::endpoint_options(http), .http = http};
  const auto strip = [&host](std::string_view scheme) {
    if (!host.starts_with(scheme)) return false;
    host.remove_prefix(scheme.size());
    return true;
  };
  if (strip("unix://")) {
    if (!host.starts_with('/')) {
      return fail(Error::kInvalid, "a unix:// host needs an absolute path");
    }
    endpoint.base_url = "http://docker";
    endpoint.options.unix_socket = host;
    return endpoint;
  }
  std::string scheme;
  if (strip("tcp://")) {
    const bool tls = has_docker_tls(http.tls);
    scheme = tls ? "https://" : "http://";
    while (host.ends_with('/'))
      host.remove_suffix(1);
    endpoint.base_url = scheme + std::string(host);
    const std::size_t bracket = host.rfind(']');
    const std::size_t from = bracket == std::string_view::npos ? 0 : bracket;
    if (host.find(':', from) == std::string_view::npos)
      endpoint.base_url += tls ? ":2376" : ":2375";
  } else if (host.starts_with("http://") || host.starts_with("https://")) {
    while (host.ends_with('/'))
      host.remove_suffix(1);
    endpoint.base_url = host;
  } else {
    return fail(Error::kInvalid, "must begin with unix://, tcp://, http:// or https://");
  }
  if (host.empty()) return fail(Error::kInvalid, "names no host");
  return endpoint;
}

std::string docker_filters(const std::vector<config::DockerFilter>& filters) {
  std::map<std::string, std::vector<std::string>> by_name;
  for (const config::DockerFilter& filter : filters) {
    std::vector<std::string>& values = by_name[filter.name];
    values.insert(values.end(), filter.values.begin(), filter.values.end());
  }
  std::string json = "{";
  for (const auto& [name, values] : by_name) {
    if (json.size() > 1) json += ',';
    json += docker_json_quoted(name) + ":[";
    for (const std::string& value : values) {
      if (!json.ends_with('[')) json += ',';
      json += docker_json_quoted(value);
    }
    json += ']';
  }
  return docker_query_encoded(json + '}');
}

std::string docker_label_name(std::string_view prefix, std::string_view name) {
  std::string out(prefix);
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out += plain ? c : '_';
  }
  return out;
}

DockerApi::DockerApi(DockerEndpoint endpoint, const World& world)
    : endpoint_(std::move(endpoint)),
      transport_(world.transport),
      auth_(endpoint_.http, world.file_system, world.transport, world.clock),
      number_(world.transport.add_endpoint(endpoint_.options)) {}

DockerApi::~DockerApi() {
  transport_.remove_endpoint(number_);
}

Result<DockerApi::Sent> DockerApi::get(std::uint32_t number, std::string_view path,
                                       http::Request::Answer answer, std::size_t bytes_max) {
  http::Request request;
  request.method = "GET";
  request.url = endpoint_.base_url + std::string(path);
  request.timeout = kDockerTimeout;
  request.answer = answer;
  request.body_bytes_max = bytes_max;
  const auto ready = auth_.apply(request);
  if (!ready) return fail(ready.error());
  if (*ready == http::Auth::Readiness::kTokenOnItsWay) return Sent::kLater;
  transport_.submit(number_, tag(number), request);
  return Sent::kYes;
}

std::vector<http::Completion> DockerApi::take_completions() {
  auth_.take_completions();
  std::vector<http::Completion> completions = transport_.take_completions(number_);
  for (http::Completion& completion : completions) {
    completion.tag &= 0xffffffffU;
    if (completion.response.status == 401) auth_.on_unauthorized();
  }
  return completions;
}

std::string docker_failure(const http::Response& response) {
  if (response.status / 100 == 2 && response.error.empty()) return {};
  // {"message":"No such container: ..."}
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view message;
  if (response.status != 0 && parser.parse(response.body).get(root) == simdjson::SUCCESS &&
      root["message"].get(message) == simdjson::SUCCESS) {
    return std::string(message);
  }
  return http::describe(response);
}

}  // namespace tailrace::discovery
