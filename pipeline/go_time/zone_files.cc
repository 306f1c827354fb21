// Where time zones come from: the system's files, and the zone of the host.
#include "pipeline/go_time/zone_files.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string_view>
#include <utility>

namespace tailrace::pipeline::go_time {
namespace {

// Where Go looks for zones (docs/compatibility.md, "timestamp").
constexpr std::array<std::string_view, 4> kDirectories = {
    "/usr/share/zoneinfo/", "/usr/share/lib/zoneinfo/", "/usr/lib/locale/TZ/", "/etc/zoneinfo/"};
constexpr std::string_view kLocalFile = "/etc/localtime";

// Zone files have a few kilobytes.
constexpr std::size_t kFileBytesMax = 1 << 20;

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

Result<std::string> read_file(const std::string& path) {
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rbe"));
  if (!file) return fail(system_failure(errno, "open " + path));
  std::string content(kFileBytesMax, '\0');
  content.resize(std::fread(content.data(), 1, content.size(), file.get()));
  if (std::ferror(file.get()) != 0) return fail(errno, "read " + path);
  return content;
}

Result<Zone> read_zone(const ZoneFiles& files, const std::string& path) {
  Result<std::string> content = files.read(path);
  if (!content) return fail(content.error());
  return Zone::parse(*content);
}

Result<Zone> find_zone(const ZoneFiles& files, const std::string& name) {
  for (const std::string_view directory : kDirectories) {
    Result<Zone> zone = read_zone(files, std::string(directory) + name);
    if (zone) return zone;
  }
  return fail(Error::kInvalid, "unknown time zone " + name);
}

bool leaves_directory(std::string_view name) {
  return name.front() == '/' || name.front() == '\\' || name.find("..") != std::string_view::npos;
}

}  // namespace

ZoneFiles ZoneFiles::system() {
  return {.read = read_file, .tz = std::nullopt};
}

Result<Zone> load_zone(const ZoneFiles& files, const std::string& name) {
  if (name.empty() || name == "UTC") return Zone();
  if (name == "Local") return load_local_zone(files);
  if (leaves_directory(name)) return fail(Error::kInvalid, "invalid time zone name " + name);
  return find_zone(files, name);
}

Zone load_local_zone(const ZoneFiles& files) {
  if (!files.tz) return read_zone(files, std::string(kLocalFile)).value_or(Zone());
  std::string name = *files.tz;
  if (!name.empty() && name.front() == ':') name.erase(0, 1);
  if (name.empty() || name == "UTC") return Zone();
  if (name.front() == '/') return read_zone(files, name).value_or(Zone());
  return find_zone(files, name).value_or(Zone());
}

}  // namespace tailrace::pipeline::go_time
