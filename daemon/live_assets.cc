// The files of the live page. What is in them comes from daemon/live/ when the program is built.
#include "daemon/live_assets.h"

namespace tailrace::daemon {

extern const std::string_view kIndexHtml;
extern const std::string_view kLiveCss;
extern const std::string_view kLiveJs;

std::span<const LiveAsset> live_assets() {
  // Not constants of the program: their bodies stand in another file.
  static const LiveAsset kAssets[] = {
      {"/tailrace/", "text/html; charset=utf-8", kIndexHtml},
      {"/tailrace/live.css", "text/css; charset=utf-8", kLiveCss},
      {"/tailrace/live.js", "text/javascript; charset=utf-8", kLiveJs}};
  return kAssets;
}

}  // namespace tailrace::daemon
