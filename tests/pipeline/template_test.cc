// Tests of Go templates: language, printing and functions.
#include "pipeline/go_template/template.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"

namespace tailrace::pipeline::go_template {
namespace {

// On the data {Value: "a b", n: "7", empty: "", "my-key": "k"}.
std::string result(std::string_view text) {
  tailrace::testing::FakeClock clock;
  const auto parsed = Template::create(
      text, {.clock = clock, .environment = [](std::string_view name) {
               return name == "HOME" ? std::optional<std::string>("/h") : std::nullopt;
             }});
  if (!parsed.has_value()) return "refused: " + parsed.error().message;
  Arena arena(1U << 16U);
  Map& data = *make_map(arena, 2);
  put(data, "Value", Value::of_text("a b"), arena);
  put(data, "n", Value::of_text("7"), arena);
  put(data, "empty", Value::of_text(""), arena);
  put(data, "my-key", Value::of_text("k"), arena);
  const auto out = (*parsed)->execute(data, arena);
  return out.has_value() ? std::string(*out) : "error";
}

struct Case {
  const char* text;
  const char* result;
};
class Executes : public ::testing::TestWithParam<Case> {};

TEST_P(Executes, as_go_does) {
  EXPECT_EQ(result(GetParam().text), GetParam().result) << GetParam().text;
}

// Of what is not there everything is missing, and so of a nil that came out of a pipeline; a nil
// that lies in a map or a list has no fields.
constexpr const char* kNested =
    R"({{ $j := fromJson "{\"n\":null,\"a\":{\"b\":\"q\",\"n\":null},\"l\":[null]}" }})";

class Nil : public ::testing::TestWithParam<Case> {};

TEST_P(Nil, as_go_does) {
  EXPECT_EQ(result(kNested + std::string(GetParam().text)), GetParam().result) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Fields, Nil,
    ::testing::Values(
        Case{"{{ .nope.x }} {{ $.nope.x.y }}", "<no value> <no value>"},
        Case{"{{ $j.zz.x }} {{ $j.a.b }} {{ $j.a.zz.x }}", "<no value> q <no value>"},
        Case{"{{ (split \" \" .Value)._9.x }}", "<no value>"}, Case{"{{ $j.n }}", "<no value>"},
        Case{"{{ $j.n.x }}", "error"}, Case{"{{ $j.a.n.x }}", "error"},
        Case{"{{ ($j.n).x }}", "<no value>"}, Case{"{{ $x := $j.n }}{{ $x.x }}", "<no value>"},
        Case{"{{ $x := $j }}{{ $x.n.x }}", "error"},
        Case{"{{ with $x := $j.n }}w{{ else }}{{ $x.x }}{{ end }}", "<no value>"},
        Case{"{{ define \"t\" }}{{ .x }}{{ end }}{{ template \"t\" $j.n }}", "<no value>"},
        Case{"{{ (index $j \"n\").x }} {{ (first $j.l).x }}", "<no value> <no value>"},
        Case{"{{ range $j.l }}{{ . }}{{ end }}", "<no value>"},
        Case{"{{ range $j.l }}{{ .x }}{{ end }}", "error"},
        Case{"{{ range $i, $x := $j.l }}{{ $x.x }}{{ end }}", "error"},
        Case{"{{ range $k, $x := $j.a }}{{ if eq $k \"n\" }}{{ $x.x }}{{ end }}{{ end }}", "error"},
        Case{"{{ range $j.l }}{{ $.zz.y }}{{ end }}", "<no value>"}));

INSTANTIATE_TEST_SUITE_P(
    Arguments, Nil,
    ::testing::Values(
        Case{"{{ if $j.zz.x }}y{{ else }}n{{ end }}", "n"},
        Case{"{{ eq $j.zz.x \"x\" }} {{ not $j.zz.x }} {{ or $j.zz.x $j.n \"z\" }}",
             "false true z"},
        Case{"{{ $j.zz.x | default \"d\" }} {{ printf \"%v\" $j.zz.x }}", "d <nil>"},
        Case{"{{ upper $j.zz.x }}", "error"}, Case{"{{ index $j.zz }}", "error"},
        Case{"{{ html $j.n }} {{ js $j.zz }} {{ urlquery $j.zz.x }}",
             "&lt;no value&gt; \\u003Cno value\\u003E %3Cno+value%3E"},
        Case{"{{ html $j.n \"a\" }}", "&lt;no value&gt;a"}, Case{"{{ sortAlpha $j.n }}", "[<nil>]"},
        Case{"{{ hasKey $j.zz \"a\" }} {{ get $j.zz \"a\" }} {{ keys $j.zz }} {{ values $j.zz }}",
             "false  [] []"},
        Case{"{{ pick $j.zz \"a\" }} {{ omit $j.zz \"a\" }} {{ unset $j.zz \"a\" }}",
             "map[] map[] map[]"},
        Case{"{{ pluck \"a\" $j.zz }} {{ $j.n | keys }}", "[] []"},
        Case{"{{ merge $j.zz (dict \"q\" 1) }} {{ mergeOverwrite (dict \"q\" 1) $j.zz }}",
             "map[q:1] map[q:1]"},
        Case{"{{ hasKey $j.n \"a\" }}", "error"}, Case{"{{ keys $j.n }}", "error"},
        Case{"{{ set $j.zz \"a\" 1 }}", "error"}));

