// Told which keys the parsers ask for: the reference of options is made of this.
#pragma once

#include <cstdint>
#include <string_view>

namespace tailrace::config {

// What is taken for a key's value. A later kind says more than an earlier one: a parser that first
// asks whether a key is there and then reads it as text has told both.
enum class KeyKind : std::uint8_t {
  kAny,      // The parser looks at it itself.
  kRefused,  // With a message that says what to use instead.
  kIgnored,  // Known, and without effect.
  kStage,    // The name of a pipeline stage.
  kMap,
  kBlock,
  kList,
  kTexts,
  kSecretTexts,
  kTextMap,
  kText,
  kSecret,
  kBool,
  kInteger,
  kNumber,
  kDuration,
  kBytes,
};

// Hears of every key as it is asked for, whether the file has it or not.
class KeyRecorder {
 public:
  KeyRecorder() = default;
  KeyRecorder(const KeyRecorder&) = delete;
  KeyRecorder& operator=(const KeyRecorder&) = delete;
  virtual ~KeyRecorder() = default;

  // `path`: "clients[0].batchwait". `fallback`: what holds without the key, as it is written in
  // YAML; empty when that is nothing, or not known here.
  virtual void on_key(std::string_view path, KeyKind kind, std::string_view fallback) = 0;
};

}  // namespace tailrace::config
