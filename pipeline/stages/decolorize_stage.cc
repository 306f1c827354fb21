// `decolorize`: removes ANSI control sequences from the line.
#include "pipeline/stages/decolorize_stage.h"

#include <algorithm>
#include <cstddef>

#include "pipeline/stage_context.h"

namespace tailrace::pipeline {
namespace {

// What Promtail takes for a control sequence (docs/compatibility.md, decolorize): ESC or U+009B,
// an intermediate part, then text up to BEL, or numbers and a final character.
constexpr std::string_view kSequence =
    R"([\x{1B}\x{9B}][[\]()#;?]*(?:(?:(?:[a-zA-Z\d]*(?:;[a-zA-Z\d]*)*)?\x07))"
    R"(|(?:(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PRZcf-ntqry=><~])))";

bool may_have_sequence(std::string_view line) {
  return line.find('\x1B') != std::string_view::npos ||
         line.find("\xC2\x9B") != std::string_view::npos;
}

}  // namespace

Result<std::unique_ptr<Stage>> DecolorizeStage::create(
    const config::DecolorizeStageConfig& /*config*/, StageBuild& /*build*/) {
  auto scanner = RegexScanner::create(kSequence);
  if (!scanner.has_value()) return fail(scanner.error());
  return std::make_unique<DecolorizeStage>(std::move(*scanner));
}

Verdict DecolorizeStage::run(Entry& entry, StageContext& context) {
  if (!may_have_sequence(entry.line)) return Verdict::kKeep;
  const std::string_view line = entry.line;
  char* const text = context.arena().allocate(line.size());
  char* out = text;
  std::size_t copied = 0;
  scanner_->start(line);
  while (scanner_->next()) {
    const RegexScanner::Span match = scanner_->group(0);
    out = std::copy(line.begin() + static_cast<std::ptrdiff_t>(copied),
                    line.begin() + static_cast<std::ptrdiff_t>(match.begin), out);
    copied = match.end;
  }
  out = std::copy(line.begin() + static_cast<std::ptrdiff_t>(copied), line.end(), out);
  entry.line = {text, static_cast<std::size_t>(out - text)};
  return Verdict::kKeep;
}

}  // namespace tailrace::pipeline
