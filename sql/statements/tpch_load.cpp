// CALL tpch_load(sf): the generator's chunks become batches without copying values; codes become dictionaries.

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "sql/statements/statements.h"
#include "tpch/generator.h"
#include "tpch/table.h"
#include "vector/error.h"

namespace cairn {
namespace {

Type column_type(tpch::ColumnKind kind) {
  switch (kind) {
    case tpch::ColumnKind::kInteger: return Type::integer();
    case tpch::ColumnKind::kBigint: return Type::big_int();
    case tpch::ColumnKind::kDecimal: return Type::decimal(15, 2);
    case tpch::ColumnKind::kDate: return Type::date();
    default: return Type::varchar();
  }
}

/// Turns chunks of one table into batches. The batch's vectors point into the chunk and into this object.
class ChunkView {
 public:
  explicit ChunkView(tpch::Table table) : columns_(tpch::table_columns(table)), strings_(columns_.size()) {
    for (size_t i = 0; i < columns_.size(); i++) {
      Vector vector;
      vector.type = column_type(columns_[i].kind);
      if (columns_[i].storage == tpch::Storage::kCode) {
        for (std::string_view value : columns_[i].values) strings_[i].emplace_back(value);
        vector.encoding = Encoding::kDictionary;
        vector.code_bytes = 1;
        vector.unique_dictionary = true;
        vector.dictionary_size = static_cast<uint32_t>(strings_[i].size());
        vector.dictionary = strings_[i].data();
      }
      batch_.columns.push_back(vector);
    }
  }

  const Batch& show(const tpch::Chunk& chunk) {
    batch_.size = chunk.row_count;
    for (size_t i = 0; i < columns_.size(); i++) {
      const tpch::Column& column = chunk.columns[i];
      Vector& vector = batch_.columns[i];
      vector.size = chunk.row_count;
      switch (columns_[i].storage) {
        case tpch::Storage::kInt32: vector.data = column.int32s.data(); break;
        case tpch::Storage::kInt64: vector.data = column.int64s.data(); break;
        case tpch::Storage::kCode: vector.data = column.codes.data(); break;
        default:
          strings_[i].resize(chunk.row_count);
          for (size_t row = 0; row < chunk.row_count; row++) strings_[i][row] = StringRef(chunk.text(i, row));
          vector.data = strings_[i].data();
      }
    }
    return batch_;
  }

 private:
  std::span<const tpch::ColumnInfo> columns_;
  std::vector<std::vector<StringRef>> strings_;  ///< dictionaries of code columns, rows of the other texts
  Batch batch_;
};

TableSchema table_schema(tpch::Table table) {
  TableSchema schema;
  schema.name = tpch::table_name(table);
  for (const tpch::ColumnInfo& column : tpch::table_columns(table))
    schema.columns.push_back({std::string(column.name), column_type(column.kind), true, ""});
  return schema;
}

/// A piece of work: so many row units of one table (orders: of lineitem too), written as row groups of their own, so
/// that the content of each is the same whatever the number of threads.
struct Task {
  tpch::Table table = tpch::Table::kRegion;
  uint64_t first_unit = 0, unit_count = 0;
  uint64_t order = 0;  ///< among the table's tasks
};

/// An order has about four lines: a task of this many orders makes four full row groups of lineitem.
constexpr uint64_t kTaskOrders = 131072;
constexpr uint64_t kChunkUnits = 4096;

uint64_t units_per_task(tpch::Table table) {
  switch (table) {
    case tpch::Table::kPart: return 4 * kRowGroupRows;      // its rows are its units
    case tpch::Table::kPartsupp: return kRowGroupRows;       // four rows per unit
    case tpch::Table::kOrders: return kTaskOrders;
    default: return 4 * kRowGroupRows;
  }
}

class Loader {
 public:
  Loader(SessionState& session, WriteTransaction& transaction, const tpch::Generator& generator)
      : session_(session), transaction_(transaction), generator_(generator) {
    for (tpch::Table table : tpch::kTables) {
      if (table == tpch::Table::kLineitem) continue;  // made with orders
      uint64_t units = generator.row_unit_count(table), step = units_per_task(table), order = 0;
      for (uint64_t first = 0; first < units; first += step)
        tasks_.push_back({table, first, std::min(step, units - first), order++});
    }
    // Large tasks first: the last ones to end are small.
    std::ranges::stable_sort(tasks_, [](const Task& a, const Task& b) { return cost(a) > cost(b); });
    for (const Task& task : tasks_) session.work().total += cost(task);
  }

