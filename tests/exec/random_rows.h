#pragma once

// Random rows as plain values, and batches of them in random encodings: what the tests of aggregates, joins and sorts
// feed to sinks, and what their naive oracles read.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <cstdlib>
#include <exception>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "exec/crew/held_bytes.h"
#include "exec/pipeline/pipeline.h"
#include "exec/rows/row_set.h"
#include "vector/column_buffer.h"
#include "vector/kernels/kernels.h"
#include "vector/read_row.h"
#include "vector/value.h"

namespace cairn::testing {

using Row = std::vector<Value>;
using Random = std::mt19937_64;

inline uint64_t test_seed() {
  const char* text = std::getenv("CAIRN_SEED");
  static const uint64_t seed = text != nullptr ? std::strtoull(text, nullptr, 10) : std::random_device{}();
  return seed;
}
inline size_t below(Random& random, size_t bound) { return bound == 0 ? 0 : random() % bound; }
inline bool chance(Random& random, int percent) { return below(random, 100) < static_cast<size_t>(percent); }

inline std::string text_of(const Value& value) { return value.null ? "NULL" : value.to_string(); }
inline std::string text_of(const Row& row) {
  std::string text;
  for (const Value& value : row) text += (text.empty() ? "" : "|") + text_of(value);
  return text;
}

/// One of `distinct` values of the type, few of them extreme.
inline Value random_value(Random& random, const Type& type, size_t distinct) {
  const int64_t pick = static_cast<int64_t>(below(random, distinct));
  switch (type.physical()) {
    case Physical::kBool: return Value::of_boolean(pick % 2 != 0);
    case Physical::kFloat:
    case Physical::kDouble: {
      Value value = Value::of_double(static_cast<double>(pick) / 4 - 2);
      if (pick == 7) value.floating = std::nan("");
      value.type = type;
      return value;
    }
    case Physical::kInterval: {
      Value value;
      value.type = type;
      value.null = false;
      value.interval = {static_cast<int32_t>(pick % 3), static_cast<int32_t>(pick % 40), pick};
      return value;
    }
    case Physical::kString: {
      std::string text(static_cast<size_t>(pick * 7 % 23), static_cast<char>('a' + pick % 26));
      Value value = Value::of_string(text + std::to_string(pick));
      value.type = type;
      return value;
    }
    case Physical::kInt128: return Value::of_integer(type, (int128_t{1} << 70) * (pick - 3) + pick);
    case Physical::kInt64: return Value::of_integer(type, (distinct % 2 != 0 ? int64_t{400000000} : 1) * (pick - 20));
    default: return Value::of_integer(type, pick - 20);
  }
}

/// How many values each of the columns has to choose from: up to `few` in so many percent of them, up to `many` in others.
inline std::vector<size_t> random_distincts(Random& random, size_t columns, int percent, size_t few, size_t many) {
  std::vector<size_t> distincts;
  for (size_t c = 0; c < columns; ++c) distincts.push_back(1 + below(random, chance(random, percent) ? few : many));
  return distincts;
}

/// Rows of the given types; column c takes one of distincts[c] values, NULL at `null_percent`.
inline std::vector<Row> random_rows(Random& random, const std::vector<Type>& types,
                                    const std::vector<size_t>& distincts, size_t rows, int null_percent) {
  std::vector<Row> result(rows);
  for (Row& row : result) {
    for (size_t c = 0; c < types.size(); ++c) {
      row.push_back(chance(random, null_percent) ? Value::null_of(types[c])
                                                 : random_value(random, types[c], distincts[c]));
    }
  }
  return result;
}

/// Vectors over some rows, with the memory behind them.
class OwnedBatch {
 public:
  /// Every column gets a random encoding that can hold it. With `with_rubbish`, other rows stand between the given
  /// ones, which a selection names.
  OwnedBatch(Random& random, const std::vector<Type>& types, const std::vector<Row>& rows, bool with_rubbish) {
    std::vector<const Row*> physical;
    for (size_t i = 0; i < rows.size(); ++i) {
      while (with_rubbish && chance(random, rubbish_percent_)) physical.push_back(&rows[below(random, rows.size())]);
      indices_.push_back(static_cast<uint32_t>(physical.size()));
      physical.push_back(&rows[i]);
    }
    batch.size = physical.size();
    if (with_rubbish) {
      batch.selected = true;
      mask_.assign(mask_words(physical.size()), 0);
      for (const uint32_t row : indices_) mask_[row / 64] |= uint64_t{1} << (row % 64);
      batch.selection = {indices_.data(), indices_.size(), chance(random, 50) ? mask_.data() : nullptr};
    }
    for (size_t c = 0; c < types.size(); ++c) add_column(random, types[c], physical, c);
  }

