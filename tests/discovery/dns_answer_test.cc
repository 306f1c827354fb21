// Answers of DNS servers as bytes.
#include "discovery/dns_answer.h"

#include <gtest/gtest.h>

#include "tests/discovery/dns_message.h"

namespace tailrace::discovery {
namespace {

TEST(DnsAnswer, reads_every_type) {
  DnsMessage message("a.example.", 1);
  message.add(1, std::string("\x0a\x00\x00\x07", 4));
  message.add(28, std::string("\x20\x01\x0d\xb8", 4) + std::string(11, '\0') + "\x01");
  message.add(33, std::string("\x00\x01\x00\x02\x1f\x90", 6) + dns_name("web.example."));
  message.add(15, std::string("\x00\x0a", 2) + dns_name("mx.example."));
  message.add(2, dns_name("ns.example."));
  message.add(5, dns_name("alias.example."));  // CNAME: left out.
  const auto answer = parse_dns_answer(message.bytes());
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->code, 0);
  EXPECT_FALSE(answer->truncated);
  EXPECT_EQ(answer->records, (std::vector<DnsRecord>{{DnsType::kA, "10.0.0.7"},
                                                     {DnsType::kAaaa, "2001:db8::1"},
                                                     {DnsType::kSrv, "web.example.", 8080},
                                                     {DnsType::kMx, "mx.example."},
                                                     {DnsType::kNs, "ns.example."}}));
}

TEST(DnsAnswer, follows_pointers) {
  DnsMessage message("_log.example.", 33);
  // "web" and then the name of the question without its first part.
  message.add(33,
              std::string("\x00\x01\x00\x02\x00\x50", 6) + "\x03web" + std::string("\xc0\x11", 2));
  const auto answer = parse_dns_answer(message.bytes());
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->records.at(0).text, "web.example.");
}

TEST(DnsAnswer, odd_names_are_written_out) {
  DnsMessage message("a.", 2);
  message.add(2, std::string("\x05") + "a.b \x01" + std::string(1, '\0'));
  message.add(2, std::string(1, '\0'));
  const auto answer = parse_dns_answer(message.bytes());
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->records.at(0).text, "a\\046b\\032\\001.");
  EXPECT_EQ(answer->records.at(1).text, ".");
}

TEST(DnsAnswer, gives_code_and_truncation) {
  DnsMessage message("a.", 1);
  message.set_flags(0x8383);
  const auto answer = parse_dns_answer(message.bytes());
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->code, 3);
  EXPECT_TRUE(answer->truncated);
}

TEST(DnsAnswer, refuses_what_breaks_off_or_lies) {
  EXPECT_FALSE(parse_dns_answer("").has_value());
  DnsMessage question("a.", 1);
  question.set_flags(0x0100);
  EXPECT_FALSE(parse_dns_answer(question.bytes()).has_value());

  DnsMessage message("a.example.", 33);
  message.add(33, std::string("\x00\x01\x00\x02\x00\x50", 6) + dns_name("web.example."));
  const std::string whole = message.bytes();
  ASSERT_TRUE(parse_dns_answer(whole).has_value());
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(parse_dns_answer(whole.substr(0, length)).has_value()) << length;

  DnsMessage circle("a.", 2);
  circle.add(2, std::string("\xc0\x1f", 2));  // Points at itself.
  EXPECT_FALSE(parse_dns_answer(circle.bytes()).has_value());
  DnsMessage outside("a.", 2);
  outside.add(2, std::string("\xc3\xff", 2));
  EXPECT_FALSE(parse_dns_answer(outside.bytes()).has_value());
  DnsMessage longer("a.", 33);  // The name goes on behind its record.
  longer.add(33, std::string("\x00\x01\x00\x02\x00\x50\x04w", 8));
  longer.add(2, dns_name("b."));
  EXPECT_FALSE(parse_dns_answer(longer.bytes()).has_value());
}

TEST(DnsAnswer, an_address_of_another_length_is_none) {
  DnsMessage message("a.", 1);
  message.add(1, "\x0a\x01\x01");
  message.add(28, "\x0a\x01\x01\x01");
  EXPECT_TRUE(parse_dns_answer(message.bytes()).value().records.empty());
}

}  // namespace
}  // namespace tailrace::discovery
