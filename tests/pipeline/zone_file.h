// A small TZif file in memory: New York around 2021.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tailrace::testing {

struct ZoneKind {
  std::int32_t offset;
  bool summer;
  std::string_view name;
};
struct ZoneTransition {
  std::int64_t when;
  std::size_t kind;
};

inline void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i)
    out.push_back(static_cast<char>(value >> (8 * i) & 0xFFU));
}

// The data block with times of `time_bytes`, and its header.
inline std::string zone_block(const std::vector<ZoneTransition>& transitions,
                              const std::vector<ZoneKind>& kinds, char version, int time_bytes) {
  std::string names;
  std::string types;
  for (const ZoneKind& kind : kinds) {
    append_big_endian(types, static_cast<std::uint32_t>(kind.offset), 4);
    types.push_back(kind.summer ? '\1' : '\0');
    types.push_back(static_cast<char>(names.size()));
    names.append(kind.name).push_back('\0');
  }
  std::string result = "TZif";
  result.push_back(version);
  result.append(15, '\0');
  for (const std::size_t count : {std::size_t{0}, std::size_t{0}, std::size_t{0},
                                  transitions.size(), kinds.size(), names.size()}) {
    append_big_endian(result, count, 4);
  }
  for (const ZoneTransition& transition : transitions) {
    append_big_endian(result, static_cast<std::uint64_t>(transition.when), time_bytes);
  }
  for (const ZoneTransition& transition : transitions) {
    result.push_back(static_cast<char>(transition.kind));
  }
  return result + types + names;
}

inline std::string zone_file(const std::vector<ZoneTransition>& transitions,
                             const std::vector<ZoneKind>& kinds, std::string_view rule) {
  return zone_block({}, {kinds.front()}, '2', 4) + zone_block(transitions, kinds, '2', 8) + "\n" +
         std::string(rule) + "\n";
}

inline std::string new_york_file() {
  return zone_file({{-2717650800, 2},  // 1883-11-18
                    {1583650800, 1},   // 2020-03-08
                    {1604210400, 2},   // 2020-11-01
                    {1615705200, 1},   // 2021-03-14
                    {1636264800, 2}},  // 2021-11-07
                   {{-17762, false, "LMT"}, {-14400, true, "EDT"}, {-18000, false, "EST"}},
                   "EST5EDT,M3.2.0,M11.1.0");
}

}  // namespace tailrace::testing
