// Encodings: line ends, positions, byte order marks, damage and limits.
#include "tailer/text_decoder.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::tailer {
namespace {

using namespace std::string_view_literals;
using End = TextDecoder::Input::End;

// "ab\n" as UTF-16, little and big endian.
std::string utf16(std::u16string_view text, bool little = true) {
  std::string result;
  for (const char16_t unit : text) {
    const char low = static_cast<char>(unit & 0xFF);
    const char high = static_cast<char>(unit >> 8);
    result += little ? low : high;
    result += little ? high : low;
  }
  return result;
}

std::unique_ptr<TextDecoder> make(const std::string& encoding, std::string_view head = {},
                                  std::size_t line_bytes_max = 1000) {
  auto decoder = TextDecoder::create(encoding, head, line_bytes_max);
  EXPECT_TRUE(decoder) << encoding;
  return std::move(*decoder);
}

// A block with the memory that its lines view into.
struct Decoded {
  std::vector<char> memory;
  LineBlock block;
  DecodeResult result;

  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const Line& line : block.lines)
      all.emplace_back(line.text);
    return all;
  }
};

Decoded decode(TextDecoder& decoder, const TextDecoder::Input& input, std::size_t room = 4000) {
  Decoded decoded;
  decoded.memory.resize(room);
  decoded.result = decoder.decode(input, decoded.memory, decoded.block);
  return decoded;
}

using Texts = std::vector<std::string>;

struct EncodingCase {
  const char* name;
  std::string_view stored;
  Texts texts;
  std::uint64_t replacements = 0;
};

TEST(TextDecoder, converts_lines_of_many_encodings) {
  const std::vector<EncodingCase> cases = {
      {"windows-1252", "\x80 z\xfcrich\r\nx\n", {"\xe2\x82\xac z\xc3\xbcrich\r", "x"}},
      {"ISO-8859-1", "\xe4\n", {"\xc3\xa4"}},
      {"latin1", "\xe4\n", {"\xc3\xa4"}},
      {"GBK", "\xc4\xe3\xba\xc3\n", {"\xe4\xbd\xa0\xe5\xa5\xbd"}},
      {"gb18030", "\x81\x30\x81\x30\n", {"\xc2\x80"}},
      {"Big5", "\xa4\xa4\n", {"\xe4\xb8\xad"}},
      {"Shift_JIS", "\x83\x5c\x5c\n", {"\xe3\x82\xbd\\"}},
      {"EUC-JP", "\xa4\xa2\n", {"\xe3\x81\x82"}},
      {"EUC-KR", "\xb0\xa1\n", {"\xea\xb0\x80"}},
      {"ISO-2022-JP", "\x1b$B$\"\x1b(B\n\x1b$B$$\x1b(B\n", {"\xe3\x81\x82", "\xe3\x81\x84"}},
      {"KOI8-R", "\xc1\n", {"\xd0\xb0"}},
      {"IBM037", "\x81\x25\x82\x25", {"a", "b"}},
      {"x-mac-cyrillic", "\x80\n", {"\xd0\x90"}},
      {"IBM00858", "\xd5\n", {"\xe2\x82\xac"}},
      {"windows-1258", "a\xcc\nxa\n", {"\xc3\xa0", "xa"}},
      {"UTF-8", "\xc3\xa4\n", {"\xc3\xa4"}},
      {"UTF-8", "\xef\xbb\xbf\xc3\xa4\n", {"\xc3\xa4"}},
      {"UTF-8", "a\xff\xc3\nb\n", {"a\xef\xbf\xbd\xef\xbf\xbd", "b"}, 2},
      {"GBK", "\x81\nb\n", {"\xef\xbf\xbd", "b"}, 1},
      {"UTF-16LE", "a\0\n\0\n\0b\0"sv, {"a", ""}},
      {"UTF-16LE", "\x0a\x0a\n\0"sv, {"\xe0\xa8\x8a"}},  // U+0A0A is no line end.
      {"UTF-16LE", "a\x0a\0\x0a\n\0"sv, {"\xe0\xa9\xa1\xe0\xa8\x80"}},
      {"UTF-16LE", "\x3d\xd8\n\0b\0\n\0"sv, {"\xef\xbf\xbd", "b"}, 1},  // Half a pair.
      {"UTF-16LE", "\x3d\xd8\x00\xde\n\0"sv, {"\xf0\x9f\x98\x80"}},
      {"UTF-16LE", "\xff\xfe\x61\0\n\0"sv, {"a"}},
      {"UTF-16BE", "\0a\0\n\0b"sv, {"a"}},
      {"UTF-16BE", "\xfe\xff\0a\0\n"sv, {"a"}},
      {"UTF-16", "\xff\xfe\x61\0\n\0"sv, {"a"}},
      {"UTF-16", "\xfe\xff\0a\0\n"sv, {"a"}},
      {"UTF-16", "\0a\0\n"sv, {"a"}},
      {"utf-16le", "\xfe\xff\0a\0\n"sv, {"a"}},  // The mark wins.
      {"UTF-32", "\xff\xfe\0\0a\0\0\0\n\0\0\0"sv, {"a"}},
      {"UTF-32", "\0\0\0a\0\0\0\n"sv, {"a"}},
      {"UTF-32LE", "a\0\0\0\n\0\0\0"sv, {"a"}},
      {"ISO-10646-UCS-2", "\xff\xfe\x61\0\n\0"sv, {"a"}},
  };
  for (const EncodingCase& one : cases) {
    const std::size_t head_bytes = TextDecoder::head_bytes(one.name);
    const auto decoder = make(one.name, one.stored.substr(0, head_bytes));
    const Decoded decoded = decode(*decoder, {.bytes = one.stored});
    EXPECT_EQ(decoded.texts(), one.texts) << one.name;
    EXPECT_EQ(decoded.result.replacements, one.replacements) << one.name;
    EXPECT_EQ(decoded.result.frame.state, LineState::kAtStart) << one.name;
    EXPECT_FALSE(decoded.result.needs_room) << one.name;
    if (!decoded.block.lines.empty()) {
      EXPECT_EQ(decoded.block.lines.back().next, decoded.result.frame.consumed) << one.name;
    }
  }
}

