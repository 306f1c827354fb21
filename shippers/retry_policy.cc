// What an answer to a push request means.
#include "shippers/retry_policy.h"

#include <algorithm>
#include <string_view>

namespace tailrace::shippers {

namespace {

// Says that it is HTML and looks like it; some servers call everything text/html.
bool is_web_page(const http::Response& response) {
  constexpr std::string_view kHtml = "text/html";
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  const std::string_view type = response.content_type;
  if (type.size() < kHtml.size() ||
      !std::equal(kHtml.begin(), kHtml.end(), type.begin(),
                  [&lower](char want, char have) { return want == lower(have); })) {
    return false;
  }
  const std::size_t begin = response.body.find_first_not_of(" \t\r\n");
  return begin != std::string::npos && response.body[begin] == '<';
}

}  // namespace

Verdict judge(const http::Response& response) {
  const int status = response.status;
  if (status == 260) return Verdict::kBlocked;
  if (status >= 200 && status < 300) return Verdict::kAccepted;
  if (status == 429) return Verdict::kRateLimited;
  if (status == 0 || (status >= 500 && status < 600)) return Verdict::kUnavailable;
  // A proxy before Loki may answer this with a page of its own.
  if (status == 413) return Verdict::kTooLarge;
  if ((status == 400 || status == 422) && !is_web_page(response)) return Verdict::kRefused;
  return Verdict::kMisconfigured;
}

std::string status_text(const http::Response& response) {
  return response.status == 0 ? "-1" : std::to_string(response.status);
}

}  // namespace tailrace::shippers
