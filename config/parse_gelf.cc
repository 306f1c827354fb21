// The block `gelf` of a job.
#include "config/parse.h"

namespace tailrace::config {

void parse_gelf(Fields fields, GelfConfig& gelf) {
  parse_listen(fields, gelf.listen);
  if (gelf.listen.address.empty()) gelf.listen.address = GelfConfig().listen.address;
  parse_labels(fields, "labels", gelf.labels);
  fields.read("use_incoming_timestamp", gelf.use_incoming_timestamp);
  if (auto block = fields.block("tailrace")) {
    parse_listen_limits(*block, gelf.listen);
    block->finish();
  }
  fields.finish();
}

}  // namespace tailrace::config