TEST(TextDecoder, wants_the_beginning_of_files_with_a_byte_order) {
  EXPECT_EQ(TextDecoder::head_bytes("utf-16"), 2U);
  EXPECT_EQ(TextDecoder::head_bytes("UTF-16LE"), 2U);
  EXPECT_EQ(TextDecoder::head_bytes("UTF-32"), 4U);
  EXPECT_EQ(TextDecoder::head_bytes("UTF-8"), 0U);
  EXPECT_EQ(TextDecoder::head_bytes("GBK"), 0U);
}

TEST(TextDecoder, refuses_names_that_are_not_encodings) {
  for (const char* name :
       {"", "no-such-encoding", "UTF-8//IGNORE", "char", "CHAR", "UNICODE", "/"}) {
    const Status status = TextDecoder::check(name);
    ASSERT_FALSE(status) << name;
    EXPECT_EQ(status.error().code, Error::kInvalid);
    EXPECT_NE(status.error().message.find(name), std::string::npos);
  }
  EXPECT_TRUE(TextDecoder::check("windows-1252"));
}

TEST(TextDecoder, gives_positions_in_stored_bytes) {
  const std::string stored = "\xff\xfe" + utf16(u"\u00e4b\n\nc\nrest");
  const auto decoder = make("UTF-16", stored.substr(0, 2));
  const Decoded decoded = decode(*decoder, {.bytes = stored});
  ASSERT_EQ(decoded.texts(), (Texts{"\xc3\xa4"
                                    "b",
                                    "", "c"}));
  EXPECT_EQ(decoded.block.lines[0].begin, 2U);
  EXPECT_EQ(decoded.block.lines[0].next, 8U);
  EXPECT_EQ(decoded.block.lines[1].begin, 8U);
  EXPECT_EQ(decoded.block.lines[1].next, 10U);
  EXPECT_EQ(decoded.block.lines[2].next, 14U);
  EXPECT_EQ(decoded.result.frame.consumed, 14U);
  EXPECT_EQ(decoded.result.decoded_bytes, 4U);
}

TEST(TextDecoder, goes_on_at_the_position_of_any_line) {
  const std::string stored = "\xff\xfe" + utf16(u"one\ntwo\nthree\n");
  const auto decoder = make("UTF-16", stored.substr(0, 2));
  const Decoded whole = decode(*decoder, {.bytes = stored});
  for (const Line& line : whole.block.lines) {
    const auto rest = std::string_view(stored).substr(line.begin);
    const Decoded again = decode(*decoder, {.bytes = rest, .begin = line.begin});
    ASSERT_FALSE(again.block.lines.empty());
    EXPECT_EQ(again.block.lines[0].text, line.text);
    EXPECT_EQ(again.block.lines[0].begin, line.begin);
    EXPECT_EQ(again.block.lines[0].next, line.next);
  }
}

TEST(TextDecoder, goes_on_at_a_position_inside_a_unit) {
  // What a reader that splits at the byte 0x0A leaves behind.
  const std::string stored = utf16(u"a\nb\n");
  const auto decoder = make("UTF-16LE");
  const Decoded decoded =
      decode(*decoder, {.bytes = std::string_view(stored).substr(3), .begin = 3});
  ASSERT_EQ(decoded.texts(), Texts{"b"});
  EXPECT_EQ(decoded.block.lines[0].begin, 4U);
  EXPECT_EQ(decoded.block.lines[0].next, 8U);
  EXPECT_EQ(decoded.result.frame.consumed, 5U);
}

