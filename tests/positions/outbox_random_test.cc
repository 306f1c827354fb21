// The outbox against a plain model in memory, over random operations, restarts and disk trouble.
#include <algorithm>
#include <cerrno>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/positions/outbox_fixture.h"

namespace tailrace::positions::testing {
namespace {

constexpr const char* kDirectory = "/outbox/0";
constexpr SourceId kVersionSource = 1;  // Its position is the number of the cut.

struct ModelFragment {
  std::uint64_t version = 0;  // The cut it came with.
  std::string name;
  std::uint32_t entries = 0;
  std::uint32_t done = 0;
};

// A state that the disk may hold: resume points as of one cut.
using Points = std::map<SourceId, ResumePoint>;

bool same_point(const ResumePoint& a, const ResumePoint& b) {
  const auto texts = [](const ResumePoint& one) {
    std::vector<std::pair<std::uint64_t, std::string>> lines;
    for (const HeldLine& line : one.held)
      lines.emplace_back(line.number, line.text);
    return lines;
  };
  return a.source == b.source && a.position == b.position && a.path == b.path &&
         a.cursor == b.cursor && a.finished == b.finished && texts(a) == texts(b);
}

class Model {
 public:
  explicit Model(std::uint64_t seed) : random_(seed) {}

  void run(int steps) {
    open();
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
      step();
      if (outbox_->disk_error()) continue;
      // Whatever was in memory only is on the disk now.
      safe_version_ = points_[kVersionSource].position;
      unsafe_.clear();
    }
    finish();
  }

 private:
  void step() {
    clock_.advance(std::chrono::milliseconds(200));
    const std::uint64_t what = random_.below(1000);
    if (what < 350) return cut();
    if (what < 550) return take();
    if (what < 800) return answer();
    if (what < 830) return give_back();
    if (what < 880) return sync();
    if (what < 900) return trouble();
    if (what < 950) return repair();
    if (what < 965) return drop();
    if (what < 990) return restart(false);
    restart(true);
  }

  void open() {
    auto opened = Outbox::open(
        files_, clock_, log_,
        {.directory = kDirectory, .segment_bytes = 4096, .memory_bytes = random_.below(3) * 500});
    ASSERT_TRUE(opened) << opened.error().message;
    outbox_ = std::move(*opened);
  }

  LaneKey key(std::uint64_t n) { return {n % 2 == 0 ? "busy" : "calm", std::to_string(n / 2)}; }

  ResumePoint random_point(SourceId source) {
    ResumePoint made = point(source, version_ * 10);
    const auto known = points_.find(source);
    if (known != points_.end()) {
      for (const HeldLine& line : known->second.held) {
        if (random_.below(3) > 0) made.held.push_back(line);
      }
    }
    for (std::uint64_t i = random_.below(3); i > 0; --i) {
      ++lines_;
      made.held.push_back(held(lines_, "line " + std::to_string(lines_)));
    }
    if (random_.below(4) == 0) made.cursor = "cursor" + std::to_string(version_);
    return made;
  }

  void cut() {
    ++version_;
    std::vector<Fragment> fragments;
    for (std::uint64_t n = 0; n < 4; ++n) {
      if (random_.below(n % 2 == 0 ? 2 : 6) > 0) continue;
      const auto entries = static_cast<std::uint32_t>(random_.below(4));
      std::string name = std::to_string(version_) + "." + std::to_string(n) + ".";
      name.append(random_.below(400), 'x');
      fragments.push_back(fragment(name, entries, key(n).client, key(n).tenant));
      if (entries > 0) lanes_[key(n)].push_back({version_, name, entries, 0});
    }
    std::vector<ResumePoint> changed;
    changed.push_back(point(kVersionSource, version_));
    for (SourceId source = 2; source < 6; ++source) {
      if (random_.below(3) == 0) changed.push_back(random_point(source));
    }
    std::vector<SourceId> forgotten;
    if (random_.below(10) == 0) forgotten.push_back(6 + random_.below(2));
    if (random_.below(10) == 0) changed.push_back(point(6 + random_.below(2), version_));
    for (const ResumePoint& one : changed)
      points_[one.source] = one;
    for (const SourceId source : forgotten)
      points_.erase(source);
    history_[version_] = points_;
    outbox_->cut(std::move(fragments), std::move(changed), forgotten,
                 static_cast<std::int64_t>(version_));
    check_lanes();
  }