INSTANTIATE_TEST_SUITE_P(
    Verbs, Executes,
    ::testing::Values(
        Case{"{{ printf \"%x|%X|%.2x|%012x|%#x\" -12.75 -12.75 -12.75 -12.75 -12.75 }}",
             "-0x1.98p+03|-0X1.98P+03|-0x1.98p+03|-00x1.98p+03|-0x1.9800p+03"},
        Case{"{{ printf \"%b|%#g|%#G|%+v|%8.3v\" -12.75 -12.75 -12.75 -12.75 -12.75 }}",
             "-7177611906121728p-49|-12.7500|-12.7500|-12.75|   -12.8"},
        Case{"{{ printf \"%b %x %#g\" 0.0 0.0 0.0 }}", "0p-1074 0x0p+00 0.00000"},
        Case{"{{ printf \"%.1x %x\" 1.97 1.97 }}", "0x1.0p+01 0x1.f851eb851eb85p+00"},
        Case{"{{ printf \"%-7d|%#d|%08.2d|%.2T\" -12.75 -12.75 -12.75 -12.75 }}",
             "%!d(float64=-12.75 )|%!d(float64=-12.7500)|%!d(float64=-0000013)|fl"},
        Case{"{{ printf \"%x|% x|%#x|%# X|%.2x|%8.3x\" \"\303\251 b\" \"\303\251 b\" \"\303\251 "
             "b\" \"\303\251 b\" \"\303\251 b\" \"\303\251 "
             "b\" }}",
             "c3a92062|c3 a9 20 62|0xc3a92062|0XC3 0XA9 0X20 0X62|c3a9|  c3a920"},
        Case{"{{ printf \"%q|%+q|%#q|%#v|%8.3q\" \"\303\251\\n\" \"\303\251\\n\" \"\303\251\\n\" "
             "\"\303\251\\n\" \"\303\251\\n\" }}",
             "\"\303\251\\n\"|\"\\u00e9\\n\"|\"\303\251\\n\"|\"\303\251\\n\"|   \"\303\251\\n\""},
        Case{"{{ printf \"%q|%#q\" \"a`b\" \"a`b\" }}", "\"a`b\"|\"a`b\""},
        Case{"{{ printf \"%012d|%-9d|%.2d\" \"a b\" \"a b\" \"a b\" }}",
             "%!d(string=000000000a b)|%!d(string=a b      )|%!d(string=a )"},
        Case{"{{ printf \"%#v|%+v|%q|%#x\" (list 1 \"a\" nil 2.5) (list 1 \"a\" nil 2.5) (list 1 "
             "\"a\" nil 2.5) (list 1 \"a\" nil 2.5) }}",
             "[]interface {}{1, \"a\", interface {}(nil), 2.5}|[1 a <nil> 2.5]|['\\x01' \"a\" "
             "<nil> %!q(float64=2.5)]|[0x1 0x61 <nil> 0x1.4000p+01]"},
        Case{"{{ printf \"%#v|%5v\" (dict \"k\" (list \"v\")) (dict \"k\" (list \"v\")) }}",
             "map[string]interface {}{\"k\":[]interface {}{\"v\"}}|map[    k:[    v]]"},
        Case{"{{ printf \"%#v|%q\" (splitList \",\" \"b,a\") (splitList \",\" \"b,a\") }}",
             "[]string{\"b\", \"a\"}|[\"b\" \"a\"]"},
        Case{"{{ printf \"%O|%05O|%#o|%#08x|%+v|%8.3d|%.0d\" 42 42 42 42 42 42 42 }}",
             "0o52|0o00052|052|0x0000002a|42|     042|42"},
        Case{"{{ printf \"%.0d|%5.0d\" 0 0 }}", "|     "},
        Case{"{{ printf \"%U|%#U|%#.6U|%08U|%c|%q\" 233 233 233 233 233 233 }}",
             "U+00E9|U+00E9 '\303\251'|U+0000E9 '\303\251'|  U+00E9|\303\251|'\303\251'"},
        Case{"{{ printf \"%q|%#U|%+q\" 8 8 8 }}", "'\\b'|U+0008|'\\b'"},
        Case{"{{ printf \"%q|%c\" -7 -7 }}", "'\357\277\275'|\357\277\275"},
        Case{"{{ printf \"%s|%5d|%\303\251\" true true true }}",
             "%!s(bool=true)|%!d(bool= true)|%!\303\251(bool=true)"},
        Case{"{{ printf \"%+.3e|% f|%+08.1f|%-9.1f|\" 3.14159 3.14159 3.14159 3.14159 }}",
             "+3.142e+00| 3.141590|+00003.1|3.1      |"},
        Case{"{{ printf \"%6.2f|%06.2f|%+d|% d\" 3.14159 3.14159 3.14159 3.14159 }}",
             "  3.14|003.14|%!d(float64=+3.14159)|%!d(float64= 3.14159)"},
        Case{"{{ printf \"%+d|% d|%+5d|%-5d|%05d\" -42 -42 -42 -42 -42 }}",
             "-42|-42|  -42|-42  |-0042"},
        Case{"{{ printf \"%T|%T\" nil nil }}", "<nil>|<nil>"}));

