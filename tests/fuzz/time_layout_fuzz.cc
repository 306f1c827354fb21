// Fuzzes layouts: a time that is written in a layout is read back from it.
// libraries: tailrace_pipeline_go_template tailrace_pipeline_go_time
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "pipeline/go_template/times.h"
#include "pipeline/go_time/layout.h"

namespace tailrace::time_layout_fuzz {
namespace {

using tailrace::Timestamp;

// Chooses by the bytes of the input; zeros at its end.
class Choices {
 public:
  Choices(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  std::uint64_t number(std::uint64_t below) {
    std::uint64_t value = 0;
    for (std::uint64_t room = below; room > 1; room /= 256)
      value = value * 256 + (at_ < size_ ? data_[at_++] : 0U);
    return value % below;
  }
  template <std::size_t kCount>
  std::string_view one_of(const std::array<std::string_view, kCount>& items) {
    return items[number(kCount)];
  }

 private:
  const std::uint8_t* const data_;
  const std::size_t size_;
  std::size_t at_ = 0;
};

struct Made {
  std::string layout;
  std::size_t decimals = 0;
};

// A layout that says everything; what stands between its parts is no token with what follows.
Made make_layout(Choices& choices) {
  constexpr std::array<std::string_view, 8> kBetween = {"-", "/", " ", "T", ":", "  ", "] [", "@x"};
  constexpr std::array<std::string_view, 4> kMonths = {"01", "1", "Jan", "January"};
  constexpr std::array<std::string_view, 3> kDays = {"02", "2", "_2"};
  constexpr std::array<std::string_view, 4> kYearDays = {"002", "__2", "002", "__2"};
  constexpr std::array<std::string_view, 2> kMinutes = {"04", "4"};
  constexpr std::array<std::string_view, 2> kSeconds = {"05", "5"};
  constexpr std::array<std::string_view, 11> kZones = {"Z07:00",    "Z0700", "Z07",    "Z070000",
                                                       "Z07:00:00", "-0700", "-07:00", "-07",
                                                       "-07:00:00", "MST",   ""};
  constexpr std::array<std::string_view, 3> kWeekDays = {"Mon", "Monday", ""};
  Made made;
  std::string& out = made.layout;
  const auto between = [&] { out += choices.one_of(kBetween); };
  const std::string_view week_day = choices.one_of(kWeekDays);
  out += week_day;
  if (!week_day.empty()) out += ' ';
  out += "2006";
  between();
  if (choices.number(4) == 0) {
    out += choices.one_of(kYearDays);
  } else {
    out += choices.one_of(kMonths);
    out += ' ';
    out += choices.one_of(kDays);
  }
  between();
  const std::uint64_t clock = choices.number(5);
  constexpr std::array<std::string_view, 5> kHours = {"15", "03", "3", "03", "3"};
  out += kHours[clock];
  between();
  out += choices.one_of(kMinutes);
  between();
  out += choices.one_of(kSeconds);
  const std::uint64_t fraction = choices.number(12);
  if (fraction > 0) {
    made.decimals = (fraction - 1) % 9 + 1;
    out += choices.number(2) == 0 ? '.' : ',';
    out += std::string(made.decimals, choices.number(2) == 0 ? '0' : '9');
  }
  if (clock > 0) out += clock < 3 ? " PM" : " pm";
  out += ' ';
  out += choices.one_of(kZones);
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tailrace::pipeline;
  Choices choices(data, size);
  const Made made = make_layout(choices);
  constexpr auto kSeconds =
      static_cast<std::uint64_t>(Timestamp::kSecondsMax - Timestamp::kSecondsMin) + 1;
  const std::int64_t seconds =
      Timestamp::kSecondsMin + static_cast<std::int64_t>(choices.number(kSeconds));
  std::int64_t nanoseconds = static_cast<std::int64_t>(choices.number(1'000'000'000));
  std::int64_t unit = 1'000'000'000;
  for (std::size_t i = 0; i < made.decimals; ++i)
    unit /= 10;
  nanoseconds -= nanoseconds % unit;

  std::string text;
  go_template::append_time(text, go_template::make_time(seconds, nanoseconds, ""), made.layout,
                           go_time::Zone());
  const go_time::ZoneFiles no_files{
      .read = [](const std::string& path) -> tailrace::Result<std::string> {
        return tailrace::fail(ENOENT, path);
      },
      .tz = std::nullopt};
  const auto parser = TimeParser::create(made.layout, std::nullopt, no_files);
  if (!parser) std::abort();
  const auto read = (*parser)->parse(text, 0);
  if (read != Timestamp::of(seconds, nanoseconds)) std::abort();
  return 0;
}

}  // namespace tailrace::time_layout_fuzz
