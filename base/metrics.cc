// Counters, gauges and histograms, and their text as Go's Prometheus client writes it.
//
// prometheus-cpp has a serialiser of its own. It writes le="10000000" where Promtail writes
// le="1e+07" and drops an empty HELP, and dashboards match on such text; so ours is used for
// everything, prometheus-cpp's collectables included.
#include "base/metrics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <exception>
#include <iterator>
#include <limits>
#include <string_view>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include "base/check.h"
#include "base/utf8.h"

namespace tailrace {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string_view type_name(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
    case MetricType::kSummary:
      return "summary";
    case MetricType::kUntyped:
      break;
  }
  return "untyped";
}

enum class Escape { kHelp, kLabelValue };

void append_escaped(std::string& out, std::string_view text, Escape escape) {
  // Scrapers refuse a whole page for one byte that is not UTF-8, and paths may hold any byte.
  std::string valid;
  append_as_utf8(valid, text);
  for (const char byte : valid) {
    if (byte == '\\') {
      out += "\\\\";
    } else if (byte == '\n') {
      out += "\\n";
    } else if (byte == '"' && escape == Escape::kLabelValue) {
      out += "\\\"";
    } else {
      out += byte;
    }
  }
}

// The label that a bucket or a quantile has beside its series' own.
struct ExtraLabel {
  std::string_view name;
  double value = 0;
};

void append_label(std::string& out, std::string_view name, std::string_view value) {
  out += out.ends_with('{') ? "" : ",";
  out += name;
  out += "=\"";
  append_escaped(out, value, Escape::kLabelValue);
  out += '"';
}

void append_line(std::string& out, std::string_view name, const MetricLabels& labels,
                 const ExtraLabel* extra, double value) {
  out += name;
  if (!labels.empty() || extra != nullptr) {
    out += '{';
    for (const auto& [label, text] : labels)
      append_label(out, label, text);
    if (extra != nullptr) append_label(out, extra->name, go_number(extra->value));
    out += '}';
  }
  out += ' ';
  out += go_number(value);
  out += '\n';
}

void append_sample(std::string& out, const MetricFamily& family, const MetricSample& sample) {
  if (family.type != MetricType::kHistogram && family.type != MetricType::kSummary) {
    append_line(out, family.name, sample.labels, nullptr, sample.value);
    return;
  }
  std::uint64_t count = sample.count;
  if (family.type == MetricType::kHistogram) {
    for (const auto& [bound, cumulative] : sample.buckets) {
      const ExtraLabel le{"le", bound};
      append_line(out, family.name + "_bucket", sample.labels, &le,
                  static_cast<double>(cumulative));
      count = cumulative;
    }
  } else {
    for (const auto& [quantile, value] : sample.quantiles) {
      const ExtraLabel label{"quantile", quantile};
      append_line(out, family.name, sample.labels, &label, value);
    }
  }
  append_line(out, family.name + "_sum", sample.labels, nullptr, sample.sum);
  append_line(out, family.name + "_count", sample.labels, nullptr, static_cast<double>(count));
}

// A family as it is shown: the first of its name, and its series of all places.
struct MergedFamily {
  const MetricFamily* first = nullptr;
  std::vector<const MetricSample*> samples;
};

// Sorted by labels, of equal ones the first. Most families come from one place, in order: with a
// series per file, ordering them anew was half of the time that the page took.
void order(std::vector<const MetricSample*>& samples) {
  const auto less = [](const MetricSample* a, const MetricSample* b) {
    return a->labels < b->labels;
  };
  if (!std::is_sorted(samples.begin(), samples.end(), less)) {
    std::stable_sort(samples.begin(), samples.end(), less);
  }
  const auto end = std::unique(
      samples.begin(), samples.end(),
      [](const MetricSample* a, const MetricSample* b) { return a->labels == b->labels; });
  samples.erase(end, samples.end());
}