INSTANTIATE_TEST_SUITE_P(
    WordsAndEncodings, Executes,
    ::testing::Values(
        Case{"{{ camelcase \"a1b2\" }} {{ camelcase \"a1B2\" }} {{ camelcase \"fooBar\" }} {{ "
             "camelcase \"foo2bar\" }} {{ camelcase \"foo2Bar\" }} {{ camelcase \"FOO_BAR\" }}",
             "A1b2 A1B2 FooBar Foo2bar Foo2Bar FooBar"},
        Case{"{{ camelcase \"fooBAR\" }} {{ camelcase \"x1Y\" }} {{ camelcase \"1ab\" }} {{ "
             "camelcase \"1AB\" }} {{ camelcase \"aB\" }} {{ camelcase \"A2b\" }}",
             "FooBAR X1Y 1ab 1AB AB A2b"},
        Case{"{{ camelcase \"A2B\" }} {{ camelcase \"AB2CD\" }} {{ camelcase \"ab-2cd\" }} {{ "
             "camelcase \"ab_2CD\" }} {{ camelcase \"\344\270\226a\" }} {{ camelcase "
             "\"\344\270\226A\" }}",
             "A2B Ab2CD Ab2cd Ab2CD \344\270\226a \344\270\226A"},
        Case{"{{ camelcase \"a\344\270\226B\" }} {{ camelcase \"a\344\270\226b\" }} {{ camelcase "
             "\"AB\344\270\226CD\" }} {{ "
             "camelcase \"x!Y\" }} {{ camelcase \"X!YZ\" }} {{ camelcase \"x!yz\" }}",
             "A\344\270\226B A\344\270\226b Ab\344\270\226CD X!Y X!YZ X!yz"},
        Case{"{{ camelcase \"A.B.C\" }} {{ camelcase \"a.b.c\" }} {{ camelcase \"IDs\" }} {{ "
             "camelcase \"myID\" }} {{ camelcase \"myIDs\" }} {{ camelcase \"MyIDField\" }}",
             "A.B.C A.b.c Ids MyID MyIDs MyIDField"},
        Case{"{{ camelcase \"a-B-C\" }} {{ camelcase \"XYZ_abc\" }} {{ camelcase \"2G\" }} {{ "
             "camelcase \"2g\" }} {{ camelcase \"22GG\" }} {{ camelcase \"a_B\" }}",
             "ABC XyzAbc 2G 2g 22GG AB"},
        Case{"{{ camelcase \"FOO\" }} {{ camelcase \"Foo\" }} {{ camelcase \"fOO\" }} {{ camelcase "
             "\"\303\211\303\200\" }} {{ camelcase \"\303\251\303\200b\" }}",
             "Foo Foo FOO \303\211\303\240 \303\211\303\200b"},
        Case{"{{ snakecase \"a1b2\" }} {{ snakecase \"a12b\" }} {{ snakecase \"a1B2\" }} {{ "
             "snakecase \"ab12cd\" }} {{ snakecase \"AB12CD\" }} {{ snakecase \"a1\" }}",
             "a_1b2 a_12b a1_b2 ab_12cd ab12_cd a1"},
        Case{"{{ snakecase \"1a\" }} {{ snakecase \"A1\" }} {{ snakecase \"A1B\" }} {{ snakecase "
             "\"1A1\" }} {{ snakecase \"a_1b\" }} {{ snakecase \"a1_b\" }}",
             "1a a1 a1_b 1_a1 a_1b a1_b"},
        Case{"{{ snakecase \"\344\270\226a\" }} {{ snakecase \"a\344\270\226\" }} {{ snakecase "
             "\"\344\270\226\344\270\226\" }} {{ "
             "snakecase \"\344\270\2261\" }} {{ snakecase \"1\344\270\226\" }} {{ snakecase "
             "\"a\344\270\2261b\" }}",
             "\344\270\226_a a_\344\270\226 \344\270\226\344\270\226 \344\270\2261 1_\344\270\226 "
             "a_\344\270\226_1b"},
        Case{"{{ snakecase \"\344\270\226A\" }} {{ snakecase \"A\344\270\226\" }} {{ snakecase "
             "\"HTTP2Server\" }} {{ "
             "snakecase \"x2y\" }} {{ snakecase \"v1beta1\" }} {{ snakecase \"utf8\" }}",
             "\344\270\226_a a_\344\270\226 http2_server x_2y v_1beta1 utf8"},
        Case{"{{ snakecase \"UTF8\" }} {{ snakecase \"x86_64\" }} {{ snakecase \"a 1\" }} {{ "
             "snakecase \"foo1Bar2\" }} {{ snakecase \"md5Sum\" }} {{ snakecase \"1st\" }}",
             "utf8 x86_64 a_1 foo1_bar2 md5_sum 1st"},
        Case{"{{ snakecase \"2ndPlace\" }} {{ snakecase \"s3Bucket\" }} {{ snakecase \"IPv4Addr\" "
             "}} {{ snakecase \"ip4\" }} {{ snakecase \"A4b\" }} {{ snakecase \"Ab4\" }}",
             "2nd_place s3_bucket i_pv4_addr ip4 a_4b ab4"},
        Case{"{{ snakecase \"aB4c\" }} {{ snakecase \"a-1\" }} {{ snakecase \"\344\270\226_a\" }} "
             "{{ "
             "snakecase \"\303\2511\" }} {{ snakecase \"\320\264\320\276\320\274\" }} {{ snakecase "
             "\"\320\264\320\276\320\274\320\224\320\276\320\274\" }}",
             "a_b_4c a_1 \344\270\226_a \303\2511 \320\264\320\276\320\274 "
             "\320\264\320\276\320\274_\320\264\320\276\320\274"},
        Case{"{{ camelcase \"x__\" }} {{ camelcase \"_x_y_\" }} {{ camelcase \"x-\\ty\" }}",
             "X__ _XY_ X-Y"},
        Case{"{{ camelcase \"__\" }} {{ camelcase \"_\" }}", "___ __"},
        Case{"[{{ camelcase \"  x  y  \" }}]", "[  X Y  ]"},
        Case{"{{ b64dec \"string\" }}", "illegal base64 data at input byte 4"},
        Case{"{{ b64dec \"a\" }}", "illegal base64 data at input byte 0"},
        Case{"{{ b64dec \"YQ=a\" }}", "illegal base64 data at input byte 2"},
        Case{"{{ b64dec \"ab=\" }}", "illegal base64 data at input byte 3"},
        Case{"{{ b32dec \"ABCDEFGHA\" }}", "illegal base32 data at input byte 8"},
        Case{"{{ b32dec \"ME=====A\" }}", "illegal base32 data at input byte 6"},
        Case{"{{ initial (list) }} {{ rest (list) }} {{ slice (list 1 2 3) 1 \"2\" 9 9 }}{{ slice "
             "(list) \"x\" 1 2 }}",
             "[] [] [2]<no value>"}));

