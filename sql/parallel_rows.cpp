#include "sql/parallel_rows.h"

#include <algorithm>

#include "vector/read_row.h"

namespace cairn {
namespace {

class SingleRow final : public TableFunctionSource {
 public:
  explicit SingleRow(Value value) : value_(std::move(value)) {}
  bool next(std::vector<ColumnBuffer>& columns, size_t max_rows) override {
    if (done_ || max_rows == 0) return false;
    done_ = true;
    if (value_.null) columns[0].append_null();
    else columns[0].append_value(value_);
    return true;
  }
  void rewind() override { done_ = false; }
  std::string description() const override { return "value " + value_.type.to_string() + ' ' + value_.to_string(); }

 private:
  Value value_;
  bool done_ = false;
};

class ParallelRows final : public TableFunctionSource {
 public:
  ParallelRows(std::vector<BoundTableFunction> functions, bool ordinality)
      : functions_(std::move(functions)), ordinality_(ordinality) {}

  bool next(std::vector<ColumnBuffer>& columns, size_t max_rows) override {
    std::vector<std::vector<ColumnBuffer>> parts;
    size_t rows = 0;
    for (BoundTableFunction& function : functions_) {
      parts.push_back(take(function, max_rows));
      if (!parts.back().empty()) rows = std::max(rows, parts.back()[0].size());
    }
    size_t output = 0;
    for (const std::vector<ColumnBuffer>& part : parts)
      for (const ColumnBuffer& column : part) append(column, rows, columns[output++]);
    for (size_t row = 0; ordinality_ && row < rows; row++)
      columns[output].append_value(Value::of_integer(Type::big_int(), ++number_));
    return rows > 0;
  }

  void rewind() override {
    for (BoundTableFunction& function : functions_) function.source->rewind();
    number_ = 0;
  }

  std::string description() const override {
    std::string text = ordinality_ ? "ordinality" : "rows";
    for (const BoundTableFunction& function : functions_) {
      const std::string one = function.source->description();
      if (one.empty()) return {};
      text += " (" + one + ")";
    }
    return text;
  }

 private:
  /// As many rows as there are, up to `max_rows`: sources may give fewer at a time.
  static std::vector<ColumnBuffer> take(BoundTableFunction& function, size_t max_rows) {
    std::vector<ColumnBuffer> taken, more;
    for (const Type& type : function.types) {
      taken.emplace_back(type);
      more.emplace_back(type);
    }
    while (!taken.empty() && taken[0].size() < max_rows) {
      for (ColumnBuffer& column : more) column.clear();
      if (!function.source->next(more, max_rows - taken[0].size())) break;
      for (size_t i = 0; i < more.size(); i++) append(more[i], more[i].size(), taken[i]);
    }
    return taken;
  }

  static void append(const ColumnBuffer& from, size_t rows, ColumnBuffer& to) {
    for (size_t row = 0; row < rows; row++) {
      const Value value = row < from.size() ? read_value(from.view(), row) : Value::null_of(from.type());
      if (value.null) to.append_null();
      else to.append_value(value);
    }
  }

  std::vector<BoundTableFunction> functions_;
  bool ordinality_;
  int64_t number_ = 0;
};

}  // namespace

BoundTableFunction single_row(std::string name, Value value) {
  const Type type = value.type;
  return {{std::move(name)}, {type}, std::make_shared<SingleRow>(std::move(value))};
}

BoundTableFunction parallel_rows(std::vector<BoundTableFunction> functions, bool ordinality) {
  BoundTableFunction all;
  for (const BoundTableFunction& function : functions) {
    all.names.insert(all.names.end(), function.names.begin(), function.names.end());
    all.types.insert(all.types.end(), function.types.begin(), function.types.end());
  }
  if (ordinality) {
    all.names.emplace_back("ordinality");
    all.types.push_back(Type::big_int());
  }
  all.source = std::make_shared<ParallelRows>(std::move(functions), ordinality);
  return all;
}

}  // namespace cairn
