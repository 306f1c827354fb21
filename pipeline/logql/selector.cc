// The selectors of `match`: which label sets and lines are meant.
#include "pipeline/logql/selector.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/go_quote.h"

namespace tailrace::pipeline::logql {
namespace {

bool is_name_begin(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

class Parser {
 public:
  Parser(std::string_view text, NoMatchers no_matchers) : text_(text), no_matchers_(no_matchers) {}

  Result<Selector> parse() {
    Selector selector;
    if (Status read = matchers(selector.matchers); !read) return fail(read.error());
    while (skip_blanks(), at_ < text_.size()) {
      auto filter = line_filter();
      if (!filter) return fail(filter.error());
      selector.filters.push_back(std::move(*filter));
    }
    if (open_comment_) return fail(unexpected("the end of the comment"));
    return selector;
  }

 private:
  // Blanks and Go's comments.
  void skip_blanks() {
    while (at_ < text_.size()) {
      const std::string_view rest = text_.substr(at_);
      if (rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\n' || rest[0] == '\r') {
        ++at_;
      } else if (rest.starts_with("//")) {
        const std::size_t end = rest.find('\n');
        at_ = end == std::string_view::npos ? text_.size() : at_ + end + 1;
      } else if (rest.starts_with("/*")) {
        const std::size_t end = rest.find("*/", 2);
        open_comment_ = end == std::string_view::npos;
        at_ = open_comment_ ? text_.size() : at_ + end + 2;
      } else {
        return;
      }
    }
  }

  // With their braces.
  Status matchers(std::vector<LabelMatcher>& matchers) {
    const bool optional = no_matchers_ == NoMatchers::kAllowed;
    skip_blanks();
    const bool at_filter = at_ >= text_.size() || text_[at_] == '|' || text_[at_] == '!';
    if (optional && at_filter) return {};
    if (!take("{")) return fail(unexpected("`{`"));
    if (optional && take("}")) return {};
    while (true) {
      auto matcher = label_matcher();
      if (!matcher) return fail(matcher.error());
      matchers.push_back(std::move(*matcher));
      if (take("}")) return {};
      if (!take(",")) return fail(unexpected("`,` or `}`"));
    }
  }

  bool take(std::string_view token) {
    skip_blanks();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  Error unexpected(std::string_view wanted) {
    skip_blanks();
    const std::string_view rest = text_.substr(at_);
    const std::string found =
        rest.empty() ? "the end" : fmt::format("`{}`", rest.substr(0, rest.find_first_of(" \n")));
    return {Error::kInvalid,
            fmt::format("selector: column {}: expected {}, but found {}", at_ + 1, wanted, found)};
  }

  Result<LabelMatcher> label_matcher() {
    skip_blanks();
    std::size_t end = at_;
    if (end < text_.size() && is_name_begin(text_[end])) {
      while (end < text_.size() &&
             (is_name_begin(text_[end]) || (text_[end] >= '0' && text_[end] <= '9'))) {
        ++end;
      }
    }
    if (end == at_) return fail(unexpected("a label name"));
    LabelMatcher matcher;
    matcher.name = text_.substr(at_, end - at_);
    at_ = end;
    if (take("=~")) {
      matcher.comparison = Comparison::kMatches;
    } else if (take("!~")) {
      matcher.comparison = Comparison::kNotMatches;
    } else if (take("!=")) {
      matcher.comparison = Comparison::kNotEqual;
    } else if (!take("=")) {
      return fail(unexpected("=, !=, =~ or !~"));
    }
    auto quoted = quoted_text();
    if (!quoted) return fail(quoted.error());
    matcher.text = std::move(*quoted);
    return matcher;
  }

  Result<LineFilter> line_filter() {
    LineFilter filter;
    if (take("|=")) {
      filter.comparison = Comparison::kEqual;
    } else if (take("|~")) {
      filter.comparison = Comparison::kMatches;
    } else if (take("!=")) {
      filter.comparison = Comparison::kNotEqual;
    } else if (take("!~")) {
      filter.comparison = Comparison::kNotMatches;
    } else {
      return fail(unexpected("a line filter (|=, |~, !=, !~)"));
    }
    auto quoted = quoted_text();
    if (!quoted) return fail(quoted.error());
    filter.text = std::move(*quoted);
    return filter;
  }

  Result<std::string> quoted_text() {
    skip_blanks();
    const std::size_t begin = at_;
    if (begin >= text_.size() || (text_[begin] != '"' && text_[begin] != '`')) {
      return fail(unexpected("text in double quotes"));
    }
    const char quote = text_[begin];
    std::size_t end = begin + 1;
    while (end < text_.size() && text_[end] != quote) {
      end += quote == '"' && text_[end] == '\\' ? 2U : 1U;
    }
    if (end >= text_.size()) {
      return fail(Error::kInvalid,
                  fmt::format("selector: column {}: the text has no closing quote", begin + 1));
    }
    at_ = end + 1;
    std::optional<std::string> text = unquote_go(text_.substr(begin, at_ - begin));
    if (!text) {
      return fail(
          Error::kInvalid,
          fmt::format("selector: column {}: {} has a newline or a backslash that stands for "
                      "nothing: in a regular expression it is written twice (\\\\d)",
                      begin + 1, text_.substr(begin, at_ - begin)));
    }
    return std::move(*text);
  }

  const std::string_view text_;
  const NoMatchers no_matchers_;
  std::size_t at_ = 0;
  bool open_comment_ = false;
};

}  // namespace

Result<Selector> parse_selector(std::string_view text, NoMatchers no_matchers) {
  return Parser(text, no_matchers).parse();
}

}  // namespace tailrace::pipeline::logql
