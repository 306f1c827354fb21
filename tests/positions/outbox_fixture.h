// What the tests of the outbox share: a disk in memory, and fragments that say who they are.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/log.h"
#include "positions/outbox.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"

namespace tailrace::positions::testing {

using tailrace::testing::FakeClock;
using tailrace::testing::MemoryFileSystem;
using tailrace::testing::Operation;

// A fragment whose elements are `name`, behind the varint of the raw length `raw`.
inline Fragment fragment(std::string name, std::uint32_t entries = 1, std::string client = "loki",
                         std::string tenant = "", unsigned char raw = 10) {
  Fragment made;
  made.lane = {std::move(client), std::move(tenant)};
  made.bytes = std::string(1, static_cast<char>(raw)) + name;
  made.entries = entries;
  made.line_bytes = name.size();
  made.first_time_ns = 1000;
  return made;
}

inline ResumePoint point(SourceId source, SourcePosition position) {
  ResumePoint made;
  made.source = source;
  made.job = "job";
  made.kind = SourceKind::kFile;
  made.path = "/var/log/" + std::to_string(source);
  made.position = position;
  return made;
}

inline HeldLine held(std::uint64_t number, std::string text) {
  return {.number = number,
          .begin = number * 100,
          .time_ns = -5,
          .context = false,
          .text = std::move(text),
          .labels = {},
          .metadata = {}};
}

// One fragment and the move of source 1 that belongs to it.
inline void cut_one(Outbox& outbox, Fragment made, SourcePosition position) {
  std::vector<Fragment> fragments;
  fragments.push_back(std::move(made));
  outbox.cut(std::move(fragments), {point(1, position)}, {}, 0);
}

inline void cut_nothing(Outbox& outbox) {
  outbox.cut({}, {}, {}, 0);
}

class OutboxTest : public ::testing::Test {
 protected:
  void open(Outbox::Options options) {
    outbox_.reset();
    auto opened = Outbox::open(files_, clock_, log_, std::move(options));
    ASSERT_TRUE(opened) << opened.error().message;
    outbox_ = std::move(*opened);
  }
  void open() { open({.directory = kDirectory}); }
  // kill -9 and a new start.
  void restart(Outbox::Options options) {
    files_.kill();
    open(std::move(options));
  }
  void restart() { restart({.directory = kDirectory}); }

  LaneId lane_of(std::string_view client, std::string_view tenant = "") {
    for (const Outbox::LaneState& lane : outbox_->lanes()) {
      if (lane.key->client == client && lane.key->tenant == tenant) return lane.lane;
    }
    ADD_FAILURE() << "no lane of " << client << " " << tenant;
    return 0;
  }
  // Takes everything that the lane gives in one request; its elements.
  std::vector<std::string> take(std::string_view client, std::uint64_t bytes = UINT64_MAX) {
    auto request = outbox_->take_request(lane_of(client), bytes);
    EXPECT_TRUE(request) << request.error().message;
    if (!request) return {};
    return {request->elements.begin(), request->elements.end()};
  }
  void answer(std::string_view client, std::uint32_t entries) {
    outbox_->record_outcome({.lane = lane_id(client), .entries = entries, .reason = ""});
  }
  // Also of a lane whose fragments are all in flight: tests use few clients, in order of use.
  LaneId lane_id(std::string_view client) {
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      if (clients_[i] == client) return static_cast<LaneId>(i);
    }
    return 0;
  }
  std::vector<std::string> segment_names() {
    std::vector<std::string> names;
    const auto entries = files_.list(kDirectory);
    if (!entries) return names;
    for (const DirectoryEntry& entry : *entries) {
      if (entry.name.ends_with(".seg")) names.push_back(entry.name);
    }
    return names;
  }

  static constexpr const char* kDirectory = "/outbox/0";
  static constexpr const char* kFirstSegment = "/outbox/0/0000000000000001.seg";
  FakeClock clock_;
  MemoryFileSystem files_{clock_};
  Log log_ = Log::discard(clock_);
  std::vector<std::string> clients_{"loki", "other"};
  std::unique_ptr<Outbox> outbox_;
};

}  // namespace tailrace::positions::testing
