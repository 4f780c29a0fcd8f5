#include "exec/crew/topology.h"

#include <sched.h>

#include <map>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "vector/error.h"

namespace cairn {
namespace {

TEST(Topology, DiscoversOnlyCoresThatThisProcessMayUse) {
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
  Topology topology = Topology::discover();
  ASSERT_FALSE(topology.cores().empty());
  EXPECT_LE(topology.cores().size(), static_cast<size_t>(CPU_COUNT(&allowed)));
  for (const Topology::Core& core : topology.cores()) EXPECT_TRUE(CPU_ISSET(core.os_index, &allowed));
  EXPECT_GE(topology.node_count(), 1u);
  EXPECT_FALSE(topology.is_synthetic());
}

TEST(Topology, RespectsTheAffinityOfTheThread) {
  cpu_set_t before, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  CPU_ZERO(&one);
  const int core = Topology::discover().cores().back().os_index;
  CPU_SET(core, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  Topology topology = Topology::discover();
  sched_setaffinity(0, sizeof before, &before);
  ASSERT_EQ(topology.cores().size(), 1u);
  EXPECT_EQ(topology.cores()[0].os_index, core);
  EXPECT_EQ(topology.node_count(), 1u);
}

class SyntheticTopology : public ::testing::TestWithParam<size_t> {
 protected:
  Topology topology_ = Topology::synthetic(fmt::format("numa:{} core:4 pu:2", GetParam()));
};

TEST_P(SyntheticTopology, HasItsNodesAndCores) {
  EXPECT_EQ(topology_.node_count(), GetParam());
  EXPECT_EQ(topology_.cores().size(), GetParam() * 8);
}

TEST_P(SyntheticTopology, FirstThreadsOfAllCoresComeBeforeSecondOnes) {
  std::set<int> first;
  for (size_t i = 0; i < GetParam() * 4; ++i) first.insert(topology_.cores()[i].os_index / 2);
  EXPECT_EQ(first.size(), GetParam() * 4);
}

TEST_P(SyntheticTopology, SpreadsWorkersEvenlyOverNodesThenCores) {
  for (unsigned threads : {1u, 2u, 3u, 8u, 16u, 100u}) {
    std::map<int, unsigned> per_node;
    std::map<int, unsigned> per_core;
    for (const Topology::Core& core : topology_.place_workers(threads)) {
      ++per_node[core.node];
      ++per_core[core.os_index];
    }
    unsigned total = 0;
    for (auto [node, count] : per_node) {
      total += count;
      EXPECT_LE(count, threads / GetParam() + 1);
    }
    EXPECT_EQ(total, threads);
    EXPECT_EQ(per_node.size(), std::min<size_t>(threads, GetParam()));
    EXPECT_EQ(per_core.size(), std::min<size_t>(threads, topology_.cores().size()));
  }
}

TEST_P(SyntheticTopology, GivesEveryNodeTheSameShareOfATable) {
  std::map<int, int> groups;
  for (size_t group = 0; group < 40 * GetParam(); ++group) ++groups[topology_.home_node(group)];
  ASSERT_EQ(groups.size(), GetParam());
  for (auto [node, count] : groups) EXPECT_EQ(count, 40);
}

INSTANTIATE_TEST_SUITE_P(Nodes, SyntheticTopology, ::testing::Values(1, 2, 4));

TEST(Topology, RefusesADescriptionThatIsNone) {
  try {
    Topology::synthetic("four sockets please");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate, sqlstate::kInvalidParameterValue);
  }
}

}  // namespace
}  // namespace cairn