  // Lanes tell what the model knows.
  void check_lanes() {
    std::size_t seen = 0;
    for (const Outbox::LaneState& lane : outbox_->lanes()) {
      const std::deque<ModelFragment>& model = lanes_[*lane.key];
      std::uint64_t bytes = 0;
      for (std::size_t i = in_flight(*lane.key); i < model.size(); ++i)
        bytes += model[i].name.size();
      EXPECT_EQ(lane.pending_line_bytes, bytes);
      EXPECT_EQ(lane.in_flight, requests_.contains(*lane.key));
      ++seen;
    }
    std::size_t expected = 0;
    for (const auto& [lane, model] : lanes_)
      expected += model.size() > in_flight(lane) ? 1U : 0U;
    EXPECT_EQ(seen, expected);
  }

  std::size_t in_flight(const LaneKey& lane) const {
    const auto found = requests_.find(lane);
    return found == requests_.end() ? 0 : found->second.elements.size();
  }

  void take() {
    for (const Outbox::LaneState& lane : std::vector(outbox_->lanes())) {
      if (lane.in_flight || random_.below(2) == 0) continue;
      const LaneKey name = *lane.key;
      auto request = outbox_->take_request(lane.lane, random_.below(1500));
      ASSERT_TRUE(request) << request.error().message;
      const std::deque<ModelFragment>& model = lanes_[name];
      ASSERT_LE(request->elements.size(), model.size());
      std::uint32_t entries = 0;
      for (std::size_t i = 0; i < request->elements.size(); ++i) {
        EXPECT_EQ(request->elements[i], model[i].name);
        entries += model[i].entries - model[i].done;
      }
      EXPECT_EQ(request->skip_entries, model.front().done);
      EXPECT_EQ(request->entries, entries);
      requests_[name] = std::move(*request);
    }
  }

  void answer() {
    if (requests_.empty()) return;
    auto at = requests_.begin();
    std::advance(at, random_.below(requests_.size()));
    PendingRequest& request = at->second;
    for (std::size_t i = 0; i < request.elements.size(); ++i) {
      // The views live until the request is over.
      ASSERT_FALSE(request.elements[i].empty());
      ASSERT_EQ(request.elements[i].front(), request.elements[i].at(0));
    }
    const auto entries = static_cast<std::uint32_t>(1 + random_.below(request.entries));
    outbox_->record_outcome({.lane = request.lane, .entries = entries, .reason = "x"});
    std::deque<ModelFragment>& model = lanes_[at->first];
    answered_[at->first] += entries;
    request.entries -= entries;
    if (request.entries > 0) return;
    apply_answers(model, answered_[at->first]);
    answered_.erase(at->first);
    requests_.erase(at);
  }

  void apply_answers(std::deque<ModelFragment>& model, std::uint32_t entries) {
    while (entries > 0) {
      ModelFragment& first = model.front();
      const std::uint32_t step = std::min(entries, first.entries - first.done);
      first.done += step;
      entries -= step;
      if (outbox_->disk_error()) unsafe_.insert(first.name);
      if (first.done == first.entries) {
        done_.push_back(first);
        model.pop_front();
      }
    }
  }

  void give_back() {
    if (requests_.empty()) return;
    const auto at = requests_.begin();
    outbox_->return_request(at->second.lane);
    apply_answers(lanes_[at->first], answered_[at->first]);
    answered_.erase(at->first);
    requests_.erase(at);
    check_lanes();
  }

