// Syslog messages as text: the message written anew, and labels of its structured data.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "receivers/syslog_parser.h"

namespace tailrace::receivers {

// Writes a message of RFC 5424 as Promtail does with use_rfc5424_message: elements and parameters
// sorted, of equal ones the last, at most six digits of a second.
//
// Threading: confined to one thread.
// Memory: reused from message to message.
class SyslogRenderer {
 public:
  // Appends to `out`.
  void render(const SyslogMessage& message, std::string& out);

 private:
  struct Param {
    std::string_view id;
    std::string_view name;
    std::string_view value;
  };
  void render_structured_data(std::string_view data, std::string& out);

  std::vector<Param> params_;
};

// A value of structured data without its backslashes, appended.
void append_sd_value(std::string_view written, std::string& out);

}  // namespace tailrace::receivers