INSTANTIATE_TEST_SUITE_P(
    Language, Executes,
    ::testing::Values(
        Case{"x {{ .Value }} y", "x a b y"}, Case{"{{.nope}}", "<no value>"},
        Case{"a {{- .n -}} b", "a7b"}, Case{"a {{- /* c */ -}} b", "ab"}, Case{"{{/* c */}}x", "x"},
        Case{"{{ $.n }}", "7"}, Case{"{{ .n.x }}", "error"}, Case{"{{ index . \"my-key\" }}", "k"},
        Case{"{{ if .empty }}y{{ else }}n{{ end }}", "n"},
        Case{"{{ if eq .n \"1\" }}a{{ else if eq .n \"7\" }}b{{ else }}c{{ end }}", "b"},
        Case{"{{ with .empty }}a{{ else with .n }}{{ . }}!{{ end }}", "7!"},
        Case{"{{ with $x := .n }}{{ $x }}{{ . }}{{ end }}", "77"},
        Case{"{{ range $i, $x := splitList \" \" .Value }}{{ $i }}{{ $x }};{{ end }}", "0a;1b;"},
        Case{"{{ range list }}x{{ else }}none{{ end }}", "none"},
        Case{"{{ range until 5 }}{{ if eq . 1 }}{{ continue }}{{ end }}{{ if eq . 3 }}{{ break }}"
             "{{ end }}{{ . }}{{ end }}",
             "02"},
        Case{"{{ range 3 }}{{ . }}{{ end }}", "012"},
        Case{"{{ range $k, $v := dict \"b\" 1 \"a\" 2 }}{{ $k }}{{ $v }}{{ end }}", "a2b1"},
        Case{"{{ range .n }}{{ end }}", "error"},
        Case{"{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"},
        Case{"{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ end }}{{ $x }}", "1"},
        Case{"{{ define \"t\" }}<{{ . }}>{{ end }}{{ template \"t\" .n }}", "<7>"},
        Case{"{{ block \"t\" .n }}[{{ . }}]{{ end }}", "[7]"},
        Case{"{{ template \"no\" }}", "error"},
        Case{"{{ define \"t\" }}{{ template \"t\" }}{{ end }}{{ template \"t\" }}", "error"},
        Case{"{{ (split \" \" .Value)._1 }}", "b"},
        Case{"{{ \"a\" | printf \"%s-%s\" \"b\" }}", "b-a"}, Case{"{{ nil }}", "error"},
        Case{"{{ .n \"x\" }}", "error"}, Case{"{{ 1 | .n }}", "error"},
        Case{"{{ 1_0.5 }} {{ 1e1_0 }} {{ 0x_1p1 }} {{ 0x1_fp0 }}", "10.5 1e+10 2 31"},
        Case{"{{ 'a' }} {{ 0x1F }} {{ 1_000 }} {{ 1.5 }} {{ `r` }} {{ true }}",
             "97 31 1000 1.5 r true"},
        Case{"{{ and .n .empty }}|{{ or .empty .n }}|{{ or .n (fail \"x\") }}|{{ not .empty }}",
             "|7|7|true"},
        Case{"{{ eq .n \"1\" \"7\" }} {{ ne 1 2 }} {{ eq 1 1.0 }}", "error"},
        Case{"{{ eq .nope \"x\" }} {{ eq .nope nil }} {{ lt \"10\" \"2\" }} {{ ge 2 2 }} {{ le 1.5 "
             "1 }}",
             "error"},
        Case{"{{ eq .nope \"x\" }} {{ eq .nope nil }} {{ lt \"10\" \"2\" }} {{ ge 2 2 }} {{ gt 1.5 "
             "1.0 }}",
             "false true true true true"},
        Case{"{{ if ge .n 5 }}x{{ end }}", "error"}, Case{"{{ len \"\xC3\xA9\" }}", "2"},
        Case{"{{ index (list 1 2) 1 }} {{ index \"ab\" 1 }}", "2 98"},
        Case{"{{ index (list 1) 1 }}", "error"}, Case{"{{\n.n\n}}", "7"}));

INSTANTIATE_TEST_SUITE_P(
    Printing, Executes,
    ::testing::Values(Case{"{{ print 1 2 \"a\" 3 }}{{ println \"a\" 1 }}", "1 2a3a 1\n"},
                      Case{"{{ list 1 \"a\" nil 2.5 }} {{ dict \"b\" 1 \"a\" (list) }}",
                           "[1 a <nil> 2.5] map[a:[] b:1]"},
                      Case{"{{ 1e6 }} {{ 123456.5 }} {{ 0.0001 }} {{ 0.00001 }} {{ 1e21 }}",
                           "1e+06 123456.5 0.0001 1e-05 1e+21"},
                      Case{"{{ printf \"%5d|%-5d|%05d|%+d|%x|%X|%#x|%o|%b|%c|%U|%q\" 7 7 7 7 255 "
                           "255 255 8 5 65 233 65 }}",
                           "    7|7    |00007|+7|ff|FF|0xff|10|101|A|U+00E9|'A'"},
                      Case{"{{ printf \"%6.2f|%e|%g|%G|%.3g|%v\" 3.14159 1500.0 1e7 1e7 2.0 2.0 }}",
                           "  3.14|1.500000e+03|1e+07|1E+07|2|2"},
                      Case{"{{ printf \"%s|%10s|%-4s|%.1s|%q|%x|%T\" \"ab\" \"ab\" \"ab\" \"ab\" "
                           "\"a\\\"\" \"ab\" 1 }}",
                           "ab|        ab|ab  |a|\"a\\\"\"|6162|int"},
                      Case{"{{ printf \"%t %v %T %v\" true nil nil (list \"a\" 1) }}",
                           "true <nil> <nil> [a 1]"},
                      Case{"{{ printf \"%d|%s|%!|%z\" \"a\" 1 2 }}",
                           "%!d(string=a)|%!s(int=1)|%!!(int=2)|%!z(MISSING)"},
                      Case{"{{ printf \"%d %d\" 1 }}{{ printf \"x\" 1 \"a\" }}{{ printf \"%\" }}",
                           "1 %!d(MISSING)x%!(EXTRA int=1, string=a)%!(NOVERB)"},
                      Case{"{{ printf \"%*d|%.*f|%[2]d %[1]d|%[9]d\" 5 1 2 1.2345 }}",
                           "    1|1.23|1 5|%!d(BADINDEX)"},
                      Case{"{{ printf \"%s %d\" (list \"a\" 1) (list \"a\" 1) }}",
                           "[a %!s(int=1)] [%!d(string=a) 1]"},
                      Case{"{{ html \"<a&'\\\">\" }} {{ js \"it's<\" }} {{ urlquery \"a b&\" }}",
                           "&lt;a&amp;&#39;&#34;&gt; it\\'s\\u003C a+b%26"}));