  Batch batch;

 private:
  void add_column(Random& random, const Type& type, const std::vector<const Row*>& rows, size_t c) {
    ColumnBuffer& flat = *buffers_.emplace_back(std::make_unique<ColumnBuffer>(type));
    for (const Row* row : rows) (*row)[c].null ? flat.append_null() : flat.append_value((*row)[c]);
    Vector vector = flat.view();
    if (type.is_integral()) {
      const ValueRange range = compute_range(vector);
      const int128_t width = range.known() ? range.max - range.min : 0;
      if (range.known() && chance(random, 50)) vector.range = range;
      if (range.known() && width < (int128_t{1} << 40) && chance(random, 50)) return make_offsets(random, vector, range);
    }
    bool constant = rows.size() > 0;
    for (const Row* row : rows) constant &= text_of((*row)[c]) == text_of((*rows[0])[c]);
    if (constant && chance(random, 70)) {
      vector.encoding = Encoding::kConstant;
    } else if (chance(random, 50)) {
      return make_dictionary(random, vector, rows, c);
    }
    batch.columns.push_back(vector);
  }

  void make_offsets(Random& random, Vector vector, const ValueRange& range) {
    const int128_t width = range.max - range.min;
    size_t bytes = width < 256 ? 1 : width < 65536 ? 2 : width <= UINT32_MAX ? 4 : 8;
    while (bytes < 8 && chance(random, 20)) bytes *= 2;
    std::vector<uint64_t>& codes = *codes_.emplace_back(std::make_unique<std::vector<uint64_t>>(vector.size + 16));
    auto* to = reinterpret_cast<uint8_t*>(codes.data());
    for (size_t row = 0; row < vector.size; ++row) {
      const uint64_t code = vector.valid(row) ? static_cast<uint64_t>(read_integral(vector, row) - range.min) : 0;
      std::memcpy(to + row * bytes, &code, bytes);
    }
    vector.encoding = Encoding::kFrameOfReference;
    vector.code_bytes = static_cast<uint8_t>(bytes);
    vector.base = range.min;
    vector.data = to;
    batch.columns.push_back(vector);
  }

  void make_dictionary(Random& random, Vector vector, const std::vector<const Row*>& rows, size_t c) {
    std::vector<std::string> texts;
    ColumnBuffer& entries = *buffers_.emplace_back(std::make_unique<ColumnBuffer>(vector.type));
    const bool unique = chance(random, 70);
    std::vector<uint64_t>& codes = *codes_.emplace_back(std::make_unique<std::vector<uint64_t>>(vector.size + 16));
    std::vector<uint32_t> numbers;
    for (const Row* row : rows) {
      const Value& value = (*row)[c];
      uint32_t code = 0;
      if (!value.null) {
        const std::string text = text_of(value);
        const auto at = std::find(texts.begin(), texts.end(), text);
        code = static_cast<uint32_t>(at - texts.begin());
        if (at == texts.end() || (!unique && chance(random, 30))) {
          code = static_cast<uint32_t>(texts.size());
          texts.push_back(text);
          entries.append_value(value);
        }
      }
      numbers.push_back(code);
    }
    if (texts.empty()) {
      batch.columns.push_back(vector);
      return;
    }
    const size_t bytes = texts.size() <= 256 ? 1 : texts.size() <= 65536 ? 2 : 4;
    auto* to = reinterpret_cast<uint8_t*>(codes.data());
    for (size_t row = 0; row < numbers.size(); ++row) std::memcpy(to + row * bytes, &numbers[row], bytes);
    vector.encoding = Encoding::kDictionary;
    vector.code_bytes = static_cast<uint8_t>(bytes);
    vector.unique_dictionary = unique;
    vector.dictionary_size = static_cast<uint32_t>(texts.size());
    vector.dictionary_id = unique && chance(random, 80) ? next_dictionary_id() : 0;
    vector.dictionary = entries.view().data;
    vector.data = to;
    batch.columns.push_back(vector);
  }

