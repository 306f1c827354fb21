// The small Loki: its flags, what it answers and what it prints.
#include "daemon/receive_command.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::daemon {
namespace {

using Arguments = std::vector<const char*>;

TEST(ReceiveOptions, have_values_when_none_are_given) {
  const auto options = parse_receive_options(Arguments{});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->address, "127.0.0.1");
  EXPECT_EQ(options->port, 3100);
  EXPECT_EQ(options->keep, 1000U);
  EXPECT_EQ(options->answer_status, 204);
  EXPECT_EQ(options->output, ReceiveOptions::Output::kText);
  EXPECT_FALSE(options->help);
}

TEST(ReceiveOptions, each_flag_sets_its_own) {
  const auto options = parse_receive_options(
      Arguments{"-listen=[::1]:0", "--keep", "7", "-status=503", "--output=json"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->address, "::1");
  EXPECT_EQ(options->port, 0);
  EXPECT_EQ(options->keep, 7U);
  EXPECT_EQ(options->answer_status, 503);
  EXPECT_EQ(options->output, ReceiveOptions::Output::kJson);
  EXPECT_EQ(parse_receive_options(Arguments{"-output", "text"})->output,
            ReceiveOptions::Output::kText);
  EXPECT_TRUE(parse_receive_options(Arguments{"-help"})->help);
  EXPECT_TRUE(parse_receive_options(Arguments{"--h"})->help);
}

TEST(ReceiveOptions, what_is_wrong_is_named) {
  struct Case {
    Arguments arguments;
    const char* message;
  };
  for (const Case& c :
       std::vector<Case>{{{"-listen=host"}, "-listen wants ADDRESS:PORT"},
                         {{"-listen=host:x"}, "-listen wants ADDRESS:PORT"},
                         {{"-listen=host:65536"}, "-listen wants ADDRESS:PORT"},
                         {{"-listen=3100"}, "-listen wants ADDRESS:PORT"},
                         {{"-keep=-1"}, "-keep wants a number of entries"},
                         {{"-keep=1x"}, "-keep wants a number of entries"},
                         {{"-status=199"}, "-status wants an HTTP status from 200 to 599"},
                         {{"-status=600"}, "-status wants an HTTP status from 200 to 599"},
                         {{"-output=xml"}, "-output wants text or json"},
                         {{"-nonsense=1"}, "flag provided but not defined: -nonsense"},
                         {{"-keep"}, "flag needs an argument: -keep"},
                         {{"word"}, "unexpected argument: word"},
                         {{"-"}, "unexpected argument: -"}}) {
    const auto options = parse_receive_options(c.arguments);
    ASSERT_FALSE(options) << c.message;
    EXPECT_EQ(options.error().code, Error::kInvalid);
    EXPECT_EQ(options.error().message, c.message);
  }
}

TEST(ReceiveOptions, help_names_each_flag) {
  for (const char* flag : {"-listen=", "-output=", "-status=", "-keep="})
    EXPECT_NE(receive_help_text().find(flag), std::string::npos) << flag;
}

// A receiver whose print-out is kept.
struct Rig {
  explicit Rig(ReceiveOptions options = {})
      : receiver(options, [this](std::string_view text) { printed += text; }) {}

  http::ServerResponse ask(const std::string& method, const std::string& path) {
    http::ServerRequest request;
    request.method = method;
    request.path = path;
    return receiver.answer(request);
  }
  http::ServerResponse push(const std::string& body,
                            const std::string& path = "/loki/api/v1/push") {
    http::ServerRequest request;
    request.method = "POST";
    request.path = path;
    request.headers = {{"content-type", "application/json"}};
    request.body = body;
    return receiver.answer(request);
  }
  static std::string body_of(const std::string& values) {
    return R"({"streams": [{"stream": {"job": "j"}, "values": [)" + values + "]}]}";
  }

  std::string printed;
  PushReceiver receiver;
};

TEST(PushReceiver, is_ready) {
  Rig rig;
  const auto response = rig.ask("GET", "/ready");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "ready\n");
}

