// Labels as clients of Loki write them.
#include "receivers/label_text_parser.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tailrace::receivers {
namespace {

std::string parsed(std::string_view text) {
  PushedLines lines;
  lines.begin_group();
  if (!parse_label_text(text, lines)) return "refused";
  std::string out;
  for (const LabelPair& pair : lines.labels(lines.group(0)))
    out += std::string(pair.name) + "=" + std::string(pair.value) + ";";
  return out;
}

TEST(LabelTextParser, reads_labels) {
  EXPECT_EQ(parsed("{}"), "");
  EXPECT_EQ(parsed("{a=\"b\"}"), "a=b;");
  EXPECT_EQ(parsed("{a=\"b\", c_1=\"\"}"), "a=b;c_1=;");
  EXPECT_EQ(parsed(" { a = \"b\" ,c=\"d\", } "), "a=b;c=d;");
  EXPECT_EQ(parsed("{a=\"q \\\" \\\\ \\n \\u00e9 \\x41 }\"}"), "a=q \" \\ \n \xc3\xa9 A };");
  EXPECT_EQ(parsed("{a=`raw \\n \" `}"), "a=raw \\n \" ;");
  EXPECT_EQ(parsed("{a=\"\xc3\xa9\"}"), "a=\xc3\xa9;");
}

TEST(LabelTextParser, refuses_what_is_none) {
  for (const char* text :
       {"", "a", "{", "}", "{a}", "{a=}", "{a=b}", "{a=\"b}", "{a=\"b\"", "{a=\"b\"}x",
        "{a=\"b\" c=\"d\"}", "{,}", "{a=\"b\",,}", "{1a=\"b\"}", "{a-b=\"c\"}", "{a=\"\\q\"}",
        "{a=\"x\ny\"}", "{=\"b\"}", "{a=~\"b\"}"}) {
    EXPECT_EQ(parsed(text), "refused") << text;
  }
}

}  // namespace
}  // namespace tailrace::receivers