  size_t rubbish_percent_ = 60;
  std::vector<uint32_t> indices_;
  std::vector<uint64_t> mask_;
  std::vector<std::unique_ptr<ColumnBuffer>> buffers_;
  std::vector<std::unique_ptr<std::vector<uint64_t>>> codes_;
};

inline void run_in_order(size_t tasks, const std::function<void(size_t)>& task) {
  for (size_t i = 0; i < tasks; ++i) task(i);
}
inline void run_in_threads(size_t tasks, const std::function<void(size_t)>& task) {
  std::atomic<size_t> next{0};
  std::exception_ptr errors[2];
  const auto work = [&](size_t worker) {
    try {
      for (size_t i = next++; i < tasks; i = next++) task(i);
    } catch (...) {
      errors[worker] = std::current_exception();
    }
  };
  std::thread other(work, 1);
  work(0);
  other.join();
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

/// How rows reach a sink.
struct Feed {
  size_t fragments = 1;
  size_t morsel_rows = 100;
  size_t batch_rows_max = 100;
  bool selections = false;
  bool seals_often = false;  ///< fragments are sealed, and new ones opened, between morsels
  ChunkStore* store = nullptr;   ///< where there: fragments spill to it now and then
  MemoryBudget* memory = nullptr;  ///< where there: sealed fragments are charged to it until finalize ends
};

inline Feed random_feed(Random& random, size_t morsel_rows) {
  return {1 + below(random, 4), morsel_rows, 1 + below(random, 300), chance(random, 50), chance(random, 30)};
}

/// Pushes the rows, morsel by morsel, into random fragments, and finalizes.
inline void feed_sink(Random& random, Sink& sink, const std::vector<Type>& types, const std::vector<Row>& rows,
                      const Feed& feed) {
  const ExecutionSettings settings;
  const WorkerContext worker{&settings};
  std::vector<std::unique_ptr<Fragment>> open;
  MemoryBudget unlimited(0);
  HeldBytes sealed(feed.memory != nullptr ? *feed.memory : unlimited);
  const auto seal = [&](std::unique_ptr<Fragment> fragment) {
    sealed.hold_more(fragment->bytes());
    sink.add(std::move(fragment));
  };
  for (size_t f = 0; f < feed.fragments; ++f) open.push_back(sink.open(worker));
  for (size_t begin = 0, ordinal = 0; begin < rows.size(); begin += feed.morsel_rows, ++ordinal) {
    std::unique_ptr<Fragment>& fragment = open[below(random, open.size())];
    const size_t end = std::min(rows.size(), begin + feed.morsel_rows);
    for (size_t at = begin; at < end;) {
      const size_t count = std::min(end - at, 1 + below(random, feed.batch_rows_max));
      const std::vector<Row> part(rows.begin() + static_cast<ptrdiff_t>(at),
                                  rows.begin() + static_cast<ptrdiff_t>(at + count));
      OwnedBatch owned(random, types, part, feed.selections && chance(random, 70));
      fragment->consume(owned.batch, {ordinal});
      at += count;
      if (feed.store != nullptr && chance(random, 10)) fragment->spill(*feed.store);
    }
    fragment->end_morsel({ordinal});
    if (feed.seals_often && chance(random, 40)) {
      seal(std::move(fragment));
      fragment = sink.open(worker);
    }
  }
  for (auto& fragment : open) seal(std::move(fragment));
  sink.finalize(chance(random, 50) ? Sink::Parallel(run_in_order) : Sink::Parallel(run_in_threads));
}

inline std::vector<Row> rows_of(const RowSet& set) {
  std::vector<Row> rows;
  for (size_t chunk = 0; chunk < set.chunks().size(); ++chunk) {
    const std::shared_ptr<const RowSet::Chunk> pinned = set.pin(chunk);
    for (size_t row = 0; row < pinned->row_count; ++row) {
      Row values;
      for (const ColumnBuffer& column : pinned->columns) values.push_back(read_value(column.view(), row));
      rows.push_back(std::move(values));
    }
  }
  return rows;
}
inline std::vector<std::string> texts_of(const std::vector<Row>& rows) {
  std::vector<std::string> texts;
  for (const Row& row : rows) texts.push_back(text_of(row));
  return texts;
}

/// Collects what is pushed to it as rows.
class Collector : public Consumer {
 public:
  void push(Batch& batch) override {
    batches.push_back(batch.row_count());
    for (size_t i = 0; i < batch.row_count(); ++i) {
      const size_t row = batch.selected ? batch.selection.indices[i] : i;
      Row values;
      for (const Vector& column : batch.columns) {
        EXPECT_EQ(column.size, batch.size);
        values.push_back(column.valid(row) ? read_value(column, row) : Value::null_of(column.type));
      }
      rows.push_back(std::move(values));
    }
  }
  std::vector<Row> rows;
  std::vector<size_t> batches;
};

}  // namespace cairn::testing
