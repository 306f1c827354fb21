// Fuzzes label escaping against its inverse: the text of a label set gives the values back.
// libraries: tailrace_model
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/go_quote.h"
#include "model/label_set.h"

namespace tailrace::label_text_fuzz {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = std::min(input.find('\n'), input.size());
  const std::string_view first = input.substr(0, cut);
  const std::string_view second = input.substr(std::min(cut + 1, input.size()));

  std::string quoted;
  tailrace::append_go_quoted(quoted, first);
  if (tailrace::unquote_go(quoted) != std::string(first)) std::abort();
  if (!tailrace::is_valid_utf8(quoted)) std::abort();
  for (const char c : quoted) {
    if (static_cast<unsigned char>(c) < 0x20) std::abort();
  }

  // Quotes within values are escaped, so this is where the second value begins, and only there.
  const std::string text =
      tailrace::LabelSet(std::vector<tailrace::LabelPair>{{"a", first}, {"b", second}}).text();
  if (!text.starts_with("{a=" + quoted + ", b=") || !text.ends_with("}")) std::abort();
  const std::size_t begin = 3 + quoted.size() + 4;
  const auto rest = std::string_view(text).substr(begin, text.size() - 1 - begin);
  if (tailrace::unquote_go(rest) != std::string(second)) std::abort();

  // Constants as somebody else wrote them: what they stand for can be quoted again.
  if (const auto constant = tailrace::unquote_go(input)) {
    std::string again;
    tailrace::append_go_quoted(again, *constant);
  }
  (void)tailrace::unquote_go_character(input);
  return 0;
}

}  // namespace tailrace::label_text_fuzz