TEST(TextDecoder, waits_for_the_rest_of_a_unit_and_of_a_line) {
  const std::string stored = utf16(u"ab\n");
  const auto decoder = make("UTF-16LE");
  for (std::size_t size = 0; size < stored.size(); ++size) {
    const Decoded decoded = decode(*decoder, {.bytes = std::string_view(stored).substr(0, size)});
    EXPECT_TRUE(decoded.block.lines.empty()) << size;
    EXPECT_EQ(decoded.result.frame.consumed, 0U) << size;
  }
}

TEST(TextDecoder, takes_an_unterminated_line_at_the_end) {
  const auto decoder = make("UTF-16LE");
  const std::string stored = utf16(u"a\nlast");
  Decoded decoded = decode(*decoder, {.bytes = stored, .end = End::kEnd});
  EXPECT_EQ(decoded.texts(), (Texts{"a", "last"}));
  EXPECT_EQ(decoded.block.lines[1].next, stored.size());

  decoded = decode(*decoder, {.bytes = stored + "x", .end = End::kEnd});  // Half a unit.
  EXPECT_EQ(decoded.texts(), (Texts{"a", "last\xef\xbf\xbd"}));
  EXPECT_EQ(decoded.result.frame.consumed, stored.size() + 1);
  EXPECT_EQ(decoded.result.replacements, 1U);

  decoded = decode(*decoder, {.bytes = std::string_view(stored).substr(0, 4), .end = End::kEnd});
  EXPECT_EQ(decoded.texts(), Texts{"a"});  // No empty line behind the last end.
}

TEST(TextDecoder, cuts_a_line_whose_text_is_over_the_limit_at_a_character) {
  const auto decoder = make("windows-1252", {}, 5);
  const Decoded decoded = decode(*decoder, {.bytes = "\xe4\xe4\xe4x\nok\n"sv, .begin = 100});
  ASSERT_EQ(decoded.texts(), (Texts{"\xc3\xa4\xc3\xa4", "ok"}));
  EXPECT_TRUE(decoded.block.lines[0].cut_short);
  EXPECT_EQ(decoded.block.lines[0].begin, 100U);
  EXPECT_EQ(decoded.block.lines[0].next, 102U);
  EXPECT_EQ(decoded.block.lines[1].begin, 105U);
  EXPECT_FALSE(decoded.block.lines[1].cut_short);
  EXPECT_EQ(decoded.result.frame.skipped_bytes, 3U);
  EXPECT_EQ(decoded.result.frame.consumed, 8U);
}

TEST(TextDecoder, fills_the_limit_exactly) {
  const auto decoder = make("windows-1252", {}, 4);
  const Decoded decoded = decode(*decoder, {.bytes = "\xe4\xe4\nabcd\n"sv}, 8);
  ASSERT_EQ(decoded.texts(), (Texts{"\xc3\xa4\xc3\xa4", "abcd"}));
  EXPECT_FALSE(decoded.block.lines[0].cut_short);
  EXPECT_FALSE(decoded.block.lines[1].cut_short);
}

TEST(TextDecoder, cuts_a_line_without_end_and_skips_over_several_reads) {
  const auto decoder = make("UTF-16LE", {}, 4);
  const std::string stored = utf16(u"0123456\nok\n");
  Decoded decoded = decode(*decoder, {.bytes = std::string_view(stored).substr(0, 8)});
  EXPECT_TRUE(decoded.block.lines.empty());  // Four units are not over the limit.
  decoded = decode(*decoder, {.bytes = std::string_view(stored).substr(0, 11)});
  ASSERT_EQ(decoded.texts(), Texts{"0123"});
  EXPECT_TRUE(decoded.block.lines[0].cut_short);
  EXPECT_EQ(decoded.block.lines[0].next, 8U);
  EXPECT_EQ(decoded.result.frame.consumed, 10U);  // Half a unit stays.
  EXPECT_EQ(decoded.result.frame.state, LineState::kSkipping);

  const TextDecoder::Input rest{
      .bytes = std::string_view(stored).substr(10), .begin = 10, .state = LineState::kSkipping};
  decoded = decode(*decoder, rest);
  ASSERT_EQ(decoded.texts(), Texts{"ok"});
  EXPECT_EQ(decoded.block.lines[0].begin, 16U);
  EXPECT_EQ(decoded.result.frame.state, LineState::kAtStart);
}

