// Replacement texts with groups in them: "$1", "${name}", "$$".
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tailrace::discovery {

// A replacement, parsed once.
//
// A name is the longest run of letters, digits and '_' behind '$'; a number without leading zeros
// is a group's index. A '$' that begins nothing of this kind is itself.
class RelabelTemplate {
 public:
  // `group_names`: as RE2::NamedCapturingGroups().
  RelabelTemplate(std::string_view text, const std::map<std::string, int>& group_names);

  // groups[0] is the whole match; a group that took no part in it is empty.
  std::string expand(std::span<const std::string_view> groups) const;

 private:
  struct Piece {
    std::string text;  // Put in front of the group.
    int group = -1;    // -1: none.
  };
  std::vector<Piece> pieces_;
};

}  // namespace tailrace::discovery