  void drop() {
    for (const auto& [name, model] : lanes_)
      lane_ids_by_name(name);
    for (const Outcome& outcome : outbox_->drop_oldest("busy", 500)) {
      std::uint32_t left = outcome.entries;
      const LaneKey* lane = nullptr;
      for (auto& [name, model] : lanes_) {
        if (name.client == "busy" && lane_ids_by_name(name) == outcome.lane) lane = &name;
      }
      ASSERT_NE(lane, nullptr);
      std::deque<ModelFragment>& model = lanes_[*lane];
      const std::size_t first = in_flight(*lane);
      while (left > 0) {
        ASSERT_LT(first, model.size());
        left -= model[first].entries - model[first].done;
        if (outbox_->disk_error()) unsafe_.insert(model[first].name);
        done_.push_back(model[first]);
        model.erase(model.begin() + static_cast<std::ptrdiff_t>(first));
      }
    }
    check_lanes();
  }

  // Ids are handed out in order of first use; the elements of what is taken tell them apart, but a
  // dropped lane may be empty, so they are kept when seen.
  LaneId lane_ids_by_name(const LaneKey& name) {
    for (const Outbox::LaneState& lane : outbox_->lanes())
      lane_ids_[*lane.key] = lane.lane;
    const auto found = lane_ids_.find(name);
    return found == lane_ids_.end() ? UINT32_MAX : found->second;
  }

  void sync() {
    const bool synced = outbox_->sync().has_value();
    if (synced && !outbox_->disk_error()) synced_version_ = points_[kVersionSource].position;
  }

