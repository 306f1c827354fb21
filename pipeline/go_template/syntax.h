// The tree of a parsed template.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/go_template/value.h"

namespace tailrace::pipeline::go_template {

struct Function;
struct Pipeline;

// One word of a command.
struct Operand {
  enum class Kind : std::uint8_t {
    kDot,
    kField,     // names, on the dot.
    kVariable,  // text with the dollar, then names.
    kFunction,
    kNil,
    kConstant,
    kNumber,    // A constant that becomes what its place asks for.
    kPipeline,  // In parentheses, then names.
  };
  Kind kind = Kind::kDot;
  std::string text;
  std::vector<std::string> names;
  const Function* function = nullptr;
  Value constant;  // Of texts it views `text`.
  std::unique_ptr<Pipeline> pipeline;
};

struct Command {
  std::vector<Operand> words;  // At least one.
};

struct Pipeline {
  std::vector<std::string> variables;  // Set to the result; two in `range` only.
  bool assigns = false;                // `=`, not `:=`.
  std::vector<Command> commands;       // At least one.
};

struct Node {
  enum class Kind : std::uint8_t {
    kText,
    kAction,
    kIf,
    kWith,
    kRange,
    kTemplate,  // text: its name.
    kBreak,
    kContinue,
  };
  Kind kind = Kind::kText;
  std::string text;
  std::unique_ptr<Pipeline> pipeline;  // Null: `template` without data.
  std::vector<Node> body;
  std::vector<Node> otherwise;
};

using NodeList = std::vector<Node>;

// Templates by name; the one to execute is named "".
using TemplateSet = std::map<std::string, NodeList, std::less<>>;

}  // namespace tailrace::pipeline::go_template
