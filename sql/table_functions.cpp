#include "sql/table_functions.h"

#include <span>

#include "vector/error.h"

namespace cairn {
namespace {

/// generate_series(start, stop [, step]) over integers: INTEGER where all arguments are, else BIGINT.
class SeriesSource final : public TableFunctionSource {
 public:
  SeriesSource(Type type, int64_t start, int64_t stop, int64_t step)
      : type_(type), start_(start), stop_(stop), step_(step), next_(start) {}

  bool next(std::vector<ColumnBuffer>& columns, size_t max_rows) override {
    size_t rows = 0;
    while (rows < max_rows && !done_ && (step_ > 0 ? next_ <= stop_ : next_ >= stop_)) {
      columns[0].append_value(Value::of_integer(type_, next_));
      rows++;
      done_ = __builtin_add_overflow(next_, step_, &next_);
    }
    return rows > 0;
  }
  void rewind() override {
    next_ = start_;
    done_ = false;
  }

 private:
  Type type_;
  int64_t start_, stop_, step_, next_;
  bool done_ = false;
};

BoundTableFunction bind_series(const std::vector<Value>& arguments, SessionState*) {
  Type type = Type::integer();
  bool any_null = false;
  for (const Value& argument : arguments) {
    if (!argument.type.is_integer() || argument.type.id == TypeId::kHugeInt) {
      if (!argument.null || argument.type.id != TypeId::kVarchar)
        throw Error(sqlstate::kFeatureNotSupported, "generate_series is only supported over INTEGER and BIGINT");
    }
    if (argument.type.id == TypeId::kBigInt) type = Type::big_int();
    any_null = any_null || argument.null;
  }
  auto number = [&](size_t i) { return static_cast<int64_t>(arguments[i].integer); };
  int64_t step = arguments.size() > 2 ? number(2) : 1;
  if (step == 0 && !any_null) throw Error(sqlstate::kInvalidParameterValue, "step size cannot equal zero");
  auto source = any_null ? std::make_shared<SeriesSource>(type, 1, 0, 1)
                         : std::make_shared<SeriesSource>(type, number(0), number(1), step);
  return {{"generate_series"}, {type}, std::move(source)};
}

constexpr TableFunction kGeneral[] = {
    {"generate_series", "generate_series(start, stop [, step])", 2, 3, bind_series},
};

}  // namespace

// The tables, one per topic.
std::span<const TableFunction> session_table_functions();
static std::span<const TableFunction> all_tables(size_t index) {
  return index == 0 ? std::span<const TableFunction>(kGeneral) : session_table_functions();
}

const TableFunction* find_table_function(std::string_view name) {
  for (size_t i = 0; i < 2; i++)
    for (const TableFunction& function : all_tables(i))
      if (function.name == name) return &function;
  return nullptr;
}

std::vector<std::string> table_function_names() {
  std::vector<std::string> names;
  for (size_t i = 0; i < 2; i++)
    for (const TableFunction& function : all_tables(i)) names.emplace_back(function.name);
  return names;
}

}  // namespace cairn
