// Table functions over plain values: generate_series, string_to_table, regexp_split_to_table.

#include <algorithm>
#include <optional>
#include <span>

#include "exec/functions/function.h"
#include "exec/functions/regular_expression.h"
#include "sql/binder/coercion.h"
#include "sql/table_functions.h"
#include "vector/date.h"
#include "vector/error.h"
#include "vector/parse.h"

namespace cairn {
namespace {

std::string describe_call(std::string_view name, const std::vector<Value>& arguments) {
  std::string text(name);
  for (const Value& argument : arguments) text += ' ' + argument.type.to_string() + ' ' + argument.to_string();
  return text;
}

[[noreturn]] void throw_zero_step() { throw Error(sqlstate::kInvalidParameterValue, "step size cannot equal zero"); }

/// Exact numbers of one type, from start to stop.
class NumberSeries final : public TableFunctionSource {
 public:
  NumberSeries(Type type, int128_t start, int128_t stop, int128_t step, std::string description)
      : type_(type), start_(start), stop_(stop), step_(step), next_(start), description_(std::move(description)) {}

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
  std::string description() const override { return description_; }

 private:
  Type type_;
  int128_t start_, stop_, step_, next_;
  bool done_ = false;
  std::string description_;
};

/// Timestamps, an interval apart.
class TimestampSeries final : public TableFunctionSource {
 public:
  TimestampSeries(int64_t start, int64_t stop, Interval step, std::string description)
      : start_(start), stop_(stop), step_(step), next_(start), description_(std::move(description)) {}

  bool next(std::vector<ColumnBuffer>& columns, size_t max_rows) override {
    const bool upwards = interval_order(step_) > 0;
    size_t rows = 0;
    for (; rows < max_rows && (upwards ? next_ <= stop_ : next_ >= stop_); rows++) {
      columns[0].append_value(Value::of_integer(Type::timestamp(), next_));
      next_ = add_interval(next_, step_);
    }
    return rows > 0;
  }
  void rewind() override { next_ = start_; }
  std::string description() const override { return description_; }

 private:
  const int64_t start_, stop_;
  const Interval step_;
  int64_t next_;
  std::string description_;
};

/// A column that is known from the begin.
class ListSource final : public TableFunctionSource {
 public:
  ListSource(std::vector<std::optional<std::string>> texts, std::string description)
      : texts_(std::move(texts)), description_(std::move(description)) {}

  bool next(std::vector<ColumnBuffer>& columns, size_t max_rows) override {
    size_t rows = 0;
    for (; rows < max_rows && at_ < texts_.size(); rows++, at_++)
      columns[0].append_value(texts_[at_] ? Value::of_string(*texts_[at_]) : Value::null_of(Type::varchar()));
    return rows > 0;
  }
  void rewind() override { at_ = 0; }
  std::string description() const override { return description_; }

