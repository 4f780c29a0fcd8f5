// Functions and casts give PostgreSQL's values and errors.
#include <gtest/gtest.h>

#include "exec/functions/cast.h"
#include "tests/exec/expression_builder.h"
#include "tests/vector/column_maker.h"
#include "vector/format.h"
#include "vector/read_row.h"

namespace cairn {
namespace {

using namespace build;

ExpressionPtr date(std::string_view value) { return constant(value, Type::date()); }
ExpressionPtr timestamp(std::string_view value) { return constant(value, Type::timestamp()); }
ExpressionPtr interval(std::string_view value) { return constant(value, Type::interval()); }
ExpressionPtr decimal(std::string_view value, int precision = 15, int scale = 2) {
  return constant(value, Type::decimal(precision, scale));
}
ExpressionPtr floating(std::string_view value) { return constant(value, Type::double_()); }
ExpressionPtr bigint(std::string_view value) { return constant(value, Type::big_int()); }

std::string cast(ExpressionPtr value, Type type) { return shown(Expression::make_cast(std::move(value), type)); }

TEST(Functions, Arithmetic) {
  EXPECT_EQ("3", shown(call("+", integer(1), integer(2))));
  EXPECT_EQ("-3", shown(call("/", integer(-7), integer(2))));
  EXPECT_EQ("-1", shown(call("%", integer(-7), integer(2))));
  EXPECT_EQ("22012 division by zero", shown(call("/", integer(1), integer(0))));
  EXPECT_EQ("22012 division by zero", shown(call("%", integer(1), integer(0))));
  EXPECT_EQ("22003 integer out of range", shown(call("+", integer(2147483647), integer(1))));
  EXPECT_EQ("22003 integer out of range", shown(call("/", integer(-2147483648), integer(-1))));
  EXPECT_EQ("22003 bigint out of range", shown(call("*", bigint("9223372036854775807"), bigint("2"))));
  EXPECT_EQ("3.30", shown(call("+", decimal("1.1"), decimal("2.2"))));
  EXPECT_EQ("1.230", shown(call("+", decimal("1.2"), decimal("0.03", 9, 3))));
  EXPECT_EQ("2.4200", shown(call("*", decimal("1.1"), decimal("2.2"))));
  EXPECT_EQ("0.5", shown(call("/", decimal("1.10"), decimal("2.2"))));
  EXPECT_EQ("0.30", shown(call("%", decimal("1.5"), decimal("0.4"))));
  EXPECT_EQ("NULL", shown(call("+", integer(1), null(Type::integer()))));
  EXPECT_EQ("22003 value out of range: overflow", shown(call("*", floating("1e300"), floating("1e300"))));
}

TEST(Functions, ErrorsNameTheirPlace) {
  try {
    evaluate_constant(*call("/", integer(1), integer(0)));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(7, error.position);
  }
}

TEST(Functions, DatesAndIntervals) {
  EXPECT_EQ("1998-09-02 00:00:00", shown(call("-", date("1998-12-01"), interval("90 days"))));
  EXPECT_EQ("1995-01-01 00:00:00", shown(call("+", date("1994-01-01"), interval("1 year"))));
  EXPECT_EQ("1993-10-01 00:00:00", shown(call("+", date("1993-07-01"), interval("3 months"))));
  EXPECT_EQ("1998-12-04", shown(call("+", date("1998-12-01"), integer(3))));
  EXPECT_EQ("31", shown(call("-", date("1998-02-01"), date("1998-01-01"))));
  EXPECT_EQ("1 day 02:00:00", shown(call("-", timestamp("1998-01-02 02:00"), timestamp("1998-01-01"))));
  EXPECT_EQ("1998", shown(call("extract_year", date("1998-12-01"))));
  EXPECT_EQ("12", shown(call("extract_month", timestamp("1998-12-01 10:00"))));
  EXPECT_EQ("10", shown(call("extract_hour", timestamp("1998-12-01 10:00"))));
  EXPECT_EQ("53", shown(call("extract_week", date("2005-01-01"))));
  EXPECT_EQ("2004", shown(call("extract_isoyear", date("2005-01-01"))));
  EXPECT_EQ("6", shown(call("extract_dow", date("2005-01-01"))));
  EXPECT_EQ("30.500000", shown(call("extract_second", timestamp("1998-12-01 10:00:30.5"))));
  EXPECT_EQ("1998", shown(call("date_part", text("YEAR"), date("1998-12-01"))));
  EXPECT_EQ("1998-10-01 00:00:00", shown(call("date_trunc", text("quarter"), timestamp("1998-12-01 10:00:30.5"))));
  EXPECT_EQ("22023 unit \"fortnight\" not recognized for type timestamp without time zone",
            shown(call("date_trunc", text("fortnight"), timestamp("1998-12-01"))));
  EXPECT_EQ("1 mon 15 days", shown(call("*", interval("1 month"), floating("1.5"))));
}

TEST(Functions, Strings) {
  EXPECT_EQ("13", shown(call("substring", text("13-715-945-6730"), integer(1), integer(2))));
  EXPECT_EQ("ll", shown(call("substring", text("hello"), integer(3), integer(2))));
  EXPECT_EQ("he", shown(call("substring", text("hello"), integer(-1), integer(4))));
  EXPECT_EQ("22011 negative substring length not allowed", shown(call("substring", text("a"), integer(1), integer(-1))));
  EXPECT_EQ("üß", shown(call("substring", text("grüße"), integer(3), integer(2))));
  EXPECT_EQ("GRÜNE BÄUME, DEREN LAUB RAUSCHT", shown(call("upper", text("grüne Bäume, deren Laub rauscht"))));
  EXPECT_EQ("Hello World", shown(call("initcap", text("hELLO wORLD"))));
  EXPECT_EQ("5", shown(call("length", text("grüße"))));
  EXPECT_EQ("ab", shown(call("||", text("a"), text("b"))));
  EXPECT_EQ("ac", shown(call("concat", text("a"), null(Type::varchar()), text("c"))));
  EXPECT_EQ("a,c", shown(call("concat_ws", text(","), text("a"), null(Type::varchar()), text("c"))));
  EXPECT_EQ("xbc", shown(call("ltrim", text("aaxbc"), text("a"))));
  EXPECT_EQ("a", shown(call("btrim", text("  a "))));
  EXPECT_EQ("4", shown(call("position", text("grüße"), text("ße"))));
  EXPECT_EQ("a--b", shown(call("replace", text("a b"), text(" "), text("--"))));
  EXPECT_EQ("  7", shown(call("lpad", text("7"), integer(3))));
  EXPECT_EQ("b", shown(call("split_part", text("a,b,c"), text(","), integer(2))));
  EXPECT_EQ("c", shown(call("split_part", text("a,b,c"), text(","), integer(-1))));
  EXPECT_EQ("he", shown(call("left", text("hello"), integer(-3))));
  EXPECT_EQ("lo", shown(call("right", text("hello"), integer(2))));
  EXPECT_EQ("cba", shown(call("reverse", text("abc"))));
  EXPECT_EQ("true", shown(call("~", text("abc123"), text("[0-9]+$"))));
  EXPECT_EQ("2201B", shown(call("~", text("a"), text("("))).substr(0, 5));
  EXPECT_EQ("aXXc", shown(call("regexp_replace", text("abbc"), text("b"), text("X"), text("g"))));
}

TEST(Functions, Rounding) {
  EXPECT_EQ("3", shown(call("round", decimal("2.50"))));
  EXPECT_EQ("-3", shown(call("round", decimal("-2.50"))));
  EXPECT_EQ("2", shown(call("round", floating("2.5"))));
  EXPECT_EQ("1.240", shown(call("round", decimal("1.235", 9, 3), integer(2))));
  EXPECT_EQ("-3", shown(call("floor", decimal("-2.50"))));
  EXPECT_EQ("-2", shown(call("ceil", decimal("-2.50"))));
  EXPECT_EQ("-2", shown(call("trunc", decimal("-2.50"))));
  EXPECT_EQ("2.50", shown(call("abs", decimal("-2.50"))));
  EXPECT_EQ("2201F cannot take square root of a negative number", shown(call("sqrt", floating("-1"))));
}

TEST(Functions, Casts) {
  EXPECT_EQ("13", cast(decimal("12.50"), Type::integer()));
  EXPECT_EQ("-13", cast(decimal("-12.50"), Type::integer()));
  EXPECT_EQ("12", cast(floating("12.5"), Type::integer()));
  EXPECT_EQ("12.50", cast(integer(1250), Type::decimal(15, 2)).substr(0, 0) + cast(text("12.5"), Type::decimal(15, 2)));
  EXPECT_EQ("0.29", cast(floating("0.285"), Type::decimal(5, 2)));
  EXPECT_EQ("22003 smallint out of range", cast(integer(40000), Type::small_int()));
  EXPECT_EQ("22003 integer out of range", cast(floating("3e9"), Type::integer()));
  EXPECT_EQ("22P02 invalid input syntax for type integer: \"x\"", cast(text("x"), Type::integer()));
  EXPECT_EQ("1998-12-01 00:00:00", cast(date("1998-12-01"), Type::timestamp()));
  EXPECT_EQ("1998-12-01", cast(timestamp("1998-12-01 23:59:59"), Type::date()));
  EXPECT_EQ("1998-12-01", cast(date("1998-12-01"), Type::varchar()));
  EXPECT_EQ("12.50", cast(decimal("12.5"), Type::varchar()));
  EXPECT_EQ("abc", cast(text("abcdef"), Type::varchar(3)));
  EXPECT_EQ("ab ", cast(text("ab"), Type::character(3)));
  EXPECT_EQ("true", cast(integer(5), Type::boolean()));
  EXPECT_EQ("1", cast(constant("t", Type::boolean()), Type::integer()));
  EXPECT_EQ("12.5", cast(decimal("12.5"), Type::double_()));
  EXPECT_EQ("NULL", cast(null(Type::varchar()), Type::integer()));
  EXPECT_EQ("NULL", cast(null({TypeId::kNull}), Type::integer()));
  EXPECT_FALSE(can_cast(Type::date(), Type::integer()));
}

/// Some constants of the type.
std::vector<std::string> samples(TypeId id) {
  switch (id) {
    case TypeId::kBoolean: return {"true", "false"};
    case TypeId::kDate: return {"1998-12-01", "1970-01-01", "2400-02-29", "infinity"};
    case TypeId::kTime: return {"10:20:30.5", "00:00:00"};
    case TypeId::kTimestamp: return {"1998-12-01 10:20:30", "1969-12-31 23:59:59.9", "-infinity"};
    case TypeId::kInterval: return {"1 mon 2 days", "-3:04:05"};
    case TypeId::kVarchar: return {"abc", "", "a text of more than twelve bytes", "year", "äöü"};
    case TypeId::kReal:
    case TypeId::kDouble: return {"1.5", "-0.25", "0"};
    default: return {"3", "-2", "0", "100"};
  }
}

Type type_of(TypeId id) { return id == TypeId::kDecimal ? Type::decimal(9, 2) : id == TypeId::kVarchar ? Type::varchar() : Type{id}; }

/// Every function, over a batch of columns in several encodings with NULLs and a selection, gives what it gives for
/// each row's constants; and if a selected row raises an error, so does the batch.
TEST(Functions, EveryFunctionIsTheSameOverColumnsAndConstants) {
  std::mt19937_64 random(3);
  for (const std::string_view name : function_names()) {
    for (const Function* function : find_functions(name)) {
      if (function->is_volatile) continue;  // another value every time
      for (int run = 0; run < 12; ++run) {
        std::vector<Type> types;
        for (const TypeId id : function->arguments) types.push_back(type_of(id == kAnyType ? TypeId::kVarchar : id));
        const size_t rows = 90;
        Batch batch;
        batch.size = rows;
        std::vector<std::unique_ptr<ColumnBuffer>> buffers;
        std::vector<std::unique_ptr<MadeColumn>> made;
        std::vector<std::vector<Value>> values(types.size());
        std::vector<ExpressionPtr> arguments;
        for (size_t c = 0; c < types.size(); ++c) {
          const auto choices = samples(types[c].id);
          const bool constant_column = random() % 4 == 0;
          buffers.push_back(std::make_unique<ColumnBuffer>(types[c]));
          const Value first = parse_value(choices[random() % choices.size()], types[c]);
          for (size_t i = 0; i < rows; ++i) {
            Value value = constant_column ? first : parse_value(choices[random() % choices.size()], types[c]);
            if (!constant_column && run % 2 == 1 && random() % 5 == 0) value = Value::null_of(types[c]);
            buffers.back()->append_value(value);
            values[c].push_back(value);
          }
          Vector vector = buffers.back()->view();
          if (types[c].is_string() && run % 3 == 0) {
            std::vector<std::optional<std::string>> texts;
            for (const Value& value : values[c]) texts.push_back(value.null ? std::nullopt : std::optional(value.string));
            made.push_back(make_strings(texts, true));
            vector = made.back()->vector;
          } else if (types[c].is_integral() && run % 3 != 1) {
            std::vector<std::optional<int128_t>> integers;
            for (const Value& value : values[c]) integers.push_back(value.null ? std::nullopt : std::optional(value.integer));
            made.push_back(make_integral(types[c], integers, run % 3 == 0 ? Shape::kDictionary : Shape::kNarrowest, true, random));
            vector = made.back()->vector;
          }
          batch.columns.push_back(vector);
          arguments.push_back(constant_column ? Expression::make_constant(first) : column(static_cast<uint32_t>(c), types[c]));
        }
        std::vector<uint32_t> indices;
        for (uint32_t i = 0; i < rows; i += 1 + random() % 3) indices.push_back(i);
        batch.selected = true;
        batch.selection = {indices.data(), indices.size(), nullptr};
        const Type result_type = function->result_type(types);
        const auto expression = Expression::make_call(function, result_type, std::move(arguments));
        std::vector<std::string> expected;
        bool raises = false;
        for (const uint32_t row : indices) {
          auto single = expression->clone();
          for (size_t c = 0; c < types.size(); ++c) single->arguments[c] = Expression::make_constant(values[c][row]);
          try {
            expected.push_back(evaluate_constant(*single).to_string());
          } catch (const Error&) {
            raises = true;
          }
        }
        ExpressionEvaluator evaluator({expression.get()});
        evaluator.begin(batch);
        try {
          const Vector result = evaluator.evaluate(0);
          ASSERT_FALSE(raises) << expression->to_string();
          for (size_t i = 0; i < expected.size(); ++i) {
            Value value = read_value(result, i);
            value.type = result_type;
            ASSERT_EQ(expected[i], value.to_string()) << expression->to_string() << " run " << run << " row " << indices[i];
          }
        } catch (const Error& error) {
          ASSERT_TRUE(raises) << expression->to_string() << ": " << error.message;
        }
      }
    }
  }
}

TEST(Functions, AggregatesHaveResultTypes) {
  const std::vector<Type> decimal_type = {Type::decimal(15, 2)}, integer_type = {Type::integer()}, text_type = {Type::varchar()};
  EXPECT_EQ(Type::decimal(38, 2), find_aggregate("sum")->result_type(decimal_type));
  EXPECT_EQ(Type::big_int(), find_aggregate("sum")->result_type(integer_type));
  EXPECT_EQ(Type::double_(), find_aggregate("avg")->result_type(decimal_type));
  EXPECT_EQ(Type::varchar(), find_aggregate("max")->result_type(text_type));
  EXPECT_THROW(find_aggregate("sum")->result_type(text_type), Error);
  EXPECT_EQ(nullptr, find_aggregate("no_such_thing"));
}

}  // namespace
}  // namespace cairn
