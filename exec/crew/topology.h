#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace cairn {

/// Cores and NUMA nodes that this process may use (cgroup, cpuset and affinity respected), found by hwloc. "Cores" are
/// hardware threads, ordered so that the second threads of cores come behind all first ones. Nodes are numbered
/// densely, those without a usable core left out.
class Topology {
 public:
  struct Core { int os_index; int node; };
  static Topology discover();
  /// From hwloc's synthetic syntax, "numa:4 core:8 pu:1": machines that we don't have. Workers are not pinned on it.
  static Topology synthetic(const std::string& description);

  size_t node_count() const { return node_count_; }
  const std::vector<Core>& cores() const { return cores_; }
  bool is_synthetic() const { return synthetic_; }
  /// Binds the calling thread to all cores of the node that this process may use. Not to one core: another process (or
  /// another pool) would pick the same one, while others idle. No effect on synthetic topologies.
  void bind_thread(int node) const;
  /// Cores of `threads` workers, spread evenly over nodes, then cores; more threads than cores share.
  std::vector<Core> place_workers(unsigned threads) const;
  /// Home node of a row group: round-robin over nodes by its position, so that every node's morsels are spread over
  /// the table and a result in table order needs little buffering.
  int home_node(size_t row_group) const { return static_cast<int>(row_group % node_count_); }

 private:
  std::vector<Core> cores_;   ///< as many as workers make sense
  std::vector<Core> usable_;  ///< all that threads may run on: more than cores_ under a cgroup's CPU quota
  size_t node_count_ = 0;
  bool synthetic_ = false;
};

}  // namespace cairn
