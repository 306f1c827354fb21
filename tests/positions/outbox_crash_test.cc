// A scripted life of an outbox, ended at every single change to the disk, in several ways.
#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/positions/outbox_fixture.h"

namespace tailrace::positions::testing {
namespace {

using Names = std::vector<std::string>;

// How the process ends at the chosen change.
enum class End {
  kBefore,     // The change does not happen.
  kTorn,       // A write happens by half.
  kAfter,      // The change happens, and nothing behind it.
  kPowerLoss,  // As kBefore, and what was not synced is gone.
};

class CrashTest : public ::testing::TestWithParam<End> {
 protected:
  static constexpr const char* kDirectory = "/outbox/0";

  void open() {
    auto opened = Outbox::open(
        files_, clock_, log_, {.directory = kDirectory, .segment_bytes = 900, .memory_bytes = 200});
    ASSERT_TRUE(opened) << opened.error().message;
    outbox_ = std::move(*opened);
  }

  // Everything behind change number `last` fails; the script notices and stops.
  void end_at(std::uint64_t last) {
    changes_ = 0;
    dead_ = false;
    files_.set_before_mutation(
        [this, last](Operation operation, const std::string&) -> std::optional<Error> {
          ++changes_;
          if (changes_ < last) return std::nullopt;
          const bool first = !dead_;
          dead_ = true;
          if (first && GetParam() == End::kAfter) return std::nullopt;
          if (first && GetParam() == End::kTorn && operation == Operation::kWrite) {
            files_.tear_next_write_after(40, EIO);
            return std::nullopt;
          }
          return Error{EIO, "dead"};
        });
  }

  void cut(const std::string& name, std::uint32_t entries, const std::string& client) {
    ++version_;
    versions_[name] = version_;
    std::vector<Fragment> fragments;
    fragments.push_back(fragment(name, entries, client));
    ResumePoint holding = point(2, version_);
    holding.held = {held(version_, "held " + name)};
    outbox_->cut(std::move(fragments), {point(1, version_), holding}, {}, 0);
    undone_[client].push_back(name);
    if (!dead_) safe_version_ = version_;
  }

  void deliver(const std::string& client) {
    for (const Outbox::LaneState& lane : std::vector(outbox_->lanes())) {
      if (lane.key->client != client) continue;
      const auto request = outbox_->take_request(lane.lane, 400);
      if (!request) return;  // The disk is dead.
      outbox_->record_outcome({.lane = lane.lane, .entries = request->entries, .reason = ""});
      for (std::size_t i = 0; i < request->elements.size(); ++i) {
        if (!dead_) answered_.insert(undone_[client].front());
        undone_[client].erase(undone_[client].begin());
      }
    }
  }

  // Returns false when the process died on the way.
  bool live() {
    for (int i = 0; i < 12 && !dead_; ++i) {
      cut("busy" + std::to_string(i) + std::string(150, 'x'), 2, "busy");
      if (!dead_ && i % 4 == 0) cut("calm" + std::to_string(i), 3, "calm");
      if (!dead_) deliver("busy");
      if (!dead_ && i % 3 == 2) sync();
    }
    if (!dead_) deliver("calm");
    if (!dead_) sync();
    return !dead_;
  }

  void sync() {
    const bool synced = outbox_->sync().has_value();
    if (synced && !dead_) synced_version_ = safe_version_;
  }

  void check() {
    const bool power_loss = GetParam() == End::kPowerLoss;
    EXPECT_EQ(outbox_->recovered().damaged_records, 0U);
    std::uint64_t found = 0;
    for (const ResumePoint& one : outbox_->recovered().resume_points) {
      if (one.source == 1) found = one.position;
      if (one.source == 2) {
        EXPECT_EQ(one.held.size(), 1U);
      }
    }
    EXPECT_GE(found, power_loss ? synced_version_ : safe_version_);
    std::map<std::string, Names> left;
    for (const Outbox::LaneState& lane : std::vector(outbox_->lanes())) {
      const auto request = outbox_->take_request(lane.lane, UINT64_MAX);
      ASSERT_TRUE(request);
      left[lane.key->client] = Names(request->elements.begin(), request->elements.end());
    }
    for (const auto& [client, names] : left) {
      for (std::size_t i = 0; i < names.size(); ++i) {
        EXPECT_LE(versions_[names[i]], found);
        if (!power_loss) {
          EXPECT_FALSE(answered_.contains(names[i])) << "sent again";
        }
        if (i > 0) {
          EXPECT_LT(versions_[names[i - 1]], versions_[names[i]]) << "out of order";
        }
      }
    }
    for (const auto& [client, names] : undone_) {
      for (const std::string& name : names) {
        if (versions_[name] > found) continue;
        EXPECT_TRUE(std::count(left[client].begin(), left[client].end(), name)) << name << " lost";
      }
    }
  }

  FakeClock clock_;
  MemoryFileSystem files_{clock_};
  Log log_ = Log::discard(clock_);
  std::unique_ptr<Outbox> outbox_;
  std::uint64_t changes_ = 0;
  bool dead_ = false;
  std::uint64_t version_ = 0;
  std::uint64_t safe_version_ = 0;
  std::uint64_t synced_version_ = 0;
  std::map<std::string, std::uint64_t> versions_;
  std::map<std::string, Names> undone_;
  std::set<std::string> answered_;
};

TEST_P(CrashTest, keeps_its_promises_whenever_it_ends) {
  bool lived = false;
  for (std::uint64_t last = 1; !lived && !::testing::Test::HasFailure(); ++last) {
    SCOPED_TRACE("ended at change " + std::to_string(last));
    outbox_.reset();
    files_.set_before_mutation(nullptr);
    for (const auto& entry : files_.list(kDirectory).value_or(std::vector<DirectoryEntry>())) {
      ASSERT_TRUE(files_.remove(std::string(kDirectory) + "/" + entry.name));
    }
    ASSERT_TRUE(files_.make_directories(kDirectory));
    files_.sync_all();
    versions_.clear();
    undone_.clear();
    answered_.clear();
    version_ = safe_version_ = synced_version_ = 0;
    open();
    end_at(last);
    lived = live();
    files_.set_before_mutation(nullptr);
    if (GetParam() == End::kPowerLoss) {
      files_.crash();
    } else {
      files_.kill();
    }
    outbox_.reset();
    open();
    if (!::testing::Test::HasFailure()) check();
    if (lived) {
      EXPECT_GT(last, 60U);  // The script does something.
    }
  }
  EXPECT_TRUE(lived);
}

INSTANTIATE_TEST_SUITE_P(Ends, CrashTest,
                         ::testing::Values(End::kBefore, End::kTorn, End::kAfter, End::kPowerLoss));

}  // namespace
}  // namespace tailrace::positions::testing
