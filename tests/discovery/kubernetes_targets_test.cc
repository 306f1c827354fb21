// What the roles share: names and empty values.
#include "discovery/kubernetes_targets.h"

#include <gtest/gtest.h>

#include "discovery/label_name.h"

namespace tailrace::discovery {
namespace {

TEST(KubernetesTargets, names_have_no_bytes_that_labels_do_not_have) {
  EXPECT_EQ(label_name("p_", "app.kubernetes.io/name-1"), "p_app_kubernetes_io_name_1");
  EXPECT_EQ(label_name("p_", "\xc3\xa4 "), "p____");
  EXPECT_EQ(host_and_port("a", "1"), "a:1");
  EXPECT_EQ(host_and_port("::1", "1"), "[::1]:1");
}

TEST(KubernetesTargets, empty_values_are_no_labels) {
  LabelMap labels;
  set_kubernetes_label(labels, "a", "");
  EXPECT_TRUE(labels.empty());
  set_kubernetes_label(labels, "a-b", "c");
  EXPECT_EQ(labels, (LabelMap{{"__meta_kubernetes_a_b", "c"}}));
}

}  // namespace
}  // namespace tailrace::discovery