INSTANTIATE_TEST_SUITE_P(
    Texts, Executes,
    ::testing::Values(
        Case{"{{ ToUpper \"stra\xC3\x9F"
             "e\" }} {{ ToLower \"\xC3\x89T\" }}",
             "STRA\xC3\x9F"
             "E \xC3\xA9t"},
        Case{"{{ Replace \"aaa\" \"a\" \"b\" 2 }} {{ Replace \"ab\" \"\" \"-\" -1 }}", "bba -a-b-"},
        Case{"{{ Trim \"--x-\" \"-\" }} {{ TrimLeft \"--x-\" \"-\" }} {{ TrimRight \"--x-\" \"-\" "
             "}}",
             "x x- --x"},
        Case{"{{ TrimPrefix \"abc\" \"ab\" }} {{ TrimSuffix \"abc\" \"bc\" }} [{{ TrimSpace \" x "
             "\" }}]",
             "c a [x]"},
        Case{"{{ trimPrefix \"ab\" \"abc\" }} {{ trimSuffix \"bc\" \"abc\" }} {{ trimAll \"-\" "
             "\"-x-\" }}",
             "c a x"},
        Case{"{{ substr 1 3 \"abcd\" }} {{ substr -1 2 \"abcd\" }} {{ substr 2 99 \"abcd\" }}",
             "bc ab cd"},
        Case{"{{ substr 3 1 \"abcd\" }}", "error"},
        Case{"{{ trunc 2 \"abc\" }} {{ trunc -2 \"abc\" }}", "ab bc"},
        Case{"{{ repeat 3 \"ab\" }} {{ nospace \"a b\\tc\" }} {{ abbrev 5 \"abcdefg\" }}",
             "ababab abc ab..."},
        Case{"{{ repeat 100000000 \"ab\" }}", "error"}, Case{"{{ repeat -1 \"ab\" }}", "error"},
        Case{"{{ indent 2 \"a\\nb\" }}{{ nindent 1 \"c\" }}", "  a\n  b\n c"},
        Case{"{{ title \"a bc_d\" }} {{ untitle \"Ab Cd\" }} {{ swapcase \"aB\" }} {{ initials "
             "\"ab cd\" }}",
             "A Bc_d ab cd Ab ac"},
        Case{"{{ snakecase \"fooBarHTTPServer\" }} {{ kebabcase \"FooBar\" }} {{ camelcase "
             "\"foo_bar-x\" }}",
             "foo_bar_http_server foo-bar FooBarX"},
        Case{"{{ quote \"a\" nil 1 }} {{ squote \"a\" }} {{ cat 1 nil \"b\" }} {{ toString 1.5 }}",
             "\"a\" \"1\" 'a' 1 b 1.5"},
        Case{
            "{{ contains \"b\" \"abc\" }} {{ hasPrefix \"a\" \"b\" }} {{ hasSuffix \"c\" \"bc\" }}",
            "true false true"},
        Case{"{{ plural \"one\" \"many\" 1 }} {{ plural \"one\" \"many\" 2 }}", "one many"},
        Case{"{{ env \"HOME\" }} {{ env \"NO\" }} {{ expandenv \"$HOME/${HOME}$NO$\" }}",
             "/h  /h//h$"},
        Case{"{{ ToLower .nope }}", "error"}, Case{"{{ ToLower 1 }}", "error"},
        Case{"{{ lower }}", "error"}, Case{"{{ lower \"a\" \"b\" }}", "error"}));

INSTANTIATE_TEST_SUITE_P(
    Numbers, Executes,
    ::testing::Values(
        Case{"{{ int \"010\" }} {{ int \"1.0\" }} {{ int \"1.5\" }} {{ int 3.9 }} {{ atoi \"010\" "
             "}} {{ int64 true }}",
             "8 1 0 3 10 1"},
        Case{"{{ add 1 \"2\" }} {{ sub 1 2 }} {{ mul 2 3 4 }} {{ div -7 2 }} {{ mod -7 3 }} {{ "
             "add1 1 }}",
             "3 -1 24 -3 -1 2"},
        Case{"{{ div 1 0 }}", "error"}, Case{"{{ mod 1 0 }}", "error"},
        Case{"{{ max 1 3 2 }} {{ min 2 1 }} {{ maxf 1 2.5 }} {{ minf 1 2.5 }}", "3 1 2.5 1"},
        Case{"{{ addf 0.1 0.2 }} {{ subf 1 0.9 }} {{ mulf 1000 1234567 }} {{ divf 1 3 }}",
             "0.3 0.1 1.234567e+09 0.3333333333333333"},
        Case{"{{ divf 1 0 }}", "error"},
        Case{"{{ round 2.345 2 }} {{ round 2.5 0 }} {{ ceil 1.2 }} {{ floor -1.2 }} {{ float64 "
             "\"1e3\" }}",
             "2.35 3 2 -2 1000"},
        Case{"{{ until 3 }} {{ untilStep 5 0 -2 }} {{ seq 3 }} {{ seq 2 -2 1 }} {{ seq 0 2 4 }}",
             "[0 1 2] [5 3 1] 1 2 3 2 0 2 4"},
        Case{"{{ until 1000000000 }}", "error"}, Case{"{{ round 1.5 1.0 }}", "1.5"},
        Case{"{{ trunc (int64 2) \"abc\" }}", "error"}));

