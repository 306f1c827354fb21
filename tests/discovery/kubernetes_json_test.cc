// Pages and events of the Kubernetes API. What is read of objects is tested with the roles.
#include "discovery/kubernetes_json.h"

#include <gtest/gtest.h>

namespace tailrace::discovery {
namespace {

std::vector<std::string> names_in(const std::string& text) {
  std::vector<std::string> names;
  const auto page = parse_kubernetes_page(
      KubernetesKind::kPod, text,
      [&](const KubernetesObject& object) { names.push_back(object.meta.name); });
  EXPECT_TRUE(page.has_value());
  return names;
}

// https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
TEST(KubernetesJson, a_page_says_how_to_go_on) {
  const auto page = parse_kubernetes_page(KubernetesKind::kPod,
                                          R"({"kind": "PodList", "apiVersion": "v1",
          "metadata": {"resourceVersion": "10245", "continue": "ENCODED_CONTINUE_TOKEN",
                       "remainingItemCount": 753}, "items": []})",
                                          [](const KubernetesObject&) {});
  ASSERT_TRUE(page.has_value()) << page.error().message;
  EXPECT_EQ(page->resource_version, "10245");
  EXPECT_EQ(page->next, "ENCODED_CONTINUE_TOKEN");
}

TEST(KubernetesJson, objects_of_a_page_come_in_order) {
  EXPECT_EQ(names_in(R"({"kind": "PodList", "metadata": {}, "items":
                         [{"metadata": {"name": "a"}}, {"metadata": {}}, {"metadata": {"name": "b"}}]})"),
            (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(names_in(R"({"kind": "PodList", "metadata": {}, "items": null})").empty());
}

TEST(KubernetesJson, what_is_no_list_is_refused) {
  for (const char* text : {"", "<html>", "[]", "null", R"({"kind": "Status", "metadata": {}})",
                           R"({"kind": "PodList", "metadata": {}, "items": {}})",
                           R"({"kind": "PodList", "items": []})"}) {
    EXPECT_FALSE(parse_kubernetes_page(KubernetesKind::kPod, text, [](const KubernetesObject&) {})
                     .has_value())
        << text;
  }
}

// https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
TEST(KubernetesJson, reads_every_type_of_event) {
  const auto event = [](const std::string& line) {
    const auto read = parse_kubernetes_event(KubernetesKind::kPod, line);
    EXPECT_TRUE(read.has_value()) << line;
    return read.value_or(KubernetesEvent{});
  };
  const std::string pod = R"("object": {"metadata": {"name": "a", "resourceVersion": "7"}}})";
  for (const char* type : {"ADDED", "MODIFIED"}) {
    const KubernetesEvent put = event(std::string(R"({"type": ")") + type + "\", " + pod);
    EXPECT_EQ(put.type, KubernetesEvent::Type::kPut);
    EXPECT_EQ(put.resource_version, "7");
    EXPECT_EQ(put.object.meta.name, "a");
  }
  EXPECT_EQ(event(R"({"type": "DELETED", )" + pod).type, KubernetesEvent::Type::kDeleted);
  const KubernetesEvent bookmark = event(
      R"({"type": "BOOKMARK", "object": {"kind": "Pod", "metadata": {"resourceVersion": "12746"}}})");
  EXPECT_EQ(bookmark.type, KubernetesEvent::Type::kBookmark);
  EXPECT_EQ(bookmark.resource_version, "12746");
  const KubernetesEvent error = event(
      R"({"type": "ERROR", "object": {"kind": "Status", "code": 410, "message": "too old"}})");
  EXPECT_EQ(error.type, KubernetesEvent::Type::kError);
  EXPECT_EQ(error.code, 410);
  EXPECT_EQ(error.message, "too old");
}

TEST(KubernetesJson, what_is_no_event_is_refused) {
  for (const char* line :
       {"", "garbage", "{}", R"({"type": "ADDED"})", R"({"type": "ODD", "object": {}})",
        R"({"type": "ADDED", "object": {"metadata": {}}})",
        R"({"type": "ADDED", "object": {"metadata": {"name": "cut)"}) {
    EXPECT_FALSE(parse_kubernetes_event(KubernetesKind::kPod, line).has_value()) << line;
  }
}

TEST(KubernetesJson, a_status_has_a_message) {
  EXPECT_EQ(kubernetes_status_message(R"({"kind": "Status", "message": "pods is forbidden"})"),
            "pods is forbidden");
  EXPECT_EQ(kubernetes_status_message("<html>"), "");
}

}  // namespace
}  // namespace tailrace::discovery