void append_family(std::string& out, MergedFamily& merged) {
  order(merged.samples);
  const MetricFamily& family = *merged.first;
  out += "# HELP " + family.name + " ";
  append_escaped(out, family.help, Escape::kHelp);
  out += "\n# TYPE " + family.name + " ";
  out += type_name(family.type);
  out += '\n';
  for (const MetricSample* const sample : merged.samples)
    append_sample(out, family, *sample);
}

// Families of one name merged, sorted by name.
std::string text_of(const std::vector<MetricFamily>& all) {
  std::map<std::string_view, MergedFamily> merged;
  for (const MetricFamily& family : all) {
    if (family.samples.empty()) continue;
    MergedFamily& target = merged[family.name];
    if (target.first == nullptr) target.first = &family;
    if (target.first->type != family.type) continue;
    for (const MetricSample& sample : family.samples)
      target.samples.push_back(&sample);
  }
  std::string out;
  for (auto& [name, family] : merged)
    append_family(out, family);
  return out;
}

MetricType converted(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter:
      return MetricType::kCounter;
    case prometheus::MetricType::Gauge:
      return MetricType::kGauge;
    case prometheus::MetricType::Histogram:
      return MetricType::kHistogram;
    case prometheus::MetricType::Summary:
      return MetricType::kSummary;
    case prometheus::MetricType::Untyped:
      break;
  }
  return MetricType::kUntyped;
}

MetricSample converted(MetricType type, const prometheus::ClientMetric& metric) {
  MetricSample sample;
  for (const auto& label : metric.label)
    sample.labels.emplace(label.name, label.value);
  switch (type) {
    case MetricType::kCounter:
      sample.value = metric.counter.value;
      break;
    case MetricType::kGauge:
      sample.value = metric.gauge.value;
      break;
    case MetricType::kUntyped:
      sample.value = metric.untyped.value;
      break;
    case MetricType::kSummary:
      for (const auto& quantile : metric.summary.quantile) {
        sample.quantiles.emplace_back(quantile.quantile, quantile.value);
      }
      sample.sum = metric.summary.sample_sum;
      sample.count = metric.summary.sample_count;
      break;
    case MetricType::kHistogram:
      for (const auto& bucket : metric.histogram.bucket) {
        sample.buckets.emplace_back(bucket.upper_bound, bucket.cumulative_count);
      }
      if (sample.buckets.empty() || sample.buckets.back().first != kInfinity) {
        sample.buckets.emplace_back(kInfinity, metric.histogram.sample_count);
      }
      sample.sum = metric.histogram.sample_sum;
      break;
  }
  return sample;
}

void append_collected(const prometheus::Collectable& collectable, std::vector<MetricFamily>& out) {
  std::vector<prometheus::MetricFamily> families;
  try {
    families = collectable.Collect();
  } catch (const std::exception&) {
    return;  // The other families are still worth a page.
  }
  for (const auto& family : families) {
    MetricFamily& target = out.emplace_back();
    target.name = family.name;
    target.help = family.help;
    target.type = converted(family.type);
    for (const auto& metric : family.metric) {
      target.samples.push_back(converted(target.type, metric));
    }
  }
}

}  // namespace

std::string go_number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value == 0) return "0";  // Minus zero too.
  std::array<char, 64> buffer{};
  const auto print = [&](std::chars_format format) {
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format).ptr;
    return std::string(buffer.data(), end);
  };
  std::string scientific = print(std::chars_format::scientific);
  // strconv's 'g' in its shortest form (docs/compatibility.md, Metrics): plain from 1e-4 up to 6
  // digits before the point. Both libraries write at least two digits of exponent.
  int exponent = 0;
  const std::size_t digits = scientific.find('e') + 2;  // Behind the exponent's sign.
  std::from_chars(scientific.data() + digits, scientific.data() + scientific.size(), exponent);
  if (scientific[digits - 1] == '-') exponent = -exponent;
  if (exponent < -4 || exponent >= 6) return scientific;
  return print(std::chars_format::fixed);
}