TEST(TextDecoder, cuts_by_stored_size_where_text_is_smaller_than_the_file) {
  const auto decoder = make("gb18030", {}, 6);
  const Decoded decoded = decode(*decoder, {.bytes = "\x81\x30\x81\x30\x81\x30\x81\x30\nok\n"sv});
  ASSERT_EQ(decoded.texts(), (Texts{"\xc2\x80", "ok"}));
  EXPECT_TRUE(decoded.block.lines[0].cut_short);
  EXPECT_EQ(decoded.result.replacements, 0U);  // Half a character at the cut is not damage.
}

TEST(TextDecoder, stops_in_front_of_a_line_that_does_not_fit_into_the_output) {
  const auto decoder = make("windows-1252");
  Decoded decoded = decode(*decoder, {.bytes = "abc\nde\xe4\nx\n"sv}, 6);
  EXPECT_EQ(decoded.texts(), Texts{"abc"});
  EXPECT_EQ(decoded.result.frame.consumed, 4U);
  EXPECT_FALSE(decoded.result.needs_room);

  decoded = decode(*decoder, {.bytes = "de\xe4\nx\n"sv, .begin = 4}, 3);
  EXPECT_TRUE(decoded.block.lines.empty());
  EXPECT_EQ(decoded.result.frame.consumed, 0U);
  EXPECT_TRUE(decoded.result.needs_room);
}

TEST(TextDecoder, counts_damage_only_of_lines_that_it_gave) {
  const auto decoder = make("UTF-8");
  const Decoded decoded = decode(*decoder, {.bytes = "\xff\n\xff\xff\n"sv}, 5);
  EXPECT_EQ(decoded.texts(), Texts{"\xef\xbf\xbd"});
  EXPECT_EQ(decoded.result.replacements, 1U);
}

TEST(TextDecoder, stops_at_the_greatest_number_of_lines_of_a_block) {
  const auto decoder = make("windows-1252");
  const std::string newlines(LineFramer::kLinesMax + 5, '\n');
  const Decoded decoded = decode(*decoder, {.bytes = newlines});
  EXPECT_EQ(decoded.block.lines.size(), LineFramer::kLinesMax);
  EXPECT_EQ(decoded.result.frame.consumed, LineFramer::kLinesMax);
}

TEST(TextDecoder, makes_progress_with_the_input_and_output_that_it_asks_for) {
  for (const char* name : {"UTF-8", "UTF-16LE", "UTF-32", "GBK"}) {
    const auto decoder = make(name, {}, 7);
    std::string stored(decoder->input_bytes_max(), 'a');
    const Decoded decoded = decode(*decoder, {.bytes = stored, .begin = 3}, 7);
    EXPECT_EQ(decoded.block.lines.size(), 1U) << name;
    EXPECT_TRUE(decoded.block.lines.at(0).cut_short) << name;
  }
}

TEST(TextDecoder, gives_valid_utf8_only) {
  const auto decoder = make("UTF-8");
  // Six bytes, a surrogate, beyond the last code point, overlong.
  const Decoded decoded =
      decode(*decoder,
             {.bytes = "\xfc\x84\x80\x80\x80\x80\n\xed\xa0\x80\n\xf4\x90\x80\x80\n\xc0\x80\n"sv});
  ASSERT_EQ(decoded.block.lines.size(), 4U);
  EXPECT_EQ(decoded.result.replacements, 6U + 3U + 4U + 2U);
  EXPECT_EQ(decoded.block.lines[3].text, "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(TextDecoder, cuts_utf8_at_a_character) {
  const auto decoder = make("UTF-8", {}, 4);
  Decoded decoded = decode(*decoder, {.bytes = "\xc3\xa4\xe2\x82\xac\nok\n"sv});
  ASSERT_EQ(decoded.texts(), (Texts{"\xc3\xa4", "ok"}));
  EXPECT_EQ(decoded.block.lines[0].next, 2U);
  EXPECT_EQ(decoded.result.replacements, 0U);

  decoded = decode(*decoder, {.bytes = "ab\xff\n"sv});  // The replacement does not fit.
  ASSERT_EQ(decoded.texts(), Texts{"ab"});
  EXPECT_TRUE(decoded.block.lines[0].cut_short);
}

TEST(TextDecoder, starts_each_line_unshifted) {
  const auto decoder = make("ISO-2022-JP");
  // The first line ends while shifted, against the rules.
  const Decoded decoded = decode(*decoder, {.bytes = "\x1b$B$\"\nabc\n"sv});
  ASSERT_EQ(decoded.block.lines.size(), 2U);
  EXPECT_EQ(decoded.block.lines[0].text, "\xe3\x81\x82");
  EXPECT_EQ(decoded.block.lines[1].text, "abc");
}

}  // namespace
}  // namespace tailrace::tailer
