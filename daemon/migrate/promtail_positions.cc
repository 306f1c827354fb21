// positions.yaml as Promtail writes it.
#include "daemon/migrate/promtail_positions.h"

#include "positions/positions_file.h"

namespace tailrace::daemon::migrate {
namespace {

// " # c11695db9623" at the end of a line (docs/formats/positions.md).
constexpr std::string_view kMark = " # ";
constexpr std::size_t kCheckDigits = 12;

std::string_view without_check(std::string_view line) {
  if (line.size() < kMark.size() + kCheckDigits) return line;
  const std::size_t at = line.size() - kMark.size() - kCheckDigits;
  return line.substr(at, kMark.size()) == kMark ? line.substr(0, at) : line;
}

}  // namespace

Result<std::string> promtail_positions(std::string_view text, std::string_view name) {
  const auto document = positions::parse_positions(text, name);
  if (!document) return fail(document.error());
  const std::string own = positions::write_positions(document->table);
  std::string out;
  for (std::string_view rest = own; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.starts_with('#')) continue;
    out += std::string(without_check(line)) + "\n";
  }
  return out;
}

}  // namespace tailrace::daemon::migrate
