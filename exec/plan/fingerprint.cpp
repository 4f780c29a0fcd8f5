// Merkle fingerprints of subplans: what names a breaker's checkpoint.

#include <atomic>
#include <random>
#include <unordered_map>

#include <xxhash.h>

#include "exec/plan/plan_nodes.h"

namespace cairn {
namespace {

/// Collects what goes into one node's hash. Every piece carries its length, so that no two lists of pieces give the
/// same bytes.
class Digest {
 public:
  void add(std::string_view text) {
    add(static_cast<uint64_t>(text.size()));
    bytes_.append(text);
  }
  void add(uint64_t number) { bytes_.append(reinterpret_cast<const char*>(&number), sizeof number); }
  void add(const Value& value) {
    add(value.type);
    add(uint64_t{value.null});
    if (!value.null) add(std::string_view(value.type.is_string() ? value.string : value.to_string()));
  }
  void add(const Fingerprint& child) {
    add(child.high);
    add(child.low);
  }
  void add(const Type& type) {
    add(static_cast<uint64_t>(type.id) | uint64_t{type.precision} << 8 | uint64_t{type.scale} << 16 |
        uint64_t{type.length} << 32);
  }
  Fingerprint finish() const {
    XXH128_hash_t hash = XXH3_128bits(bytes_.data(), bytes_.size());
    return {hash.high64, hash.low64};
  }

 private:
  std::string bytes_;
};

/// Rows that no later run can be trusted to find again: a number that has never been and will not come again.
uint64_t unrepeatable() {
  static const uint64_t seed = (uint64_t{std::random_device{}()} << 32) | std::random_device{}();
  static std::atomic<uint64_t> next{0};
  return seed + next.fetch_add(1) * 0x9E3779B97F4A7C15ull;
}

class Fingerprinter {
 public:
  Fingerprint of(const PlanNode& plan) {
    // Shared subplans are visited once: a chain of self-joined ones would otherwise take exponential time.
    if (auto known = done_.find(&plan); known != done_.end()) return known->second;
    Digest digest;
    add_node(digest, plan);
    for (const PlanPtr& child : plan.children) digest.add(of(*child));
    return done_[&plan] = digest.finish();
  }

  /// Of what a join's build side holds.
  Fingerprint of_build(const PlanNode& join) {
    Digest digest;
    digest.add("build side");
    add_node(digest, join);
    digest.add(of(*join.children[1]));
    return digest.finish();
  }

  void add_node(Digest& digest, const PlanNode& plan) {
    digest.add(uint64_t{kBreakerFormatVersion});
    digest.add(static_cast<uint64_t>(plan.kind));
    digest.add(plan.describe());
    digest.add(static_cast<uint64_t>(plan.types.size()));
    for (const Type& type : plan.types) digest.add(type);
    for (const AggregateCall& call : plan.aggregates) add_call(digest, call);
    for (const WindowCall& call : plan.window_calls) add_call(digest, call.call);
    if (plan.table != nullptr) {
      digest.add(plan.table->table_id);
      digest.add(plan.table->version);
      for (uint32_t column : plan.scan_columns) digest.add(uint64_t{column});
    }
    // (The build sides of joins above a scan never contain it.)
    for (const KeyReduction& reduction : plan.reductions) digest.add(of_build(*reduction.join));
    if (plan.kind == PlanNode::Kind::kTableFunction && is_volatile_node(plan)) digest.add(unrepeatable());
  }

 private:
  /// What a call's description leaves open: of which type its result and its constants are, and where a text ends.
  static void add_call(Digest& digest, const AggregateCall& call) {
    digest.add(call.type);
    for (const Value& constant : call.constants) digest.add(constant);
  }

  std::unordered_map<const PlanNode*, Fingerprint> done_;
};

}  // namespace

Fingerprint fingerprint(const PlanNode& plan) { return Fingerprinter().of(plan); }

Fingerprint build_fingerprint(const PlanNode& join) {
  return Fingerprinter().of_build(join);
}

std::string Fingerprint::to_string() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(32, '0');
  for (int i = 0; i < 16; ++i) {
    text[15 - i] = kDigits[(high >> (4 * i)) & 15];
    text[31 - i] = kDigits[(low >> (4 * i)) & 15];
  }
  return text;
}

}  // namespace cairn
