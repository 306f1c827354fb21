// Credentials of each kind, and the life of a token.
#include "receivers/gcp_token.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "receivers/base64.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_file_system.h"
#include "tests/fakes/scripted_transport.h"

namespace tailrace::receivers {
namespace {

using testing::FakeClock;
using testing::MemoryFileSystem;
using testing::ScriptedTransport;

struct KeyPair {
  std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key{EVP_RSA_gen(2048), EVP_PKEY_free};

  std::string pem() const {
    const std::unique_ptr<BIO, int (*)(BIO*)> out(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::string text(4096, '\0');
    const int size = BIO_read(out.get(), text.data(), static_cast<int>(text.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
  }

  bool verifies(const std::string& text, const std::string& signature) const {
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                     EVP_MD_CTX_free);
    EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get());
    return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                            signature.size(), reinterpret_cast<const unsigned char*>(text.data()),
                            text.size()) == 1;
  }
};

std::string in_json(std::string text) {
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2)
    text.replace(at, 1, "\\n");
  return text;
}

struct TokenRig {
  explicit TokenRig(const std::string& file) {
    options.credentials_path = file.empty() ? "" : "/key.json";
    if (!file.empty()) files.overwrite("/key.json", file);
  }
  void start() { token = std::make_unique<GcpToken>(options, files, transport, clock); }

  GcpToken::Options options;
  FakeClock clock;
  MemoryFileSystem files{clock};
  ScriptedTransport transport{clock};
  std::unique_ptr<GcpToken> token;
};

constexpr const char* kAnswer = R"({"access_token":"abc","expires_in":3600,"token_type":"Bearer"})";

TEST(GcpToken, signs_for_a_service_account) {
  const KeyPair pair;
  TokenRig rig(
      R"({"type":"service_account","client_email":"a@b","private_key_id":"k1","private_key":")" +
      in_json(pair.pem()) + R"(","token_uri":"https://tokens/x"})");
  rig.transport.reply({.status = 200, .body = kAnswer});
  rig.start();
  EXPECT_EQ(*rig.token->authorization(), std::nullopt);
  const auto& sent = rig.transport.sent().at(0);
  EXPECT_EQ(sent.url, "https://tokens/x");
  const std::string prefix =
      "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
  ASSERT_TRUE(sent.body.starts_with(prefix));
  const std::string assertion = sent.body.substr(prefix.size());
  const std::size_t first = assertion.find('.'), second = assertion.rfind('.');
  EXPECT_EQ(*decode_base64(assertion.substr(0, first)),
            R"({"alg":"RS256","typ":"JWT","kid":"k1"})");
  EXPECT_EQ(
      *decode_base64(assertion.substr(first + 1, second - first - 1)),
      R"({"iss":"a@b","scope":"https://www.googleapis.com/auth/pubsub","aud":"https://tokens/x",)"
      R"("iat":1767225600,"exp":1767229200})");
  EXPECT_TRUE(
      pair.verifies(assertion.substr(0, second), *decode_base64(assertion.substr(second + 1))));
  rig.token->take_completions();
  EXPECT_EQ(*rig.token->authorization(), "Bearer abc");
}

TEST(GcpToken, keeps_a_token_until_shortly_before_its_end) {
  TokenRig rig("");
  rig.transport.reply({.status = 200, .body = kAnswer});
  rig.transport.reply({.status = 200, .body = R"({"access_token":"next"})"});
  rig.start();
  ASSERT_TRUE(rig.token->authorization());
  rig.token->take_completions();
  EXPECT_EQ(
      rig.transport.sent()[0].url,
      "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token");
  EXPECT_EQ(rig.transport.sent()[0].header("Metadata-Flavor"), "Google");
  rig.clock.advance(std::chrono::minutes(54));
  EXPECT_EQ(*rig.token->authorization(), "Bearer abc");
  rig.clock.advance(std::chrono::minutes(2));
  EXPECT_EQ(*rig.token->authorization(), std::nullopt);
  rig.token->take_completions();
  EXPECT_EQ(*rig.token->authorization(), "Bearer next");
  rig.token->forget();
  EXPECT_EQ(*rig.token->authorization(), std::nullopt);
}

TEST(GcpToken, refreshes_a_users_login) {
  TokenRig rig(
      R"({"type":"authorized_user","client_id":"c","client_secret":"s&","refresh_token":"r/1"})");
  rig.start();
  ASSERT_TRUE(rig.token->authorization());
  EXPECT_EQ(rig.transport.sent().at(0).url, "https://oauth2.googleapis.com/token");
  EXPECT_EQ(rig.transport.sent()[0].body,
            "grant_type=refresh_token&client_id=c&client_secret=s%26&refresh_token=r%2F1");
}

TEST(GcpToken, says_what_is_wrong_and_tries_again) {
  for (const char* const file :
       {"no json", "{}", R"({"type":"external_account"})", R"({"type":"service_account"})",
        R"({"type":"service_account","client_email":"a","private_key":"x"})",
        R"({"type":"authorized_user"})"}) {
    TokenRig rig(file);
    rig.start();
    EXPECT_FALSE(rig.token->authorization()) << file;
    EXPECT_FALSE(rig.token->authorization()) << file;
  }
  TokenRig missing("");
  missing.options.credentials_path = "/nothing";
  missing.start();
  EXPECT_FALSE(missing.token->authorization());
  TokenRig refused("");
  refused.transport.reply(403);
  refused.transport.reply({.status = 200, .body = "{}"});
  refused.transport.reply({.status = 200, .body = kAnswer});
  refused.start();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(*refused.token->authorization(), std::nullopt);
    refused.token->take_completions();
    EXPECT_FALSE(refused.token->authorization());
  }
  EXPECT_EQ(*refused.token->authorization(), std::nullopt);
  refused.token->take_completions();
  EXPECT_EQ(*refused.token->authorization(), "Bearer abc");
}

TEST(GcpToken, an_emulator_wants_none) {
  TokenRig rig("");
  rig.options.wanted = GcpToken::Options::Wanted::kNo;
  rig.start();
  EXPECT_EQ(*rig.token->authorization(), "");
  EXPECT_TRUE(rig.transport.sent().empty());
}

}  // namespace
}  // namespace tailrace::receivers
