// The objects of an API server that are known just now.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "discovery/kubernetes_object.h"

namespace tailrace::discovery {

// Kept by watches, read by those who make targets of objects.
//
// Threading: confined to the main thread.
// Memory: what the API server has, without what no target needs.
class KubernetesCache {
 public:
  // Namespace and name.
  using Key = std::pair<std::string, std::string>;
  // Which watch brought it, in which of its lists.
  struct Round {
    int watch = 0;
    std::uint64_t list = 0;
  };
  struct Kept {
    KubernetesObject object;
    Round round;
  };
  using Objects = std::map<Key, Kept>;

  void put(KubernetesKind kind, KubernetesObject object, Round round) {
    Key key{object.meta.namespace_name, object.meta.name};
    auto [place, fresh] = of(kind).try_emplace(std::move(key));
    place->second.round = round;
    if (!fresh && place->second.object == object) return;
    place->second.object = std::move(object);
    changed_ = true;
  }

  void remove(KubernetesKind kind, const KubernetesMeta& meta) {
    if (of(kind).erase({meta.namespace_name, meta.name}) != 0) changed_ = true;
  }

  // Forgets what the watch brought in earlier lists, but not in this one.
  void sweep(KubernetesKind kind, Round round) {
    const auto gone = std::erase_if(of(kind), [&](const auto& item) {
      return item.second.round.watch == round.watch && item.second.round.list != round.list;
    });
    if (gone != 0) changed_ = true;
  }

  // nullptr: not known.
  const KubernetesObject* find(KubernetesKind kind, const std::string& namespace_name,
                               const std::string& name) const {
    const Objects& objects = all(kind);
    const auto found = objects.find({namespace_name, name});
    return found == objects.end() ? nullptr : &found->second.object;
  }

  const Objects& all(KubernetesKind kind) const {
    return objects_.at(static_cast<std::size_t>(kind));
  }

  // Whether anything became another since the last call.
  bool take_changed() { return std::exchange(changed_, false); }

 private:
  Objects& of(KubernetesKind kind) { return objects_.at(static_cast<std::size_t>(kind)); }

  std::array<Objects, 6> objects_;  // By kind.
  bool changed_ = false;
};

}  // namespace tailrace::discovery
