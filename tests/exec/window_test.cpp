// Windows against a naive oracle: every frame is walked row by row.

#include "exec/operators/window.h"

#include <gtest/gtest.h>

#include "exec/functions/function.h"
#include "tests/exec/random_rows.h"

namespace cairn {
namespace {

using namespace testing;

/// Partition, sort key, value, and the two frame sizes, the same in all rows.
const std::vector<Type> kTypes = {Type::integer(), Type::integer(), Type::big_int(), Type::big_int(), Type::big_int()};
constexpr uint32_t kPartition = 0, kKey = 1, kValue = 2, kStart = 3, kEnd = 4;

PlanNode make_plan(std::vector<WindowCall> calls, bool sorted) {
  PlanNode plan{};
  plan.kind = PlanNode::Kind::kWindow;
  plan.types = kTypes;
  plan.children.push_back(std::make_shared<PlanNode>());
  plan.children[0]->types = kTypes;
  plan.groups = {kPartition};
  if (sorted) plan.sort_keys = {{kKey, true, false}};
  for (const WindowCall& call : calls) plan.types.push_back(call.call.type);
  plan.window_calls = std::move(calls);
  return plan;
}

WindowCall aggregate_call(std::string_view name, const WindowFrame& frame) {
  WindowCall call;
  call.call.function = find_aggregate(name);
  call.call.arguments = {kValue};
  call.call.type = call.call.function->result_type(std::vector<Type>{kTypes[kValue]});
  call.frame = frame;
  const auto sized = [](WindowFrame::Bound bound) {
    return bound == WindowFrame::Bound::kPreceding || bound == WindowFrame::Bound::kFollowing;
  };
  if (sized(frame.start)) call.start_size = kStart;
  if (sized(frame.end)) call.end_size = kEnd;
  return call;
}

/// Whether row `other` is in the frame of row `row`; positions and groups of peers count in the partition.
struct Place {
  int64_t position = 0, group = 0;
};
bool in_frame(const WindowFrame& frame, const Place& row, const Place& other, int64_t start, int64_t end) {
  using Bound = WindowFrame::Bound;
  const bool rows = frame.unit == WindowFrame::Unit::kRows;
  const int64_t distance = rows ? other.position - row.position : other.group - row.group;
  const bool after_start = frame.start == Bound::kUnbounded || distance >= (frame.start == Bound::kPreceding   ? -start
                                                                            : frame.start == Bound::kFollowing ? start
                                                                                                               : 0);
  const bool before_end = frame.end == Bound::kUnbounded || distance <= (frame.end == Bound::kPreceding   ? -end
                                                                         : frame.end == Bound::kFollowing ? end
                                                                                                          : 0);
  if (!after_start || !before_end) return false;
  switch (frame.exclusion) {
    case WindowFrame::Exclusion::kNone: return true;
    case WindowFrame::Exclusion::kCurrentRow: return row.position != other.position;
    case WindowFrame::Exclusion::kGroup: return row.group != other.group;
    case WindowFrame::Exclusion::kTies: return row.group != other.group || row.position == other.position;
  }
  return false;
}

bool same(const Value& a, const Value& b) { return a.null ? b.null : !b.null && a.integer == b.integer; }

/// NULLs last in partitions and in the descending order of keys.
bool before(const Value& a, const Value& b, bool descending) {
  if (a.null || b.null) return !a.null && b.null;
  return descending ? a.integer > b.integer : a.integer < b.integer;
}

/// count, sum, min and row_number of every row, as texts.
std::vector<std::string> oracle(std::vector<Row> rows, const WindowFrame& frame, bool sorted) {
  std::stable_sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    if (!same(a[kPartition], b[kPartition])) return before(a[kPartition], b[kPartition], false);
    return sorted && before(a[kKey], b[kKey], true);
  });
  std::vector<Place> places(rows.size());
  std::vector<size_t> firsts(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    const bool continues = i > 0 && same(rows[i - 1][kPartition], rows[i][kPartition]);
    firsts[i] = continues ? firsts[i - 1] : i;
    if (!continues) continue;
    const bool peers = !sorted || same(rows[i - 1][kKey], rows[i][kKey]);
    places[i] = {places[i - 1].position + 1, places[i - 1].group + (peers ? 0 : 1)};
  }
  std::vector<std::string> texts;
  for (size_t i = 0; i < rows.size(); ++i) {
    int128_t count = 0, sum = 0, min = 0;
    for (size_t j = firsts[i]; j < rows.size() && firsts[j] == firsts[i]; ++j) {
      const Value& value = rows[j][kValue];
      const int64_t start = static_cast<int64_t>(rows[i][kStart].integer), end = static_cast<int64_t>(rows[i][kEnd].integer);
      if (value.null || !in_frame(frame, places[i], places[j], start, end)) continue;
      min = count == 0 ? value.integer : std::min(min, value.integer);
      sum += value.integer;
      ++count;
    }
    const auto number = [&](int128_t value) { return count == 0 ? std::string("NULL") : to_string(value); };
    texts.push_back(text_of(rows[i]) + "|" + to_string(count) + "|" + number(sum) + "|" + number(min) + "|" +
                    std::to_string(places[i].position + 1));
  }
  return texts;
}

TEST(WindowTest, RandomFramesWhateverTheFragments) {
  std::printf("CAIRN_SEED=%llu\n", static_cast<unsigned long long>(test_seed()));
  Random random(test_seed());
  size_t peak_bytes = 0;
  for (int round = 0; round < 150; ++round) {
    WindowFrame frame;
    frame.unit = chance(random, 50) ? WindowFrame::Unit::kRows : WindowFrame::Unit::kGroups;
    frame.start = static_cast<WindowFrame::Bound>(below(random, 4));
    frame.end = static_cast<WindowFrame::Bound>(below(random, 4));
    frame.exclusion = static_cast<WindowFrame::Exclusion>(chance(random, 50) ? 0 : below(random, 4));
    const bool sorted = frame.unit == WindowFrame::Unit::kGroups || chance(random, 80);
    const size_t row_count = chance(random, 5) ? 0 : 1 + below(random, 400);
    std::vector<Row> rows = random_rows(random, kTypes, {1 + below(random, 4), 1 + below(random, 60), 1000, 1, 1}, row_count, 10);
    const size_t size_max = chance(random, 50) ? 5 : 300;  // short frames are added up, long ones merged from a tree
    const auto start = static_cast<int64_t>(below(random, size_max)), end = static_cast<int64_t>(below(random, size_max));
    for (Row& row : rows) {
      row[kStart] = Value::of_integer(Type::big_int(), start);
      row[kEnd] = Value::of_integer(Type::big_int(), end);
    }
    WindowCall number;
    number.function = WindowFunction::kRowNumber;
    number.call.type = Type::big_int();
    const PlanNode plan = make_plan({aggregate_call("count", frame), aggregate_call("sum", frame),
                                     aggregate_call("min", frame), number}, sorted);
    MemoryBudget memory(0);
    const std::unique_ptr<Sink> sink = make_window_sink(plan, {&memory});
    feed_sink(random, *sink, kTypes, rows, random_feed(random, 1 + below(random, 200)));
    SCOPED_TRACE("round " + std::to_string(round) + ": " + plan.describe());
    EXPECT_EQ(memory.used_bytes(), 0u);  // what the states held was given back
    peak_bytes = std::max(peak_bytes, memory.peak_bytes());
    ASSERT_EQ(texts_of(rows_of(*sink->rows())), oracle(rows, frame, sorted));
  }
  EXPECT_GT(peak_bytes, 0u);
}

}  // namespace
}  // namespace cairn
