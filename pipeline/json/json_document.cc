// A JSON document as a tree: the exact, slower way to read one.
//
// Written for plainness: it reads byte by byte and is the yardstick for field_scanner.h. Nothing
// recurses, so that depth costs no stack.
#include "pipeline/json/json_document.h"

#include <algorithm>
#include <optional>

#include "pipeline/json/json_text.h"

namespace tailrace::pipeline::json {

class Document::Reader {
 public:
  Reader(Document& document, std::string_view text, Arena& arena)
      : document_(document), nodes_(document.nodes_), text_(text), arena_(arena) {}

  bool read() {
    std::string_view key;
    while (true) {
      const std::optional<Step> step = value(key);
      if (!step) return false;
      key = {};
      if (*step == Step::kOpened) {
        if (!member_key(key)) return false;
        continue;
      }
      // Behind a value: close what ends here, until a comma or the end of the document.
      while (true) {
        skip_blanks();
        if (open_ == Node::kNone) return at_ == text_.size();
        const bool object = nodes_[open_].kind == Node::Kind::kObject;
        if (take(',')) {
          if (object && !member_key(key)) return false;
          break;
        }
        if (!take(object ? '}' : ']')) return false;
        close();
      }
    }
  }

  std::size_t at() const { return at_; }

 private:
  enum class Step { kDone, kOpened };

  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  void skip_blanks() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }

  // Adds a node below the open container.
  Node& add(Node::Kind kind, std::string_view key) {
    const auto index = static_cast<std::uint32_t>(nodes_.size());
    if (open_ != Node::kNone) {
      if (last_ == Node::kNone) {
        nodes_[open_].first_child = index;
      } else {
        nodes_[last_].next_sibling = index;
      }
    }
    last_ = index;
    Node& node = nodes_.emplace_back();
    node.kind = kind;
    node.parent = open_;
    node.key = key;
    return node;
  }

  // Reads a value; of a container with something in it only the opening bracket.
  std::optional<Step> value(std::string_view key) {
    skip_blanks();
    if (at_ == text_.size()) return std::nullopt;
    const char c = text_[at_];
    if (c == '{' || c == '[') return container(c, key);
    if (c == '"') {
      const auto string = read_string();
      if (!string) return std::nullopt;
      add(Node::Kind::kString, key).text = *string;
      return Step::kDone;
    }
    if (c == '-' || (c >= '0' && c <= '9')) {
      const auto number = read_number();
      if (!number) return std::nullopt;
      add(Node::Kind::kNumber, key).number = *number;
      return Step::kDone;
    }
    if (take("null")) {
      add(Node::Kind::kNull, key);
    } else if (take("true")) {
      add(Node::Kind::kTrue, key);
    } else if (take("false")) {
      add(Node::Kind::kFalse, key);
    } else {
      return std::nullopt;
    }
    return Step::kDone;
  }

  std::optional<Step> container(char bracket, std::string_view key) {
    ++at_;
    if (++depth_ > kDepthMax) return std::nullopt;
    add(bracket == '{' ? Node::Kind::kObject : Node::Kind::kArray, key);
    open_ = last_;
    last_ = Node::kNone;
    skip_blanks();
    if (!take(bracket == '{' ? '}' : ']')) return Step::kOpened;
    close();
    return Step::kDone;
  }

  void close() {
    if (nodes_[open_].kind == Node::Kind::kObject) document_.mark_overridden(open_);
    last_ = open_;
    open_ = nodes_[open_].parent;
    --depth_;
  }

