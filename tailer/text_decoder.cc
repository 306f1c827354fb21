// Line by line conversion with the C library's iconv().
//
// The stored bytes are searched for the line end as the encoding writes it, at multiples of its
// unit; then each line is converted for itself. So the position of every line is exact without any
// bookkeeping of how many stored bytes became how many bytes of text, and damage in one line cannot
// reach into the next.
#include "tailer/text_decoder.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/utf8.h"

namespace tailrace::tailer {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::size_t kUtf8BytesMax = 4;

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return result;
}

// Names of IANA's that the C library calls otherwise, and two whose usual content is a superset.
struct Alias {
  std::string_view name;
  const char* iconv_name;
};
constexpr std::array kAliases = {Alias{"IBM00858", "CP858"},
                                 Alias{"IBM01140", "IBM1140"},
                                 Alias{"ISO-8859-6-E", "ISO-8859-6"},
                                 Alias{"ISO-8859-6-I", "ISO-8859-6"},
                                 Alias{"ISO-8859-8-E", "ISO-8859-8"},
                                 Alias{"ISO-8859-8-I", "ISO-8859-8"},
                                 Alias{"KS_C_5601-1987", "CP949"},
                                 Alias{"EUC-KR", "CP949"},
                                 Alias{"SHIFT_JIS", "CP932"},
                                 Alias{"X-MAC-CYRILLIC", "MAC-CYRILLIC"},
                                 Alias{"ISO-10646-UCS-2", "UTF-16"},
                                 Alias{"ISO-10646-UCS-4", "UTF-32"},
                                 Alias{"UTF8", "UTF-8"},
                                 Alias{"UTF16", "UTF-16"},
                                 Alias{"UTF16LE", "UTF-16LE"},
                                 Alias{"UTF16BE", "UTF-16BE"},
                                 Alias{"UTF32", "UTF-32"},
                                 Alias{"UTF32LE", "UTF-32LE"},
                                 Alias{"UTF32BE", "UTF-32BE"}};

std::string iconv_name(const std::string& encoding) {
  std::string name = upper(encoding);
  for (const Alias& alias : kAliases) {
    if (name == alias.name) return alias.iconv_name;
  }
  return name;
}

bool is_utf16(std::string_view name) {
  return name.starts_with("UTF-16");
}
bool is_utf32(std::string_view name) {
  return name.starts_with("UTF-32");
}

// The byte order mark in this encoding; empty: it has none.
std::string_view mark_of(std::string_view name) {
  if (name == "UTF-8") return "\xEF\xBB\xBF"sv;
  if (name == "UTF-16LE") return "\xFF\xFE"sv;
  if (name == "UTF-16BE") return "\xFE\xFF"sv;
  if (name == "UTF-32LE") return "\xFF\xFE\0\0"sv;
  if (name == "UTF-32BE") return "\0\0\xFE\xFF"sv;
  return {};
}

// With the byte order, for encodings that have one.
std::string with_byte_order(const std::string& name, std::string_view head) {
  if (!is_utf16(name) && !is_utf32(name)) return name;
  const std::string family = name.substr(0, 6);
  for (const char* const order : {"LE", "BE"}) {
    const std::string candidate = family + order;
    if (head.starts_with(mark_of(candidate))) return candidate;
  }
  return name == family ? family + "BE" : name;
}

// An iconv descriptor.
class Converter {
 public:
  Converter(const char* to, const char* from) : descriptor_(iconv_open(to, from)) {}
  ~Converter() {
    if (valid()) iconv_close(descriptor_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  bool valid() const {
    // iconv's way to say "none".
    return reinterpret_cast<std::intptr_t>(descriptor_) != -1;
  }
  iconv_t get() const { return descriptor_; }

 private:
  const iconv_t descriptor_;
};

// `count` newlines in the encoding; empty when it cannot be written.
std::string encoded_newlines(const std::string& name, std::size_t count) {
  const Converter converter(name.c_str(), "UTF-8");
  if (!converter.valid()) return {};
  std::string text(count, '\n');
  std::array<char, 32> out{};
  char* from = text.data();
  std::size_t from_bytes = text.size();
  char* to = out.data();
  std::size_t to_bytes = out.size();
  const std::size_t failed = static_cast<std::size_t>(-1);
  if (iconv(converter.get(), &from, &from_bytes, &to, &to_bytes) == failed) return {};
  return {out.data(), out.size() - to_bytes};
}

tl::unexpected<Error> unknown(const std::string& encoding) {
  return fail(Error::kInvalid, "encoding \"" + encoding + "\" is not known");
}

}  // namespace

struct TextDecoder::State {
  State(const std::string& encoding, std::size_t limit)
      : name(encoding),
        mark(mark_of(name)),
        newline(encoded_newlines(name, 1)),
        line_bytes_max(limit),
        converter("UTF-8", name.c_str()) {}

