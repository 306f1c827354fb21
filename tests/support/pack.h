// Compresses text, so that tests have files to unpack.
#pragma once

#include <bzlib.h>
#include <zlib.h>
#include <zstd.h>

#include <string>

#include "config/scrape_config.h"

namespace tailrace::testing {

inline std::string deflate_text(const std::string& text, int window_bits) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string in = text;
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

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
