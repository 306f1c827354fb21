// PCRE2's just-in-time compiler behind one class: matches what pattern_tree.h can express.
#include "pipeline/matching/jit_matcher.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <iterator>
#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <pcre2.h>

namespace tailrace::pipeline {
namespace {

using Kind = PatternNode::Kind;

// How often one attempt may arrive at a place in the pattern before it is given up. Between two
// arrivals lies at most one pass over the text, so an attempt is at most this many passes; about
// 0.2 ms were measured for a line made to be slow. Ordinary lines need some tens.
constexpr std::uint32_t kMatchLimit = 4096;

void append_character(std::string& out, std::size_t c) {
  const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  if (plain) {
    out.push_back(static_cast<char>(c));
  } else {
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", c);
  }
}

void append_ranges(std::string& out, const std::bitset<128>& set) {
  for (std::size_t c = 0; c < set.size(); ++c) {
    if (!set[c]) continue;
    std::size_t last = c;
    while (last + 1 < set.size() && set[last + 1])
      ++last;
    append_character(out, c);
    if (last > c + 1) out.push_back('-');
    if (last > c) append_character(out, last);
    c = last;
  }
}

void append_set(std::string& out, const CharacterSet& set) {
  if (set.beyond_ascii) {
    if (set.ascii.all()) {
      out.append(".");  // PCRE2_DOTALL is on.
      return;
    }
    out.append("[^");
    append_ranges(out, ~set.ascii);
    out.append("]");
    return;
  }
  if (set.ascii.none()) {
    out.append("(*FAIL)");
    return;
  }
  if (set.ascii.count() == 1) {
    for (std::size_t c = 0; c < set.ascii.size(); ++c) {
      if (set.ascii[c]) append_character(out, c);
    }
    return;
  }
  out.append("[");
  append_ranges(out, set.ascii);
  out.append("]");
}

void append_node(std::string& out, const PatternNode& node);

void append_repeat(std::string& out, const PatternNode& node) {
  const PatternNode& body = *node.children.front();
  const bool single = body.kind == Kind::kSet && !(body.set.ascii.none() && !body.set.beyond_ascii);
  if (!single) out.append("(?:");
  append_node(out, body);
  if (!single) out.push_back(')');
  if (node.max == PatternNode::kUnbounded) {
    if (node.min == 0) {
      out.push_back('*');
    } else if (node.min == 1) {
      out.push_back('+');
    } else {
      fmt::format_to(std::back_inserter(out), "{{{},}}", node.min);
    }
  } else {
    fmt::format_to(std::back_inserter(out), "{{{},{}}}", node.min, node.max);
  }
  if (node.greed == PatternNode::Greed::kLazy) out.push_back('?');
}

void append_node(std::string& out, const PatternNode& node) {
  switch (node.kind) {
    case Kind::kEmpty:
      break;
    case Kind::kSet:
      append_set(out, node.set);
      break;
    case Kind::kConcat:
      for (const auto& child : node.children)
        append_node(out, *child);
      break;
    case Kind::kAlternate:
      out.append("(?:");
      for (std::size_t i = 0; i < node.children.size(); ++i) {
        if (i > 0) out.push_back('|');
        append_node(out, *node.children[i]);
      }
      out.push_back(')');
      break;
    case Kind::kCapture:
      out.push_back('(');
      append_node(out, *node.children.front());
      out.push_back(')');
      break;
    case Kind::kRepeat:
      append_repeat(out, node);
      break;
    case Kind::kBeginText:
      out.append("\\A");
      break;
    case Kind::kEndText:
      out.append("\\z");
      break;
    // PCRE2's own multi-line anchors treat a newline at the end of the text differently.
    case Kind::kBeginLine:
      out.append("(?<![^\\n])");
      break;
    case Kind::kEndLine:
      out.append("(?![^\\n])");
      break;
    case Kind::kWordBoundary:
      out.append("\\b");
      break;
    case Kind::kNoWordBoundary:
      out.append("\\B");
      break;
  }
}

}  // namespace

static_assert(std::is_same_v<PCRE2_SIZE, std::size_t>);

struct JitMatcher::Engine {
  Engine() = default;
  ~Engine() {
    pcre2_match_data_free(match);
    pcre2_match_context_free(context);
    pcre2_code_free(code);
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  pcre2_code* code = nullptr;
  pcre2_match_data* match = nullptr;
  pcre2_match_context* context = nullptr;
};

std::string to_pcre2(const PatternTree& tree) {
  std::string result;
  append_node(result, *tree.root);
  return result;
}

std::unique_ptr<JitMatcher> JitMatcher::create(const PatternTree& tree, Options options) {
  const std::string pattern = to_pcre2(tree);
  std::uint32_t flags = PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY | PCRE2_NO_UTF_CHECK;
  flags |= options.alphabet == Alphabet::kUtf8 ? PCRE2_UTF : PCRE2_NEVER_UTF;
  if (options.start == Start::kAtOffset) flags |= PCRE2_ANCHORED;
  auto engine = std::make_unique<Engine>();
  int error = 0;
  PCRE2_SIZE error_offset = 0;
  engine->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), flags,
                               &error, &error_offset, nullptr);
  if (engine->code == nullptr) return nullptr;
  if (pcre2_jit_compile(engine->code, PCRE2_JIT_COMPLETE) != 0) return nullptr;
  engine->match = pcre2_match_data_create_from_pattern(engine->code, nullptr);
  engine->context = pcre2_match_context_create(nullptr);
  if (engine->match == nullptr || engine->context == nullptr) return nullptr;
  pcre2_set_match_limit(engine->context, kMatchLimit);
  return std::make_unique<JitMatcher>(std::move(engine));
}

JitMatcher::JitMatcher(std::unique_ptr<Engine> engine)
    : engine_(std::move(engine)), offsets_(pcre2_get_ovector_pointer(engine_->match)) {}

JitMatcher::~JitMatcher() = default;

JitMatcher::Outcome JitMatcher::search(std::string_view text, std::size_t offset) {
  const char* const begin = text.data() == nullptr ? "" : text.data();
  const int result = pcre2_jit_match(engine_->code, reinterpret_cast<PCRE2_SPTR>(begin),
                                     text.size(), offset, 0, engine_->match, engine_->context);
  if (result > 0) {
    captured_ = static_cast<std::size_t>(result);
    return Outcome::kMatch;
  }
  return result == PCRE2_ERROR_NOMATCH ? Outcome::kNoMatch : Outcome::kGaveUp;
}

std::string_view JitMatcher::capture(std::string_view text, std::size_t i) const {
  if (i >= captured_ || offsets_[2 * i] == PCRE2_UNSET) return {};
  return text.substr(offsets_[2 * i], offsets_[2 * i + 1] - offsets_[2 * i]);
}

}  // namespace tailrace::pipeline
