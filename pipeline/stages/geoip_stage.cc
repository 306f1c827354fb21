// `geoip`: what a MaxMind database says of an address becomes labels.
#include "pipeline/stages/geoip_stage.h"

#include <utility>

#include "base/metrics.h"
#include "pipeline/explanation.h"
#include "pipeline/mmdb/database.h"
#include "pipeline/stage_context.h"
#include "pipeline/value_text.h"

namespace tailrace::pipeline {

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

std::optional<std::string_view> text_of(const mmdb::Field& field, Arena& arena) {
  if (field.kind == mmdb::Field::Kind::kText && !field.text.empty()) return field.text;
  if (field.kind != mmdb::Field::Kind::kUnsigned || field.integer == 0) return std::nullopt;
  return arena.copy(std::to_string(field.integer));
}

double number_of(const std::optional<mmdb::Field>& field) {
  return field.has_value() && field->kind == mmdb::Field::Kind::kDouble ? field->number : 0;
}

bool fits(std::string_view type, GeoIpStage::Kind kind) {
  const auto has = [type](std::string_view part) {
    return type.find(part) != std::string_view::npos;
  };
  if (kind == GeoIpStage::Kind::kAsn) return has("ASN") || has("ISP");
  return has("City") || has("Country") || has("Enterprise") || has("Precision");
}

}  // namespace

Result<std::unique_ptr<Stage>> GeoIpStage::create(const config::GeoIpStageConfig& config,
                                                  StageBuild& build) {
  auto database = mmdb::Database::open(config.database);
  if (!database.has_value()) return fail(database.error().code, "db: " + database.error().message);
  auto stage = std::make_unique<GeoIpStage>(std::move(*database));
  if (config.database_type == "city") stage->kind_ = Kind::kCity;
  if (config.database_type == "asn") stage->kind_ = Kind::kAsn;
  if (stage->kind_ == Kind::kUnknown) {
    build.warnings.push_back(
        {"no-effect", "db_type \"" + config.database_type +
                          "\" is neither city nor asn: the stage does nothing"});
  } else if (!fits(stage->database_->type(), stage->kind_)) {
    stage->kind_ = Kind::kUnknown;
    build.warnings.push_back({"no-effect", "\"" + config.database +
                                               "\" is no database of db_type " +
                                               config.database_type + ": the stage does nothing"});
  }
  if (!config.source.has_value() || config.source->empty()) {
    build.warnings.push_back({"no-effect", "there is no source: the stage does nothing"});
  } else {
    stage->source_ = build.names.extracted(*config.source);
  }
  for (const KnownField& field : stage->kind_ == Kind::kAsn ? asn_fields() : city_fields()) {
    stage->fields_.push_back({.label = build.names.label(field.label), .path = field.path});
  }
  stage->latitude_ = {.label = build.names.label("geoip_location_latitude"),
                      .path = {"location", "latitude"}};
  stage->longitude_ = {.label = build.names.label("geoip_location_longitude"),
                       .path = {"location", "longitude"}};
  return std::unique_ptr<Stage>(std::move(stage));
}

Verdict GeoIpStage::run(Entry& entry, StageContext& context) {
  if (!source_.has_value() || kind_ == Kind::kUnknown) return Verdict::kKeep;
  const auto source = pipeline::text_of(entry.extracted[*source_], context.arena());
  if (!source.has_value()) return Verdict::kKeep;
  const auto address = mmdb::Address::parse(*source);
  if (!address.has_value()) return Verdict::kKeep;
  const auto record = database_->find(*address);
  if (!record.has_value()) return Verdict::kKeep;
  for (const Field& field : fields_) {
    const auto value = database_->value_at(*record, field.path);
    if (!value.has_value()) continue;
    const auto text = text_of(*value, context.arena());
    if (text.has_value() && is_valid_utf8(*text)) context.set_label(field.label, *text);
  }
  if (kind_ != Kind::kCity) return Verdict::kKeep;
  const double latitude = number_of(database_->value_at(*record, latitude_.path));
  const double longitude = number_of(database_->value_at(*record, longitude_.path));
  if (latitude == 0 && longitude == 0) return Verdict::kKeep;
  context.set_label(latitude_.label, context.arena().copy(go_number(latitude)));
  context.set_label(longitude_.label, context.arena().copy(go_number(longitude)));
  return Verdict::kKeep;
}

void GeoIpStage::explain(const Entry& entry, StageContext& context, Explanation& explanation) {
  std::vector<std::string>& reasons = explanation.reasons;
  if (!source_.has_value()) {
    reasons.emplace_back("there is no source: the stage does nothing");
    return;
  }
  if (kind_ == Kind::kUnknown) {
    reasons.emplace_back("the database is not of db_type: the stage does nothing");
    return;
  }
  const auto source = source_or_reason(source_, entry, context, explanation);
  if (!source.has_value()) return;
  const auto address = mmdb::Address::parse(*source);
  if (!address.has_value()) {
    reasons.push_back(in_quotes(*source) + " is no IP address");
    return;
  }
  const auto record = database_->find(*address);
  if (!record.has_value()) {
    reasons.push_back(in_quotes(*source) + " is not in the database");
    return;
  }
  std::string missing;
  for (const Field& field : fields_) {
    const auto value = database_->value_at(*record, field.path);
    if (value.has_value() && text_of(*value, context.arena()).has_value()) continue;
    missing += (missing.empty() ? "" : ", ") + context.names().label_names()[field.label];
  }
  if (!missing.empty()) {
    reasons.push_back("the database has no " + missing + " for " + in_quotes(*source));
  }
}

}  // namespace tailrace::pipeline