INSTANTIATE_TEST_SUITE_P(
    Collections, Executes,
    ::testing::Values(
        Case{"{{ default \"d\" .empty }} {{ default \"d\" .nope }} {{ coalesce .empty .n }} {{ "
             "ternary 1 2 false }}",
             "d d 7 2"},
        Case{"{{ empty 0 }} {{ all 1 \"\" }} {{ any 1 \"\" }} {{ deepEqual (list 1) (list 1) }}",
             "true false true true"},
        Case{"{{ kindOf .n }} {{ typeOf (list) }} {{ kindOf nil }} {{ typeOf (dict) }}",
             "string []interface {} invalid map[string]interface {}"},
        Case{"{{ first (list 1 2) }} {{ last (list 1 2) }} {{ rest (list 1 2) }} {{ initial (list "
             "1 2) }}",
             "1 2 [2] [1]"},
        Case{"{{ first \"ab\" }}", "error"}, Case{"{{ first nil }}", "error"},
        Case{"{{ append (list 1) 2 }} {{ prepend (list 1) 0 }} {{ concat (list 1) (list 2) }} {{ "
             "reverse (list 1 2) }}",
             "[1 2] [0 1] [1 2] [2 1]"},
        Case{"{{ uniq (list 1 1 2) }} {{ without (list 1 2) 1 }} {{ compact (list 0 1 \"\") }} {{ "
             "has 1 (list 1) }}",
             "[1 2] [2] [1] true"},
        Case{"{{ chunk 2 (list 1 2 3) }} {{ slice (list 1 2 3) 1 2 }} {{ slice (list 1 2) 1 }}",
             "[[1 2] [3]] [2] [2]"},
        Case{"{{ slice \"abc\" 1 }}", "error"},
        Case{"{{ join \"-\" (list 1 nil \"a\") }} {{ join \",\" \"x\" }}", "1-a x"},
        Case{"{{ sortAlpha (list \"b\" \"a\") }} {{ toStrings (list 1 2) }} {{ splitList \"\" "
             "\"ab\" }}",
             "[a b] [1 2] [a b]"},
        Case{"{{ get (dict \"a\" 1) \"a\" }}{{ get (dict) \"a\" }} {{ hasKey (dict \"a\" 1) \"a\" "
             "}}",
             "1 true"},
        Case{"{{ $d := dict \"a\" 1 }}{{ $_ := set $d \"b\" 2 }}{{ $_ = unset $d \"a\" }}{{ $d }}",
             "map[b:2]"},
        Case{"{{ keys (dict \"b\" 1 \"a\" 2) }} {{ values (dict \"a\" 2) }} {{ pluck \"a\" (dict "
             "\"a\" 1) (dict) }}",
             "[a b] [2] [1]"},
        Case{"{{ pick (dict \"a\" 1 \"b\" 2) \"a\" }} {{ omit (dict \"a\" 1 \"b\" 2) \"a\" }}",
             "map[a:1] map[b:2]"},
        Case{"{{ merge (dict \"a\" 1 \"e\" \"\") (dict \"a\" 2 \"b\" 3 \"e\" 4) }}",
             "map[a:1 b:3 e:4]"},
        Case{"{{ dig \"a\" \"b\" 0 (dict \"a\" (dict \"b\" 5)) }} {{ dig \"x\" 9 (dict) }}", "5 9"},
        Case{"{{ get (split \" \" .Value) \"_0\" }}", "error"}));

INSTANTIATE_TEST_SUITE_P(
    Others, Executes,
    ::testing::Values(
        Case{"{{ regexReplaceAll \"(a)(?P<x>b)?\" \"ab a\" \"<$1${x}$y$$>\" }}", "<ab$> <a$>"},
        Case{"{{ regexReplaceAll \"a\" \"aa\" \"$0w ${0}w $1w\" }}", " aw  aw "},
        Case{"{{ regexReplaceAllLiteral \"a\" \"aa\" \"$1\" }} {{ regexMatch \"^a\" \"ab\" }}",
             "$1$1 true"},
        Case{"{{ regexReplaceAll \"(\" \"a\" \"\" }}", "error"},
        Case{"{{ regexMatch \"(\" \"a\" }}", "false"},
        Case{"{{ regexFind \"b+\" \"abbc\" }} {{ regexFindAll \"[a-c]\" \"abc\" 2 }} {{ "
             "regexFindAll \"x\" \"a\" -1 }}",
             "bb [a b] []"},
        Case{"{{ regexSplit \",\" \"a,b,c\" -1 }} {{ regexSplit \",\" \"a,b,c\" 2 }} {{ "
             "regexQuoteMeta \"a.b\" }}",
             "[a b c] [a b,c] a\\.b"},
        Case{"{{ Sha2Hash \"s\" \"v\" | trunc 8 }} {{ sha256sum \"sv\" | trunc 8 }} {{ sha1sum "
             "\"\" | trunc 8 }}",
             "afac70e6 afac70e6 da39a3ee"},
        Case{"{{ Hash \"\" \"\" | trunc 8 }} {{ sha512sum \"\" | trunc 8 }} {{ adler32sum \"abc\" "
             "}}",
             "a7ffc6f8 cf83e135 38600999"},
        Case{"{{ b64enc \"a\" }} {{ b64enc \"abc\" }} {{ b64dec \"YQ==\" }} {{ b64dec \"!\" }}",
             "YQ== YWJj a illegal base64 data at input byte 0"},
        Case{"{{ (fromJson \"{\\\"a\\\":[1,null,true,\\\"x\\\"]}\").a }} {{ fromJson \"{\" }}",
             "[1 <nil> true x] <no value>"},
        Case{"{{ toJson (dict \"a\" (list 1 2.5 nil \"<\" true)) }}",
             "{\"a\":[1,2.5,null,\"\\u003c\",true]}"},
        Case{"{{ base \"/a/b.c\" }} {{ dir \"/a/b\" }} {{ ext \"a/b.c\" }} {{ clean "
             "\"a/../../b//c/.\" }} {{ base \"\" }}",
             "b.c /a .c ../b/c ."},
        Case{"{{ dateInZone \"2006-01-02T15:04:05Z07:00\" 1588723200 \"UTC\" }}",
             "2020-05-06T00:00:00Z"},
        Case{"{{ dateInZone \"Mon Jan _2 3:04PM 06 .000 MST -0700 002\" (int64 86400) \"UTC\" }}",
             "Fri Jan  2 12:00AM 70 .000 UTC +0000 002"},
        Case{"{{ unixEpoch (toDate \"2006-01-02 MST\" \"2020-05-06 UTC\") }} {{ unixEpoch (toDate "
             "\"2006\" \"x\") }}",
             "1588723200 -62135596800"},
        Case{"{{ duration \"95\" }} {{ durationRound \"2h10m5s\" }} {{ durationRound \"1ms\" }} {{ "
             "ago now }}",
             "1m35s 2h 0s 0s"},
        Case{"{{ unixEpoch (dateModify \"1h\" (toDate \"2006-01-02 MST\" \"1970-01-01 UTC\")) }}",
             "3600"}));