MetricHistogram::MetricHistogram(std::vector<double> bounds) : bounds_(std::move(bounds)) {
  TAILRACE_CHECK(std::is_sorted(bounds_.begin(), bounds_.end()));
  counts_.resize(bounds_.size() + 1);
}

void MetricHistogram::observe(double value) {
  const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  const MutexLock lock(mutex_);
  ++counts_[static_cast<std::size_t>(bucket)];
  sum_ += value;
}

MetricSample MetricHistogram::sample() const {
  MetricSample result;
  std::uint64_t cumulative = 0;
  const MutexLock lock(mutex_);
  for (std::size_t i = 0; i < bounds_.size(); ++i) {
    cumulative += counts_[i];
    result.buckets.emplace_back(bounds_[i], cumulative);
  }
  result.buckets.emplace_back(kInfinity, cumulative + counts_.back());
  result.sum = sum_;
  return result;
}

struct Metrics::Family {
  MetricType type = MetricType::kCounter;
  std::string help;
  std::map<MetricLabels, MetricValue> values;
  std::map<MetricLabels, MetricHistogram> histograms;
};

Metrics::Metrics() = default;
Metrics::~Metrics() = default;

Metrics::Family& Metrics::family(MetricType type, const std::string& name,
                                 const std::string& help) {
  std::unique_ptr<Family>& place = families_[name];
  if (place == nullptr) {
    place = std::make_unique<Family>();
    place->type = type;
    place->help = help;
  }
  TAILRACE_CHECK(place->type == type);
  return *place;
}

MetricValue& Metrics::value(MetricType type, const std::string& name, const std::string& help,
                            const MetricLabels& labels) {
  const MutexLock lock(mutex_);
  return family(type, name, help).values[labels];
}

MetricValue& Metrics::counter(const std::string& name, const std::string& help,
                              const MetricLabels& labels) {
  return value(MetricType::kCounter, name, help, labels);
}

MetricValue& Metrics::gauge(const std::string& name, const std::string& help,
                            const MetricLabels& labels) {
  return value(MetricType::kGauge, name, help, labels);
}

MetricHistogram& Metrics::histogram(const std::string& name, const std::string& help,
                                    const std::vector<double>& bounds, const MetricLabels& labels) {
  const MutexLock lock(mutex_);
  auto& histograms = family(MetricType::kHistogram, name, help).histograms;
  return histograms.try_emplace(labels, bounds).first->second;
}

int Metrics::add_collector(Collector collector) {
  const MutexLock lock(collectors_mutex_);
  const int token = next_token_++;
  collectors_.emplace(token, std::move(collector));
  return token;
}

void Metrics::remove_collector(int token) {
  const MutexLock lock(collectors_mutex_);
  collectors_.erase(token);
}

int Metrics::add_collectable(std::weak_ptr<const prometheus::Collectable> collectable) {
  return add_collector([collectable = std::move(collectable)](std::vector<MetricFamily>& out) {
    if (const auto alive = collectable.lock()) append_collected(*alive, out);
  });
}

void Metrics::append_own(std::vector<MetricFamily>& out) const {
  const MutexLock lock(mutex_);
  for (const auto& [name, family] : families_) {
    MetricFamily& shown = out.emplace_back();
    shown.name = name;
    shown.help = family->help;
    shown.type = family->type;
    for (const auto& [labels, value] : family->values) {
      shown.samples.push_back({.labels = labels, .value = value.value()});
    }
    for (const auto& [labels, histogram] : family->histograms) {
      shown.samples.push_back(histogram.sample());
      shown.samples.back().labels = labels;
    }
  }
}

std::string Metrics::serialize(std::vector<MetricFamily> more) const {
  std::vector<MetricFamily> all;
  append_own(all);
  {
    const MutexLock lock(collectors_mutex_);
    for (const auto& [token, collect] : collectors_)
      collect(all);
  }
  std::move(more.begin(), more.end(), std::back_inserter(all));
  return text_of(all);
}

std::string Metrics::serialize_own() const {
  std::vector<MetricFamily> own;
  append_own(own);
  return text_of(own);
}

}  // namespace tailrace