  int64_t run(unsigned thread_count) {
    auto work = [this] {
      try {
        while (true) {
          size_t index = next_.fetch_add(1);
          if (index >= tasks_.size() || failed_) return;
          run_task(tasks_[index]);
        }
      } catch (...) {
        std::lock_guard lock(mutex_);
        if (!failed_.exchange(true)) error_ = std::current_exception();
      }
    };
    {
      std::vector<std::jthread> threads;
      try {
        for (unsigned i = 1; i < std::min<size_t>(thread_count, tasks_.size()); i++) threads.emplace_back(work);
      } catch (const std::exception&) {  // no thread, or no memory, to be had: fewer workers
      }
      work();
    }
    if (error_ != nullptr) std::rethrow_exception(error_);
    return static_cast<int64_t>(row_count_.load());
  }

 private:
  static uint64_t cost(const Task& task) { return task.unit_count * (task.table == tpch::Table::kOrders ? 6 : 1); }

  void run_task(const Task& task) {
    bool with_lines = task.table == tpch::Table::kOrders;
    auto writer = transaction_.writer(tpch::table_name(task.table), task.order);
    std::unique_ptr<TableWriter> line_writer;
    if (with_lines) line_writer = transaction_.writer(tpch::table_name(tpch::Table::kLineitem), task.order);
    ChunkView rows(task.table), lines(tpch::Table::kLineitem);
    tpch::Chunk chunk, line_chunk;
    for (uint64_t done = 0; done < task.unit_count; done += kChunkUnits) {
      session_.check_interrupted();
      if (failed_) return;
      uint64_t count = std::min(kChunkUnits, task.unit_count - done);
      if (with_lines) {
        generator_.generate_orders_and_lineitem(task.first_unit + done, count, chunk, line_chunk);
        line_writer->append(lines.show(line_chunk));
        row_count_ += line_chunk.row_count;
      } else {
        generator_.generate(task.table, task.first_unit + done, count, chunk);
      }
      writer->append(rows.show(chunk));
      row_count_ += chunk.row_count;
      session_.work().done += count * (with_lines ? 6 : 1);
    }
    writer->finish();
    if (line_writer != nullptr) line_writer->finish();
  }

  SessionState& session_;
  WriteTransaction& transaction_;
  const tpch::Generator& generator_;
  std::vector<Task> tasks_;
  std::atomic<size_t> next_{0};
  std::atomic<uint64_t> row_count_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::exception_ptr error_;
};

}  // namespace

int64_t load_tpch(SessionState& session, double scale_factor) {
  int64_t row_count = 0;
  session.change([&](std::shared_ptr<WriteTransaction> transaction) {
    for (tpch::Table table : tpch::kTables) {
      TableSchema schema = table_schema(table);
      if (transaction->snapshot()->tables.contains(schema.name))
        throw Error(sqlstate::kDuplicateTable, "relation \"" + schema.name + "\" already exists",
                    "tpch_load makes the tables; drop those that are there.");
      transaction->create_table(std::move(schema));
    }
    unsigned thread_count = session.settings().execution().threads;
    tpch::Generator generator(scale_factor, thread_count);
    row_count = Loader(session, *transaction, generator).run(thread_count);
  });
  return row_count;
}

}  // namespace cairn
