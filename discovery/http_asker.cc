// A discoverer's way to ask one HTTP server.
#include "discovery/http_asker.h"

namespace tailrace::discovery {
namespace {

http::EndpointOptions asker_options(const config::HttpClientConfig& http, std::string unix_socket) {
  http::EndpointOptions options = http::endpoint_options(http);
  options.unix_socket = std::move(unix_socket);
  return options;
}

}  // namespace

HttpAsker::HttpAsker(const config::HttpClientConfig& http, const DiscoveryWorld& world,
                     std::string unix_socket)
    : transport_(world.transport),
      endpoint_(transport_.add_endpoint(asker_options(http, std::move(unix_socket)))),
      auth_(http, world.file_system, transport_, world.clock),
      next_tag_(static_cast<http::RequestTag>(endpoint_) << 32U) {}

HttpAsker::~HttpAsker() {
  transport_.remove_endpoint(endpoint_);
}

Result<std::optional<http::RequestTag>> HttpAsker::ask(http::Request request) {
  const auto ready = auth_.apply(request);
  if (!ready) return fail(ready.error());
  if (*ready == http::Auth::Readiness::kTokenOnItsWay) return std::nullopt;
  const http::RequestTag tag = next_tag_++;
  transport_.submit(endpoint_, tag, request);
  return tag;
}

std::vector<http::Completion> HttpAsker::take_completions() {
  auth_.take_completions();
  std::vector<http::Completion> completions = transport_.take_completions(endpoint_);
  for (const http::Completion& completion : completions) {
    if (completion.response.status == 401) auth_.on_unauthorized();
  }
  return completions;
}

http::Request get_request(std::string url) {
  http::Request request;
  request.method = "GET";
  request.url = std::move(url);
  request.headers = {{"User-Agent", "tailrace"}, {"Accept", "application/json"}};
  return request;
}

std::string query_escaped(std::string_view value) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string escaped;
  for (const char c : value) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      escaped += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    escaped += '%';
    escaped += kDigits[byte >> 4U];
    escaped += kDigits[byte & 15U];
  }
  return escaped;
}

std::string query_of(const std::vector<std::pair<std::string_view, std::string>>& parameters) {
  std::string query;
  for (const auto& [name, value] : parameters) {
    query += query.empty() ? '?' : '&';
    query += name;
    query += '=';
    query += query_escaped(value);
  }
  return query;
}

}  // namespace tailrace::discovery