  void trouble() {
    switch (random_.below(4)) {
      case 0:
        files_.set_capacity(random_.below(20'000));
        break;
      case 1:
        files_.tear_next_write_after(random_.below(800), EIO);
        break;
      case 2:
        files_.tear_next_write_after(random_.below(800), EIO);
        files_.fail_on(Operation::kTruncate, "", EIO, 1);
        break;
      default:
        files_.fail_on(Operation::kWrite, "", EIO, 1 + random_.below(5));
        break;
    }
  }

  void repair() {
    files_.set_capacity(std::uint64_t{1} << 40U);
    files_.clear_failures();
  }

  void restart(bool power_loss) {
    const bool refused = outbox_->disk_error().has_value();
    for (const auto& [name, model] : lanes_) {
      const auto answered = answered_.find(name);
      if (answered != answered_.end()) apply_answers(lanes_[name], answered->second);
    }
    answered_.clear();
    requests_.clear();
    lane_ids_.clear();
    if (power_loss) {
      files_.crash();
    } else {
      files_.kill();
    }
    outbox_.reset();
    repair();
    open();
    if (::testing::Test::HasFailure()) return;
    check_recovered(power_loss, refused);
  }

  void check_recovered(bool power_loss, bool refused) {
    EXPECT_EQ(outbox_->recovered().damaged_records, 0U);
    std::uint64_t found = 0;
    Points recovered;
    for (const ResumePoint& one : outbox_->recovered().resume_points) {
      recovered[one.source] = one;
      if (one.source == kVersionSource) found = one.position;
    }
    EXPECT_GE(found, power_loss ? synced_version_ : safe_version_);
    if (!power_loss && !refused) {
      EXPECT_EQ(found, safe_version_);
    }
    const Points expected = found == 0 ? Points{} : history_[found];
    ASSERT_EQ(recovered.size(), expected.size());
    for (const auto& [source, one] : expected)
      EXPECT_TRUE(same_point(one, recovered[source]));
    check_fragments(found, power_loss);
    version_ = std::max(version_, found);
    points_ = expected;
    history_[found] = points_;
    safe_version_ = found;
    synced_version_ = power_loss ? found : std::min(synced_version_, found);
  }

  void check_fragments(std::uint64_t found, bool power_loss) {
    std::map<LaneKey, std::deque<ModelFragment>> left;
    for (const Outbox::LaneState& lane : std::vector(outbox_->lanes())) {
      EXPECT_TRUE(lane.recovered);
      const LaneKey name = *lane.key;
      auto request = outbox_->take_request(lane.lane, UINT64_MAX);
      ASSERT_TRUE(request) << request.error().message;
      std::uint32_t entries = request->entries;
      for (std::size_t i = 0; i < request->elements.size(); ++i) {
        ModelFragment one = known(name, std::string(request->elements[i]));
        ASSERT_FALSE(one.name.empty()) << "a fragment that was never cut";
        EXPECT_LE(one.version, found);
        if (one.done == one.entries && !power_loss) {
          EXPECT_TRUE(unsafe_.contains(one.name)) << one.name << " was answered";
        }
        if (!power_loss && !unsafe_.contains(one.name) && i == 0) {
          EXPECT_EQ(request->skip_entries, one.done);
        }
        one.done = i == 0 ? request->skip_entries : 0;
        entries -= one.entries - one.done;
        if (!left[name].empty()) {
          EXPECT_LT(left[name].back().version, one.version);
        }
        left[name].push_back(one);
      }
      EXPECT_EQ(entries, 0U);
      outbox_->return_request(lane.lane);
    }
    for (const auto& [name, model] : lanes_) {
      for (const ModelFragment& one : model) {
        if (one.version > found) continue;
        const std::deque<ModelFragment>& there = left[name];
        EXPECT_TRUE(std::any_of(there.begin(), there.end(),
                                [&](const ModelFragment& other) { return other.name == one.name; }))
            << one.name.substr(0, 12) << " is lost";
      }
    }
    lanes_ = std::move(left);
  }

  ModelFragment known(const LaneKey& lane, const std::string& name) {
    for (const ModelFragment& one : lanes_[lane]) {
      if (one.name == name) return one;
    }
    for (const ModelFragment& one : done_) {
      if (one.name == name) return one;
    }
    return {};
  }

  // Everything is answered, the disk is free of it, and positions are those of the last cut.
  void finish() {
    if (::testing::Test::HasFailure()) return;
    repair();
    while (!requests_.empty())
      give_back();
    for (int i = 0; i < 200 && !outbox_->everything_done(); ++i) {
      for (const Outbox::LaneState& lane : std::vector(outbox_->lanes())) {
        auto request = outbox_->take_request(lane.lane, 1000);
        ASSERT_TRUE(request);
        outbox_->record_outcome({.lane = lane.lane, .entries = request->entries, .reason = ""});
      }
    }
    EXPECT_TRUE(outbox_->everything_done());
    EXPECT_EQ(outbox_->client_bytes("busy"), 0U);
    EXPECT_EQ(outbox_->client_bytes("calm"), 0U);
    cut_one(*outbox_, fragment("last"), 12345);
    EXPECT_TRUE(outbox_->sync());
    cut_nothing(*outbox_);
    EXPECT_TRUE(outbox_->sync());
    cut_nothing(*outbox_);
    EXPECT_LE(outbox_->disk_bytes(), 20'000U);
    EXPECT_FALSE(outbox_->disk_error());
  }

  Random random_;
  FakeClock clock_;
  MemoryFileSystem files_{clock_};
  Log log_ = Log::discard(clock_);
  std::unique_ptr<Outbox> outbox_;

  std::uint64_t version_ = 0;
  std::uint64_t safe_version_ = 0;
  std::uint64_t synced_version_ = 0;
  std::uint64_t lines_ = 0;
  Points points_;
  std::map<std::uint64_t, Points> history_;
  std::map<LaneKey, std::deque<ModelFragment>> lanes_;
  std::vector<ModelFragment> done_;
  std::set<std::string> unsafe_;  // Answered while the disk refused: may come again.
  std::map<LaneKey, PendingRequest> requests_;
  std::map<LaneKey, std::uint32_t> answered_;  // Of the requests.
  std::map<LaneKey, LaneId> lane_ids_;
};

TEST(OutboxRandom, agrees_with_a_model_over_restarts_and_disk_trouble) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Model(seed).run(1000);
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace tailrace::positions::testing