INSTANTIATE_TEST_SUITE_P(
    RareOnes, Executes,
    ::testing::Values(
        Case{"{{ abbrevboth 5 10 \"abcdefghijklmnop\" }} {{ abbrevboth 2 8 \"abcdefghijkl\" }} {{ "
             "abbrevboth 9 8 \"abcdefghijkl\" }} {{ abbrevboth 1 6 \"abcdefghijkl\" }}",
             "...fghi... abcde... ...hijkl abcdefghijkl"},
        Case{"{{ wrap 5 \"ab cd efghijkl m\" }}", "ab cd\nefghijkl\nm"},
        Case{"{{ wrapWith 3 \"|\" \"ab cdefgh  i\" }} {{ wrapWith 0 \"\" \"ab\" }}",
             "ab|cde|fgh| i a\nb"},
        Case{"{{ hello }} {{ toDecimal \"0755\" }} {{ toDecimal \"8\" }} {{ toDecimal 17 }} {{ "
             "toDecimal \"+-1\" }} {{ toDecimal \"+7\" }}",
             "Hello! 493 0 15 0 7"},
        Case{"{{ splitn \"\" 2 \"abc\" }} {{ splitn \"\" 5 \"ab\" }} {{ splitn \"\" 2 \"\" }}",
             "map[_0:a _1:bc] map[_0:a _1:b] map[]"},
        Case{"{{ splitn \",\" 2 \"a,b,c\" }} {{ splitn \",\" 0 \"a\" }} {{ splitn \",\" -1 "
             "\"a,b\" }} {{ splitn \",\" 1 \"a,b\" }}",
             "map[_0:a _1:b,c] map[] map[_0:a _1:b] map[_0:a,b]"},
        Case{"{{ typeIs \"string\" .n }} {{ typeIsLike \"int\" 1 }} {{ kindIs \"map\" (dict) }} {{ "
             "kindIs \"slice\" 1 }}",
             "true true true false"},
        Case{"{{ b32enc \"a\" }} {{ b32enc \"abcde\" }} {{ b32enc \"\" }} {{ b32dec \"ME======\" "
             "}} {{ b32dec \"MFRGGZDF\" }} {{ b32dec \"a\" }}",
             "ME====== MFRGGZDF  a abcde illegal base32 data at input byte 0"},
        Case{"{{ b32dec (b32enc \"abcdefg\") }} {{ b32dec \"M=======\" }}",
             "abcdefg illegal base32 data at input byte 1"},
        Case{"{{ toPrettyJson (dict \"a\" (list 1 (dict)) \"b\" (list)) }}",
             "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}"},
        Case{"{{ toRawJson (list \"<&>\" \"\\\\u003c\" \"\\\"\") }}",
             "[\"<&>\",\"\\\\u003c\",\"\\\"\"]"},
        Case{"{{ mustFromJson \"{\" }}", "error"}, Case{"{{ mustToJson (list 1) }}", "[1]"},
        Case{"{{ mergeOverwrite (dict \"a\" 1 \"b\" 2 \"m\" (dict \"x\" 1)) (dict \"a\" 3 \"b\" "
             "\"\" \"m\" (dict \"y\" 2)) }}",
             "map[a:3 b:2 m:map[x:1 y:2]]"},
        Case{"{{ $a := dict \"m\" (dict \"x\" 1) }}{{ $b := deepCopy $a }}{{ $_ := set $b.m \"x\" "
             "2 }}{{ $a }} {{ $b }} {{ mustDeepCopy (list 1) }}",
             "map[m:map[x:1]] map[m:map[x:2]] [1]"},
        Case{"{{ deepCopy nil }}", "error"},
        Case{"{{ $a := dict }}{{ $_ := set $a \"a\" $a }}{{ deepCopy $a }}", "error"},
        Case{"{{ mustAppend (list 1) 2 }} {{ mustRest (list 1 2) }} {{ mustHas 1 (list) }} {{ "
             "mustSlice (list 1 2) 1 }} {{ mustMerge (dict) (dict \"a\" 1) }}",
             "[1 2] [2] false [2] map[a:1]"},
        Case{"{{ mustRegexMatch \"a\" \"ba\" }} {{ mustRegexFind \"a+\" \"baa\" }} {{ "
             "mustRegexReplaceAll \"a\" \"a\" \"b\" }} {{ mustRegexSplit \",\" \"a,b\" -1 }}",
             "true aa b [a b]"},
        Case{"{{ mustRegexMatch \"(\" \"a\" }}", "error"},
        Case{"{{ isAbs \"/a\" }} {{ osIsAbs \"a\" }} {{ osBase \"/a/b\" }} {{ osExt \"a.b\" }}",
             "true false b .b"},
        Case{"{{ htmlDateInZone 86400 \"UTC\" }} {{ unixEpoch (mustToDate \"2006 MST\" \"1970 "
             "UTC\") }} {{ unixEpoch (mustDateModify \"1s\" (toDate \"2006 MST\" \"1970 UTC\")) }}",
             "1970-01-02 0 1"},
        Case{"{{ mustToDate \"2006\" \"x\" }}", "error"},
        Case{"{{ mustDateModify \"x\" now }}", "error"},
        Case{"{{ (urlParse \"http://u:p@h:80/a?b=c#d\").host }} {{ urlParse \"//x/%41\" }}",
             "h:80 map[fragment: host:x hostname:x opaque: path:/A query: scheme: userinfo:]"},
        Case{"{{ urlParse \"http://h/a\" | urlJoin }} {{ urlJoin (dict \"host\" \"h\" \"path\" "
             "\"a b\" \"userinfo\" \"u\" \"query\" \"q\" \"fragment\" \"f g\") }}",
             "http://h/a //u@h/a%20b?q#f%20g"},
        Case{"{{ urlParse \"http://a b/\" }}", "error"},
        Case{"{{ urlJoin (dict \"host\" 1) }}", "error"},
        Case{"{{ urlJoin (dict \"userinfo\" \"a b\") }}", "error"}));

