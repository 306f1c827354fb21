// `windows_events` of a job: everything is understood, and nothing of it runs here.
#include "config/parse.h"

namespace tailrace::config {

void parse_windows_events(Fields fields, WindowsEventsConfig& events) {
  fields.read("eventlog_name", events.eventlog_name);
  fields.read("xpath_query", events.xpath_query);
  fields.read("bookmark_path", events.bookmark_path);
  fields.read("poll_interval", events.poll_interval);
  fields.read("locale", events.locale);
  fields.read("use_incoming_timestamp", events.use_incoming_timestamp);
  fields.read("exclude_event_data", events.exclude_event_data);
  fields.read("exclude_event_message", events.exclude_event_message);
  fields.read("exclude_user_data", events.exclude_user_data);
  parse_labels(fields, "labels", events.labels);
  refuse_negative(fields, "poll_interval", events.poll_interval);
  fields.finish();
}

}  // namespace tailrace::config
