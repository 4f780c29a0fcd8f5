#include "exec/crew/topology.h"

#include <sched.h>

#include <algorithm>
#include <cassert>
#include <cstdio>
#include <fstream>
#include <memory>
#include <thread>
#include <tuple>

#include <hwloc.h>

#include "vector/error.h"

namespace cairn {
namespace {

using HwlocTopology = std::unique_ptr<hwloc_topology, decltype(&hwloc_topology_destroy)>;

HwlocTopology make_hwloc() {
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0) throw Error(sqlstate::kInternalError, "hwloc cannot be initialized");
  return {raw, &hwloc_topology_destroy};
}

/// Position of a hardware thread among its core's, 0 for the first.
int rank_in_core(hwloc_topology_t topology, hwloc_obj_t thread) {
  hwloc_obj_t core = hwloc_get_ancestor_obj_by_type(topology, HWLOC_OBJ_CORE, thread);
  if (core == nullptr) return 0;
  int rank = 0;
  for (int os = hwloc_bitmap_first(core->cpuset); os >= 0 && os != static_cast<int>(thread->os_index);
       os = hwloc_bitmap_next(core->cpuset, os)) {
    ++rank;
  }
  return rank;
}

int node_of(hwloc_topology_t topology, hwloc_obj_t thread) {
  const int count = hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_NUMANODE);
  for (int i = 0; i < count; ++i) {
    hwloc_obj_t node = hwloc_get_obj_by_type(topology, HWLOC_OBJ_NUMANODE, static_cast<unsigned>(i));
    if (hwloc_bitmap_isset(node->cpuset, thread->os_index)) return i;
  }
  return 0;
}

/// The usable hardware threads, first threads of all cores first; nodes numbered densely.
std::vector<Topology::Core> list_cores(hwloc_topology_t topology, const cpu_set_t* affinity) {
  std::vector<std::tuple<int, int, int>> found;  // rank in core, logical position, node
  std::vector<int> os_indices;
  const int count = hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_PU);
  for (int i = 0; i < count; ++i) {
    hwloc_obj_t thread = hwloc_get_obj_by_type(topology, HWLOC_OBJ_PU, static_cast<unsigned>(i));
    os_indices.push_back(static_cast<int>(thread->os_index));
    if (affinity != nullptr && !(thread->os_index < CPU_SETSIZE && CPU_ISSET(thread->os_index, affinity))) continue;
    found.emplace_back(rank_in_core(topology, thread), i, node_of(topology, thread));
  }
  std::sort(found.begin(), found.end());
  std::vector<int> nodes;
  for (const auto& [rank, position, node] : found) nodes.push_back(node);
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  std::vector<Topology::Core> cores;
  for (const auto& [rank, position, node] : found) {
    auto dense = std::lower_bound(nodes.begin(), nodes.end(), node) - nodes.begin();
    cores.push_back({os_indices[static_cast<size_t>(position)], static_cast<int>(dense)});
  }
  return cores;
}

/// CPUs' worth of time that the cgroup grants (cpu.max of cgroup 2), rounded up; 0: no such limit.
size_t cgroup_quota() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return 0;
  const double micros = std::strtod(quota.c_str(), nullptr);
  return micros <= 0 ? 0 : static_cast<size_t>((micros + period - 1) / period);
}

}  // namespace

Topology Topology::discover() {
  Topology topology;
  cpu_set_t affinity;
  const bool bound = sched_getaffinity(0, sizeof affinity, &affinity) == 0;
  HwlocTopology hwloc = make_hwloc();
  if (hwloc_topology_load(hwloc.get()) == 0) topology.cores_ = list_cores(hwloc.get(), bound ? &affinity : nullptr);
  if (topology.cores_.empty()) {  // neither sysfs nor an affinity that fits it: any thread, one node
    const unsigned count = std::max(1u, std::thread::hardware_concurrency());
    for (unsigned i = 0; i < count; ++i) topology.cores_.push_back({-1, 0});
  }
  if (size_t quota = cgroup_quota(); quota != 0 && quota < topology.cores_.size()) {
    // Fewer workers, but on any of the cores: keep every node's share.
    topology.usable_ = topology.cores_;
    std::vector<Core> kept = topology.place_workers(static_cast<unsigned>(quota));
    topology.cores_ = std::move(kept);
  }
  if (topology.usable_.empty()) topology.usable_ = topology.cores_;
  for (const Core& core : topology.usable_) {
    topology.node_count_ = std::max(topology.node_count_, static_cast<size_t>(core.node) + 1);
  }
  return topology;
}

Topology Topology::synthetic(const std::string& description) {
  Topology topology;
  HwlocTopology hwloc = make_hwloc();
  if (hwloc_topology_set_synthetic(hwloc.get(), description.c_str()) != 0 || hwloc_topology_load(hwloc.get()) != 0) {
    throw Error(sqlstate::kInvalidParameterValue, "expected a topology in hwloc's synthetic syntax, got \"" + description + "\"",
                "for example \"numa:4 core:8 pu:1\"");
  }
  topology.synthetic_ = true;
  topology.cores_ = topology.usable_ = list_cores(hwloc.get(), nullptr);
  for (const Core& core : topology.cores_) {
    topology.node_count_ = std::max(topology.node_count_, static_cast<size_t>(core.node) + 1);
  }
  return topology;
}

std::vector<Topology::Core> Topology::place_workers(unsigned threads) const {
  assert(!cores_.empty());
  std::vector<std::vector<Core>> by_node;
  for (const Core& core : cores_) {
    if (by_node.size() <= static_cast<size_t>(core.node)) by_node.resize(static_cast<size_t>(core.node) + 1);
    by_node[static_cast<size_t>(core.node)].push_back(core);
  }
  std::erase_if(by_node, [](const auto& cores) { return cores.empty(); });
  std::vector<Core> placed;
  for (unsigned i = 0; i < threads; ++i) {
    const std::vector<Core>& cores = by_node[i % by_node.size()];
    placed.push_back(cores[(i / by_node.size()) % cores.size()]);
  }
  return placed;
}

void Topology::bind_thread(int node) const {
  if (synthetic_ || node_count_ <= 1) return;  // one node: the affinity that the thread inherited says it all
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const Core& core : usable_) {
    if (core.node == node && core.os_index >= 0 && core.os_index < CPU_SETSIZE) CPU_SET(core.os_index, &set);
  }
  if (CPU_COUNT(&set) > 0) sched_setaffinity(0, sizeof set, &set);  // refused: the thread runs anywhere, only slower
}

}  // namespace cairn
