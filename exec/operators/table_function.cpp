#include "exec/operators/table_function.h"

#include "exec/plan/table_function.h"

namespace cairn {
namespace {

class TableFunctionScan : public Source {
 public:
  explicit TableFunctionScan(const PlanNode& plan) : plan_(plan) {}

  uint64_t morsel_count() const override { return 1; }

  std::unique_ptr<Local> make_local(const WorkerContext& worker) const override {
    auto local = std::make_unique<FunctionLocal>();
    local->capacity = worker.settings->vector_capacity;
    for (const Type& type : plan_.types) local->columns.emplace_back(type);
    return local;
  }

  void run(const Morsel&, Local& base, Consumer& next, const std::function<bool()>& stop) const override {
    auto& local = static_cast<FunctionLocal&>(base);
    plan_.function_source->rewind();
    for (bool more = true; more && !stop();) {
      for (ColumnBuffer& column : local.columns) column.clear();
      more = plan_.function_source->next(local.columns, local.capacity);
      const size_t rows = local.columns.empty() ? 0 : local.columns[0].size();
      if (rows == 0) continue;
      local.batch.size = rows;
      local.batch.selected = false;
      local.batch.columns.resize(local.columns.size());
      for (size_t i = 0; i < local.columns.size(); ++i) local.batch.columns[i] = local.columns[i].view();
      next.push(local.batch);
    }
  }

 private:
  struct FunctionLocal : Local {
    size_t capacity = 0;
    std::vector<ColumnBuffer> columns;
    Batch batch;
  };
  const PlanNode& plan_;
};

}  // namespace

std::unique_ptr<Source> make_table_function_scan(const PlanNode& plan) {
  return std::make_unique<TableFunctionScan>(plan);
}

}  // namespace cairn