  std::size_t unit() const { return newline.size(); }

  const std::string name;
  const std::string_view mark;  // Of a constant.
  const std::string newline;
  const std::size_t line_bytes_max;
  const Converter converter;
};

TextDecoder::TextDecoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
TextDecoder::~TextDecoder() = default;

Status TextDecoder::check(const std::string& encoding) {
  const auto decoder = create(encoding, {}, 1);
  if (!decoder) return fail(decoder.error());
  return {};
}

std::size_t TextDecoder::head_bytes(const std::string& encoding) {
  const std::string name = iconv_name(encoding);
  return is_utf16(name) ? 2 : is_utf32(name) ? 4 : 0;
}

Result<std::unique_ptr<TextDecoder>> TextDecoder::create(const std::string& encoding,
                                                         std::span<const char> head,
                                                         std::size_t line_bytes_max) {
  // A slash would begin iconv's own options, "char" mean the locale.
  const std::string name =
      with_byte_order(iconv_name(encoding), std::string_view(head.data(), head.size()));
  if (name.empty() || name == "CHAR" || name.find('/') != std::string::npos) {
    return unknown(encoding);
  }
  auto state = std::make_unique<State>(name, line_bytes_max);
  if (!state->converter.valid()) return unknown(encoding);
  // The search for line ends needs one fixed form of them, without marks or shifts.
  const std::size_t unit = state->unit();
  if ((unit != 1 && unit != 2 && unit != 4) ||
      encoded_newlines(name, 2) != state->newline + state->newline) {
    return fail(Error::kInvalid, "encoding \"" + encoding + "\" is not supported");
  }
  return std::make_unique<TextDecoder>(std::move(state));
}

std::size_t TextDecoder::input_bytes_max() const {
  return (state_->line_bytes_max + 2) * state_->unit() + state_->mark.size();
}

std::size_t TextDecoder::find_newline(std::span<const char> bytes, std::size_t from) const {
  const std::string& newline = state_->newline;
  const std::size_t unit = newline.size();
  const std::size_t end = bytes.size() - (bytes.size() - from) % unit;
  // The byte of the unit that is not zero is the rare one.
  const std::size_t rare = newline.find_first_not_of('\0');
  std::size_t at = from;
  while (at < end) {
    const void* const found = std::memchr(bytes.data() + at, newline[rare], end - at);
    if (found == nullptr) return end;
    const auto index = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
    const std::size_t begin = index - (index - from) % unit;
    if (index - begin == rare && std::memcmp(bytes.data() + begin, newline.data(), unit) == 0) {
      return begin;
    }
    at = index + 1;
  }
  return end;
}

std::size_t TextDecoder::leading_bytes(const Input& input) const {
  const std::string_view text(input.bytes.data(), input.bytes.size());
  if (input.begin == 0) return text.starts_with(state_->mark) ? state_->mark.size() : 0;
  // Promtail splits UTF-16 at the byte 0x0A, so its positions may be inside a unit: the next one is
  // where the line begins.
  const auto over = static_cast<std::size_t>(input.begin % state_->unit());
  return over == 0 ? 0 : std::min(state_->unit() - over, text.size());
}

// iconv() lets through what has not been UTF-8 since 2003 (five bytes and more), so here is our
// own.
TextDecoder::LineText TextDecoder::copy_utf8(std::string_view stored, InputEnd end,
                                             std::span<char> out) {
  LineText result;
  while (result.stored_bytes < stored.size()) {
    const std::string_view rest = stored.substr(result.stored_bytes);
    const std::size_t length = utf8_sequence_bytes(rest);
    const bool half = length == 0 && end == InputEnd::kCut && rest.size() < kUtf8BytesMax;
    if (half) break;
    const std::string_view text = length > 0 ? rest.substr(0, length) : kReplacement;
    if (text.size() > out.size() - result.decoded_bytes) {
      result.complete = false;
      break;
    }
    std::copy(text.begin(), text.end(), out.subspan(result.decoded_bytes).begin());
    result.stored_bytes += std::max<std::size_t>(length, 1);
    result.decoded_bytes += text.size();
    if (length == 0) ++result.replacements;
  }
  return result;
}

TextDecoder::LineText TextDecoder::convert(std::span<const char> stored, InputEnd end,
                                           std::span<char> out) {
  if (state_->name == "UTF-8") return copy_utf8({stored.data(), stored.size()}, end, out);
  constexpr auto kFailed = static_cast<std::size_t>(-1);
  const iconv_t descriptor = state_->converter.get();
  iconv(descriptor, nullptr, nullptr, nullptr, nullptr);
  // iconv() does not write to its input; its signature is older than const.
  char* from = const_cast<char*>(stored.data());
  std::size_t from_bytes = stored.size();
  char* to = out.data();
  std::size_t to_bytes = out.size();
  LineText result;
  while (from_bytes > 0) {
    if (iconv(descriptor, &from, &from_bytes, &to, &to_bytes) != kFailed) break;
    if (errno == EINVAL && end == InputEnd::kCut) break;  // Half a character, of no importance.
    if (errno == E2BIG || to_bytes < kReplacement.size()) {
      result.complete = false;
      break;
    }
    const std::size_t bad = errno == EINVAL ? from_bytes : std::min(state_->unit(), from_bytes);
    from += bad;
    from_bytes -= bad;
    to = std::copy(kReplacement.begin(), kReplacement.end(), to);
    to_bytes -= kReplacement.size();
    ++result.replacements;
  }
  // Some encodings keep a letter back because an accent could follow.
  if (result.complete && iconv(descriptor, nullptr, nullptr, &to, &to_bytes) == kFailed) {
    result.complete = false;
  }
  result.stored_bytes = stored.size() - from_bytes;
  result.decoded_bytes = out.size() - to_bytes;
  return result;
}

DecodeResult TextDecoder::decode(const Input& input, std::span<char> out, LineBlock& block) {
  const std::span<const char> bytes = input.bytes;
  const std::size_t unit = state_->unit();
  const std::size_t stored_max = state_->line_bytes_max * unit;
  DecodeResult result;
  result.frame.state = input.state;
  std::size_t at = leading_bytes(input);
  std::size_t lines = 0;
  while (lines < LineFramer::kLinesMax) {
    const std::size_t newline = find_newline(bytes, at);
    const bool terminated = newline + unit <= bytes.size() && newline < bytes.size();
    const std::size_t line_end =
        terminated || input.end == Input::End::kMoreMayFollow ? newline : bytes.size();
    const std::size_t after = terminated ? newline + unit : line_end;
    if (result.frame.state == LineState::kSkipping) {
      result.frame.skipped_bytes += after - at;
      at = after;
      if (!terminated) break;
      result.frame.state = LineState::kAtStart;
      continue;
    }
    const bool over = line_end - at > stored_max;
    if (!terminated && !over && (input.end == Input::End::kMoreMayFollow || at == line_end)) break;

    const std::span<char> room = out.subspan(result.decoded_bytes);
    const std::span<char> target = room.first(std::min(room.size(), state_->line_bytes_max));
    const LineText text = convert(bytes.subspan(at, std::min(line_end - at, stored_max)),
                                  over ? InputEnd::kCut : InputEnd::kLineEnd, target);
    if (!text.complete && target.size() < state_->line_bytes_max) {
      result.needs_room = lines == 0;
      break;
    }
    const bool cut_short = over || !text.complete;
    const std::size_t next = cut_short ? at + text.stored_bytes : after;
    block.lines.push_back({.text = {target.data(), text.decoded_bytes},
                           .begin = input.begin + at,
                           .next = input.begin + next,
                           .cut_short = cut_short});
    if (cut_short) result.frame.state = LineState::kSkipping;
    result.decoded_bytes += text.decoded_bytes;
    result.replacements += text.replacements;
    at = next;
    ++lines;
  }
  result.frame.consumed = at;
  return result;
}

}  // namespace tailrace::tailer
