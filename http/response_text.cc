// Answers in words.
#include "http/response_text.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace tailrace::http {
namespace {

// How much of an answer is shown (docs/compatibility.md, Retries).
constexpr std::size_t kShownBytesMax = 1024;

// The words of RFC 9110 and its companions, for the codes that a push can meet.
constexpr std::array<std::pair<int, std::string_view>, 42> kStatusReasons{{
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Request Entity Too Large"},
    {414, "Request URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {418, "I'm a teapot"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Entity"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {507, "Insufficient Storage"},
}};

std::string_view reason_of(int status) {
  const auto* const found = std::find_if(kStatusReasons.begin(), kStatusReasons.end(),
                                         [status](const auto& row) { return row.first == status; });
  return found == kStatusReasons.end() ? std::string_view() : found->second;
}

}  // namespace

std::string describe(const Response& response) {
  if (response.status == 0) return response.error;
  std::string_view line = std::string_view(response.body).substr(0, kShownBytesMax);
  line = line.substr(0, line.find('\n'));
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  const std::string code = std::to_string(response.status);
  const std::string_view reason = reason_of(response.status);
  std::string text = "server returned HTTP status " + code;
  if (!reason.empty()) text.append(" ").append(reason);
  text.append(" (").append(code).append("): ").append(line);
  return text;
}

}  // namespace tailrace::http
