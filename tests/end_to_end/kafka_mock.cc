// Brokers for kafka_test.py: says where they are, then does what it is told, a line each.
#include <iostream>
#include <sstream>
#include <string>

#include "tests/support/kafka_cluster.h"

namespace {

using tailrace::testing::KafkaCluster;

// produce TOPIC PARTITIONS BEGIN END: lines "line N", N modulo PARTITIONS is the partition.
void produce(KafkaCluster& cluster, std::istream& words) {
  std::string topic;
  int partitions = 0, begin = 0, end = 0;
  std::size_t width = 0;
  words >> topic >> partitions >> begin >> end >> width;
  for (int i = begin; i < end; ++i) {
    std::string value = "line " + std::to_string(i);
    if (value.size() < width) value.resize(width, 'x');
    cluster.produce({.topic = topic, .partition = i % partitions, .value = value});
  }
  cluster.flush();
}

}  // namespace

int main(int argc, char** argv) {
  KafkaCluster cluster(argc > 1 ? std::stoi(argv[1]) : 1);
  std::cout << cluster.addresses() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string command, topic, group;
    int number = 0;
    words >> command;
    if (command == "topic") {
      words >> topic >> number;
      cluster.create_topic(topic, number);
    } else if (command == "produce") {
      produce(cluster, words);
    } else if (command == "down") {
      words >> number;
      cluster.set_down(number);
    } else if (command == "up") {
      words >> number;
      cluster.set_up(number);
    } else if (command == "committed") {
      words >> group >> topic >> number;
      std::cout << cluster.committed(group, topic, number) << std::endl;
      continue;
    }
    std::cout << "done" << std::endl;
  }
  return 0;
}