TEST(Template, refuses_what_go_does_not_parse) {
  for (const char* text : {"{{",
                           "{{ .a",
                           "{{ .my-key }}",
                           "{{ end }}",
                           "{{ if .a }}",
                           "{{ else }}",
                           "{{ if }}x{{ end }}",
                           "{{ $x }}",
                           "{{ $x = 1 }}",
                           "{{ break }}",
                           "{{ (.a }}",
                           "{{ .a) }}",
                           "{{ | }}",
                           "{{ .a | 1 }}",
                           "{{ \"a }}",
                           "{{ '' }}",
                           "{{ 1x }}",
                           "{{ 0x }}",
                           "{{ 1e }}",
                           "{{ 1.5_ }}",
                           "{{ 1_.5 }}",
                           "{{ 1._5 }}",
                           "{{ 1e_5 }}",
                           "{{ 0x1_p1 }}",
                           "{{ 1__0.5 }}",
                           "{{ .a:b }}",
                           "{{/* x }}",
                           "{{/* x */ y}}",
                           "{{ range $i, := .a }}{{ end }}",
                           "{{ if true }}{{ define \"x\" }}{{ end }}{{ end }}",
                           "{{ template }}",
                           "{{ template x }}",
                           "{{ define \"x\" }}",
                           "{{ \"\\d\" }}",
                           "{{ .a # }}",
                           "{{ if true }}{{ else }}{{ else }}{{ end }}",
                           "{{}}",
                           "{{ .a.. }}",
                           "{{ lower.x }}"}) {
    EXPECT_EQ(result(text).substr(0, 7), "refused") << text;
  }
  EXPECT_EQ(result("a\n{{ Nope }}"), "refused: template: line 2: function \"Nope\" not defined");
  EXPECT_EQ(result("{{ uuidv4 }}"),
            "refused: template: line 1: function \"uuidv4\" is not supported");
  EXPECT_EQ(result("{{ (((" + std::string(1000, '(')).substr(0, 7), "refused");
}

TEST(Template, ends_when_it_takes_too_long) {
  EXPECT_EQ(result("{{ range until 2000 }}{{ range until 2000 }}{{ end }}{{ end }}"), "error");
  EXPECT_EQ(result("{{ $x := \"ab\" }}{{ range until 60 }}{{ $x = print $x $x }}{{ end }}"),
            "error");
}

std::string names(std::string_view text) {
  tailrace::testing::FakeClock clock;
  const auto parsed = Template::create(text, {.clock = clock, .environment = {}});
  std::string all = (*parsed)->needs_everything() ? "everything " : "";
  for (const std::string& name : (*parsed)->names())
    all += name + " ";
  return all;
}

TEST(Template, knows_what_of_the_data_it_reads) {
  EXPECT_EQ(names("{{ .a.b }}{{ $.c }}{{ index . \"d\" }}{{ get $ \"e\" }}"), "a c d e ");
  EXPECT_EQ(names("{{ with .a }}{{ . }}{{ end }}{{ range .b }}{{ . }}{{ end }}"), "a b ");
  EXPECT_EQ(names("{{ (lower .a) }}{{ if .b }}{{ .c }}{{ else }}{{ .d }}{{ end }}"), "a b c d ");
  EXPECT_EQ(names("{{ . }}"), "everything ");
  EXPECT_EQ(names("{{ toJson $ }}"), "everything ");
  EXPECT_EQ(names("{{ index . .k }}"), "everything k ");
  EXPECT_EQ(names("{{ range $k, $v := . }}{{ end }}"), "everything ");
  EXPECT_EQ(names("{{ template \"t\" . }}{{ define \"t\" }}{{ .a }}{{ end }}"), "everything a ");
  EXPECT_EQ(names("{{ template \"t\" .b }}{{ define \"t\" }}{{ . }}{{ end }}"), "b ");
}

}  // namespace
}  // namespace tailrace::pipeline::go_template
