// Compresses text, so that tests have files to unpack.
#pragma once

#include <bzlib.h>
#include <zstd.h>

#include <string>

#include "config/scrape_config.h"
#include "tests/support/deflate_text.h"

namespace tailrace::testing {

inline std::string bzip2_text(const std::string& text) {
  std::string in = text;
  std::string out(text.size() + text.size() / 50 + 700, '\0');
  auto size = static_cast<unsigned int>(out.size());
  BZ2_bzBuffToBuffCompress(out.data(), &size, in.data(), static_cast<unsigned int>(in.size()), 1, 0,
                           0);
  out.resize(size);
  return out;
}

inline std::string zstd_text(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 1));
  return out;
}

// One member of the format that unpacks into `text`.
inline std::string pack(config::DecompressionConfig::Format format, const std::string& text) {
  using Format = config::DecompressionConfig::Format;
  switch (format) {
    case Format::kGzip:
      return deflate_text(text, 16 + MAX_WBITS);
    case Format::kZlib:
      return deflate_text(text, MAX_WBITS);
    case Format::kBzip2:
      return bzip2_text(text);
    case Format::kZstd:
      return zstd_text(text);
  }
  return {};
}

}  // namespace tailrace::testing