  // In an object: the key and the colon before the next value. In an array nothing.
  bool member_key(std::string_view& key) {
    if (nodes_[open_].kind != Node::Kind::kObject) return true;
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != '"') return false;
    const auto string = read_string();
    if (!string) return false;
    key = *string;
    skip_blanks();
    return take(':');
  }

  std::optional<std::string_view> read_string() {
    const std::size_t begin = ++at_;
    while (at_ < text_.size() && text_[at_] != '"')
      at_ += text_[at_] == '\\' ? 2U : 1U;
    if (at_ >= text_.size()) return std::nullopt;
    const std::string_view raw = text_.substr(begin, at_ - begin);
    ++at_;
    if (raw.empty()) return raw;
    char* const copy = arena_.allocate(raw.size());
    const auto length = unescape(raw, copy);
    if (!length) return std::nullopt;
    return std::string_view(copy, *length);
  }

  bool read_digits() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9')
      ++at_;
    return at_ > begin;
  }

  std::optional<double> read_number() {
    const std::size_t begin = at_;
    take('-');
    if (!take('0') && !read_digits()) return std::nullopt;
    if (take('.') && !read_digits()) return std::nullopt;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (!read_digits()) return std::nullopt;
    }
    return to_double(text_.substr(begin, at_ - begin));
  }

  Document& document_;
  std::vector<Node>& nodes_;
  const std::string_view text_;
  Arena& arena_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::uint32_t open_ = Node::kNone;  // The innermost open container.
  std::uint32_t last_ = Node::kNone;  // Its last child so far.
};

Document::Outcome Document::parse(std::string_view text, Arena& arena) {
  nodes_.clear();
  Reader reader(*this, text, arena);
  const bool good = reader.read();
  read_bytes_ = std::min(reader.at(), text.size());
  return good ? Outcome::kOk : Outcome::kMalformed;
}

void Document::mark_overridden(std::uint32_t object) {
  members_.clear();
  for (std::uint32_t i = nodes_[object].first_child; i != Node::kNone; i = nodes_[i].next_sibling) {
    members_.push_back(i);
  }
  // Nodes are numbered in the order of the text.
  std::sort(members_.begin(), members_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return nodes_[a].key != nodes_[b].key ? nodes_[a].key < nodes_[b].key : a < b;
  });
  for (std::size_t i = 0; i + 1 < members_.size(); ++i) {
    if (nodes_[members_[i]].key == nodes_[members_[i + 1]].key)
      nodes_[members_[i]].overridden = true;
  }
}

const Node* Document::member(const Node& object, std::string_view key) const {
  if (object.kind != Node::Kind::kObject) return nullptr;
  for (std::uint32_t i = object.first_child; i != Node::kNone; i = nodes_[i].next_sibling) {
    if (nodes_[i].key == key && !nodes_[i].overridden) return &nodes_[i];
  }
  return nullptr;
}

void Document::append_scalar(std::string& out, const Node& node) const {
  switch (node.kind) {
    case Node::Kind::kNull:
      out.append("null");
      break;
    case Node::Kind::kFalse:
      out.append("false");
      break;
    case Node::Kind::kTrue:
      out.append("true");
      break;
    case Node::Kind::kNumber:
      append_number(out, node.number);
      break;
    default:
      append_string(out, node.text);
      break;
  }
}

void Document::append_text(std::string& out, const Node& top) const {
  const auto top_index = static_cast<std::uint32_t>(&top - nodes_.data());
  std::uint32_t at = top_index;
  bool first = true;  // No comma before the next member or element.
  while (true) {
    const Node& node = nodes_[at];
    const bool container = node.kind == Node::Kind::kObject || node.kind == Node::Kind::kArray;
    bool descend = false;
    if (at == top_index || !node.overridden) {
      if (at != top_index) {
        if (!first) out.push_back(',');
        if (nodes_[node.parent].kind == Node::Kind::kObject) {
          append_string(out, node.key);
          out.push_back(':');
        }
      }
      if (container) {
        out.push_back(node.kind == Node::Kind::kObject ? '{' : '[');
        descend = node.first_child != Node::kNone;
        if (!descend) out.push_back(node.kind == Node::Kind::kObject ? '}' : ']');
      } else {
        append_scalar(out, node);
      }
      first = descend;
    }
    if (descend) {
      at = node.first_child;
      continue;
    }
    while (at != top_index && nodes_[at].next_sibling == Node::kNone) {
      at = nodes_[at].parent;
      out.push_back(nodes_[at].kind == Node::Kind::kObject ? '}' : ']');
      first = false;
    }
    if (at == top_index) return;
    at = nodes_[at].next_sibling;
  }
}

}  // namespace tailrace::pipeline::json