 private:
  const std::vector<std::optional<std::string>> texts_;
  size_t at_ = 0;
  std::string description_;
};

Value as(const Value& value, const Type& type) {
  if (value.null) return Value::null_of(type);
  if (value.type.is_string()) return parse_value(value.string, type);
  return cast_to(Expression::make_constant(value), type)->value;
}

BoundTableFunction bind_timestamps(const std::vector<Value>& arguments) {
  if (arguments.size() < 3)
    throw Error(sqlstate::kUndefinedFunction, "generate_series over timestamps takes a start, a stop and an interval");
  const Value start = as(arguments[0], Type::timestamp()), stop = as(arguments[1], Type::timestamp());
  const Value step = as(arguments[2], Type::interval());
  std::shared_ptr<TableFunctionSource> source;
  if (start.null || stop.null || step.null) {
    source = std::make_shared<ListSource>(std::vector<std::optional<std::string>>(), "no rows");
  } else {
    if (interval_order(step.interval) == 0) throw_zero_step();
    if (!is_finite_timestamp(static_cast<int64_t>(start.integer)) || !is_finite_timestamp(static_cast<int64_t>(stop.integer)))
      throw Error(sqlstate::kInvalidParameterValue, "the bounds of generate_series must be finite");
    source = std::make_shared<TimestampSeries>(static_cast<int64_t>(start.integer), static_cast<int64_t>(stop.integer),
                                               step.interval, describe_call("generate_series", arguments));
  }
  return {{"generate_series"}, {Type::timestamp()}, std::move(source)};
}

/// INTEGER where all arguments are, BIGINT where all are integers, else DECIMAL of the largest scale.
BoundTableFunction bind_series(const std::vector<Value>& arguments, SessionState*) {
  std::optional<Type> type = Type::integer();
  bool any_null = false;
  for (const Value& argument : arguments) {
    if (argument.type.id == TypeId::kTimestamp || argument.type.id == TypeId::kDate) return bind_timestamps(arguments);
    any_null = any_null || argument.null;
    type = argument.type.is_exact() ? common_type(*type, argument.type) : std::nullopt;
    if (!type) throw Error(sqlstate::kUndefinedFunction, "generate_series is over integers, exact numbers or timestamps");
  }
  if (type->id == TypeId::kSmallInt) type = Type::integer();
  if (any_null) return {{"generate_series"}, {*type}, std::make_shared<NumberSeries>(*type, 1, 0, 1, "no rows")};
  const Value start = as(arguments[0], *type), stop = as(arguments[1], *type);
  const Value step = as(arguments.size() > 2 ? arguments[2] : Value::of_integer(Type::integer(), 1), *type);
  if (step.integer == 0) throw_zero_step();
  return {{"generate_series"},
          {*type},
          std::make_shared<NumberSeries>(*type, start.integer, stop.integer, step.integer,
                                         describe_call("generate_series", arguments))};
}

const std::vector<Function>& series_overloads() {
  static const std::vector<Function> overloads = [] {
    std::vector<Function> made;
    for (const TypeId type : {TypeId::kInteger, TypeId::kBigInt, TypeId::kDecimal})
      for (const size_t count : {2, 3}) made.push_back({"generate_series", std::vector(count, type)});
    made.push_back({"generate_series", {TypeId::kTimestamp, TypeId::kTimestamp, TypeId::kInterval}});
    return made;
  }();
  return overloads;
}

const std::string& text_argument(const Value& value) {
  if (!value.type.is_string()) throw Error(sqlstate::kUndefinedFunction, "expected text arguments");
  return value.string;
}

/// string_to_table(text, delimiter [, null text]): a NULL delimiter parts characters, an empty one nothing.
BoundTableFunction bind_string_to_table(const std::vector<Value>& arguments, SessionState*) {
  for (const Value& argument : arguments) text_argument(argument);
  std::vector<std::optional<std::string>> texts;
  const auto add = [&](std::string_view text) {
    const bool null = arguments.size() > 2 && !arguments[2].null && arguments[2].string == text;
    texts.push_back(null ? std::nullopt : std::optional(std::string(text)));
  };
  std::string_view rest = arguments[0].string;
  if (arguments[0].null || rest.empty()) {
  } else if (arguments[1].null) {
    while (!rest.empty()) {
      size_t bytes = 1;
      while (bytes < rest.size() && (static_cast<unsigned char>(rest[bytes]) & 0xC0) == 0x80) bytes++;
      add(rest.substr(0, bytes));
      rest.remove_prefix(bytes);
    }
  } else {
    const std::string& delimiter = arguments[1].string;
    for (size_t hit; !delimiter.empty() && (hit = rest.find(delimiter)) != std::string_view::npos;) {
      add(rest.substr(0, hit));
      rest.remove_prefix(hit + delimiter.size());
    }
    add(rest);
  }
  return {{"string_to_table"}, {Type::varchar()}, std::make_shared<ListSource>(std::move(texts), describe_call("string_to_table", arguments))};
}

/// regexp_split_to_table(text, pattern [, flags]): what lies between the matches. An empty match parts characters, but
/// not at the text's ends nor behind another match.
BoundTableFunction bind_regexp_split(const std::vector<Value>& arguments, SessionState*) {
  bool any_null = false;
  for (const Value& argument : arguments) {
    text_argument(argument);
    any_null = any_null || argument.null;
  }
  std::vector<std::optional<std::string>> texts;
  if (!any_null) {
    const auto options = functions::parse_regexp_flags(arguments.size() > 2 ? std::string_view(arguments[2].string) : std::string_view());
    if (options.global)
      throw Error(sqlstate::kInvalidParameterValue, "regexp_split_to_table() does not support the \"global\" option");
    const RE2& expression = functions::compile_regexp(arguments[1].string, options);
    const std::string_view text = arguments[0].string;
    const re2::StringPiece whole(text.data(), text.size());
    size_t copied = 0;
    re2::StringPiece match;
    for (size_t at = 0; at <= text.size() && expression.Match(whole, at, text.size(), RE2::UNANCHORED, &match, 1);) {
      const auto begin = static_cast<size_t>(match.data() - text.data()), end = begin + match.size();
      at = end > at || !match.empty() ? end : at;
      if (match.empty()) {
        at = end + 1;
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) at++;
        if (begin == copied || begin == text.size()) continue;
      }
      texts.emplace_back(text.substr(copied, begin - copied));
      copied = end;
    }
    texts.emplace_back(text.substr(copied));
  }
  return {{"regexp_split_to_table"}, {Type::varchar()}, std::make_shared<ListSource>(std::move(texts), describe_call("regexp_split_to_table", arguments))};
}

constexpr TableFunction kSeries[] = {
    {"generate_series", "generate_series(start, stop [, step])", 2, 3, bind_series, series_overloads},
    {"string_to_table", "string_to_table(text, delimiter [, null text])", 2, 3, bind_string_to_table},
    {"regexp_split_to_table", "regexp_split_to_table(text, pattern [, flags])", 2, 3, bind_regexp_split},
};

}  // namespace

std::span<const TableFunction> series_functions() { return kSeries; }

}  // namespace cairn