TEST(PushReceiver, takes_a_push_under_both_paths) {
  for (const char* path : {"/loki/api/v1/push", "/api/prom/push"}) {
    Rig rig;
    EXPECT_EQ(rig.push(Rig::body_of(R"(["1", "a"], ["2", "b"])"), path).status, 204);
    EXPECT_EQ(rig.receiver.entries(), 2U);
  }
}

TEST(PushReceiver, prints_entries_to_be_read) {
  Rig rig;
  rig.push(Rig::body_of(R"(["1700000000123456789", "a line", {"trace": "t", "user": "u"}])"));
  EXPECT_TRUE(rig.printed.starts_with("2023-11-14T")) << rig.printed;
  EXPECT_TRUE(rig.printed.ends_with(" {job=\"j\"} a line  trace=t  user=u\n")) << rig.printed;
  EXPECT_EQ(rig.printed.find('\x1b'), std::string::npos);
}

TEST(PushReceiver, prints_in_colour) {
  ReceiveOptions options;
  options.output = ReceiveOptions::Output::kColour;
  Rig rig(options);
  rig.push(Rig::body_of(R"(["1", "a"])"));
  EXPECT_TRUE(rig.printed.starts_with("\x1b[34m")) << rig.printed;
  EXPECT_TRUE(rig.printed.ends_with("\x1b[0m \x1b[33m{job=\"j\"}\x1b[0m a\n")) << rig.printed;
}

TEST(PushReceiver, prints_json) {
  ReceiveOptions options;
  options.output = ReceiveOptions::Output::kJson;
  Rig rig(options);
  rig.push(Rig::body_of(R"(["-7", "q\"b\\n\nt\t\u0001\u001f\u00e4", {"m": "1", "n": "2"}])"));
  EXPECT_EQ(rig.printed,
            R"({"time":"-7","labels":"{job=\"j\"}","line":"q\"b\\n\nt\u0009\u0001\u001f)"
            "\xc3\xa4"
            R"(","metadata":{"m":"1","n":"2"}})"
            "\n");
}

TEST(PushReceiver, keeps_the_last_entries) {
  ReceiveOptions options;
  options.keep = 2;
  Rig rig(options);
  rig.push(Rig::body_of(R"(["1", "a"], ["2", "b"])"));
  rig.push(Rig::body_of(R"(["3", "c"])"));
  const auto response = rig.ask("GET", "/entries");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/x-ndjson");
  EXPECT_EQ(response.body, R"({"time":"2","labels":"{job=\"j\"}","line":"b"})"
                           "\n"
                           R"({"time":"3","labels":"{job=\"j\"}","line":"c"})"
                           "\n");
  EXPECT_EQ(rig.receiver.entries(), 3U);
}

TEST(PushReceiver, refuses_what_it_cannot_read) {
  Rig rig;
  const auto response = rig.push("nonsense");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body, "the body is not {\"streams\": [...]}\n");
  EXPECT_EQ(rig.receiver.entries(), 0U);
  EXPECT_EQ(rig.printed, "");
}

TEST(PushReceiver, rehearses_failures_and_keeps_nothing) {
  ReceiveOptions options;
  options.answer_status = 503;
  Rig rig(options);
  const auto response = rig.push(Rig::body_of(R"(["1", "a"])"));
  EXPECT_EQ(response.status, 503);
  EXPECT_NE(response.body, "");
  EXPECT_EQ(rig.receiver.entries(), 0U);
  EXPECT_EQ(rig.printed, "");
}

TEST(PushReceiver, knows_no_other_pages_and_methods) {
  Rig rig;
  EXPECT_EQ(rig.ask("GET", "/loki/api/v1/push").status, 405);
  EXPECT_EQ(rig.ask("POST", "/entries").status, 404);
  EXPECT_EQ(rig.ask("GET", "/").status, 404);
}

}  // namespace
}  // namespace tailrace::daemon
