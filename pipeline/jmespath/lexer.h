// Cuts a JMESPath expression into tokens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tailrace::pipeline::jmespath {

struct Token {
  enum class Kind : std::uint8_t {
    kEnd,
    kName,
    kQuotedName,
    kNumber,
    kLiteral,  // text: JSON.
    kRawString,
    kDot,
    kStar,
    kFilter,   // [?
    kFlatten,  // []
    kLeftBracket,
    kRightBracket,
    kLeftBrace,
    kRightBrace,
    kLeftParen,
    kRightParen,
    kComma,
    kColon,
    kCurrent,
    kReference,  // &
    kAnd,
    kOr,
    kPipe,
    kNot,
    kEqual,
    kNotEqual,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
  };
  Kind kind = Kind::kEnd;
  std::string text;  // Of names, texts and literals, escapes resolved.
  std::int64_t number = 0;
  std::size_t at = 0;
};

// The last token is kEnd.
Result<std::vector<Token>> tokens_of(std::string_view expression);

Error syntax_error(std::string_view expression, std::size_t at, std::string_view what);

}  // namespace tailrace::pipeline::jmespath
