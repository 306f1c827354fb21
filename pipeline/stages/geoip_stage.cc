// `geoip`: what a MaxMind database says of an address becomes labels.
#include "pipeline/stages/geoip_stage.h"

#include <algorithm>
#include <array>
#include <utility>

#include <arpa/inet.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/metrics.h"
#include "pipeline/stage_context.h"
#include "pipeline/value_text.h"

namespace tailrace::pipeline {

struct GeoIpStage::Database {
  Database() = default;
  ~Database() {
    if (is_open) MMDB_close(&handle);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  MMDB_s handle{};
  bool is_open = false;
};

namespace {

struct KnownField {
  const char* label;
  std::vector<std::string> path;
};

// docs/compatibility.md, geoip.
std::vector<KnownField> city_fields() {
  return {{"geoip_city_name", {"city", "names", "en"}},
          {"geoip_country_name", {"country", "names", "en"}},
          {"geoip_continent_name", {"continent", "names", "en"}},
          {"geoip_continent_code", {"continent", "code"}},
          {"geoip_postal_code", {"postal", "code"}},
          {"geoip_timezone", {"location", "time_zone"}},
          {"geoip_subdivision_name", {"subdivisions", "names", "en"}},
          {"geoip_subdivision_code", {"subdivisions", "iso_code"}}};
}

std::vector<KnownField> asn_fields() {
  return {{"geoip_autonomous_system_number", {"autonomous_system_number"}},
          {"geoip_autonomous_system_organization", {"autonomous_system_organization"}}};
}

// The last item of `subdivisions` is meant: its number, as the library wants it.
std::string last_index(MMDB_entry_s& start) {
  MMDB_entry_data_s data{};
  const std::array<const char*, 2> path = {"subdivisions", nullptr};
  const bool found = MMDB_aget_value(&start, &data, path.data()) == MMDB_SUCCESS &&
                     data.has_data && data.type == MMDB_DATA_TYPE_ARRAY && data.data_size > 0;
  return std::to_string(found ? data.data_size - 1 : 0);
}

std::optional<MMDB_entry_data_s> value_at(MMDB_entry_s& start,
                                          const std::vector<std::string>& names) {
  constexpr std::size_t kPathMax = 6;
  std::array<const char*, kPathMax> path{};
  std::string index;
  std::size_t length = 0;
  for (const std::string& name : names) {
    path[length++] = name.c_str();
    if (name != "subdivisions") continue;
    index = last_index(start);
    path[length++] = index.c_str();
  }
  MMDB_entry_data_s data{};
  if (MMDB_aget_value(&start, &data, path.data()) != MMDB_SUCCESS || !data.has_data) {
    return std::nullopt;
  }
  return data;
}

std::optional<std::string_view> text_at(MMDB_entry_s& start, const std::vector<std::string>& names,
                                        Arena& arena) {
  const auto data = value_at(start, names);
  if (!data.has_value()) return std::nullopt;
  if (data->type == MMDB_DATA_TYPE_UTF8_STRING && data->data_size > 0) {
    return std::string_view(data->utf8_string, data->data_size);
  }
  std::uint64_t number = 0;
  if (data->type == MMDB_DATA_TYPE_UINT16) number = data->uint16;
  if (data->type == MMDB_DATA_TYPE_UINT32) number = data->uint32;
  if (data->type == MMDB_DATA_TYPE_UINT64) number = data->uint64;
  if (number == 0) return std::nullopt;
  return arena.copy(std::to_string(number));
}

double number_at(MMDB_entry_s& start, const std::vector<std::string>& names) {
  const auto data = value_at(start, names);
  if (!data.has_value()) return 0;
  if (data->type == MMDB_DATA_TYPE_DOUBLE) return data->double_value;
  return data->type == MMDB_DATA_TYPE_FLOAT ? static_cast<double>(data->float_value) : 0;
}

// IPv4, IPv6 and IPv4 written as IPv6, and nothing else: no port, no zone.
std::optional<sockaddr_storage> address_of(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN + 1> terminated{};
  if (text.empty() || text.size() >= terminated.size()) return std::nullopt;
  std::copy(text.begin(), text.end(), terminated.begin());
  sockaddr_storage storage{};
  auto* const v4 = reinterpret_cast<sockaddr_in*>(&storage);
  if (inet_pton(AF_INET, terminated.data(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    return storage;
  }
  auto* const v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (inet_pton(AF_INET6, terminated.data(), &v6->sin6_addr) != 1) return std::nullopt;
  if (!IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
    v6->sin6_family = AF_INET6;
    return storage;
  }
  in_addr mapped{};
  std::copy_n(v6->sin6_addr.s6_addr + 12, 4, reinterpret_cast<unsigned char*>(&mapped));
  storage = {};
  v4->sin_family = AF_INET;
  v4->sin_addr = mapped;
  return storage;
}

bool fits(const MMDB_s& handle, GeoIpStage::Kind kind) {
  const std::string_view type = handle.metadata.database_type;
  const auto has = [type](std::string_view part) {
    return type.find(part) != std::string_view::npos;
  };
  if (kind == GeoIpStage::Kind::kAsn) return has("ASN") || has("ISP");
  return has("City") || has("Country") || has("Enterprise") || has("Precision");
}

}  // namespace

GeoIpStage::GeoIpStage(std::unique_ptr<Database> database) : database_(std::move(database)) {}
GeoIpStage::~GeoIpStage() = default;

Result<std::unique_ptr<Stage>> GeoIpStage::create(const config::GeoIpStageConfig& config,
                                                  StageBuild& build) {
  auto database = std::make_unique<Database>();
  const int status = MMDB_open(config.database.c_str(), MMDB_MODE_MMAP, &database->handle);
  if (status != MMDB_SUCCESS) {
    return fail(Error::kInvalid,
                "db \"" + config.database + "\" cannot be opened: " + MMDB_strerror(status));
  }
  database->is_open = true;
  auto stage = std::make_unique<GeoIpStage>(std::move(database));
  if (config.database_type == "city") stage->kind_ = Kind::kCity;
  if (config.database_type == "asn") stage->kind_ = Kind::kAsn;
  if (stage->kind_ == Kind::kUnknown) {
    build.warnings.push_back("db_type \"" + config.database_type +
                             "\" is neither city nor asn: the stage does nothing");
  } else if (!fits(stage->database_->handle, stage->kind_)) {
    stage->kind_ = Kind::kUnknown;
    build.warnings.push_back("\"" + config.database + "\" is no database of db_type " +
                             config.database_type + ": the stage does nothing");
  }
  if (!config.source.has_value() || config.source->empty()) {
    build.warnings.emplace_back("there is no source: the stage does nothing");
  } else {
    stage->source_ = build.names.extracted(*config.source);
  }
  for (const KnownField& field : stage->kind_ == Kind::kAsn ? asn_fields() : city_fields()) {
    stage->fields_.push_back(
        {.label = build.names.label(field.label), .path = field.path});
  }
  stage->latitude_ = {.label = build.names.label("geoip_location_latitude"),
                      .path = {"location", "latitude"}};
  stage->longitude_ = {.label = build.names.label("geoip_location_longitude"),
                       .path = {"location", "longitude"}};
  return std::unique_ptr<Stage>(std::move(stage));
}

Verdict GeoIpStage::run(Entry& entry, StageContext& context) {
  if (!source_.has_value() || kind_ == Kind::kUnknown) return Verdict::kKeep;
  const auto source = text_of(entry.extracted[*source_], context.arena());
  if (!source.has_value()) return Verdict::kKeep;
  const auto address = address_of(*source);
  if (!address.has_value()) return Verdict::kKeep;
  int status = MMDB_SUCCESS;
  MMDB_lookup_result_s found = MMDB_lookup_sockaddr(
      &database_->handle, reinterpret_cast<const sockaddr*>(&*address), &status);
  if (status != MMDB_SUCCESS || !found.found_entry) return Verdict::kKeep;
  for (const Field& field : fields_) {
    const auto text = text_at(found.entry, field.path, context.arena());
    if (text.has_value() && is_valid_utf8(*text)) context.set_label(field.label, *text);
  }
  if (kind_ != Kind::kCity) return Verdict::kKeep;
  const double latitude = number_at(found.entry, latitude_.path);
  const double longitude = number_at(found.entry, longitude_.path);
  if (latitude == 0 && longitude == 0) return Verdict::kKeep;
  context.set_label(latitude_.label, context.arena().copy(go_number(latitude)));
  context.set_label(longitude_.label, context.arena().copy(go_number(longitude)));
  return Verdict::kKeep;
}

}  // namespace tailrace::pipeline
