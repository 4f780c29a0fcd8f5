// The types and the values of all functions that both systems have.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "exec/functions/function.h"
#include "tests/grid/argument_types.h"
#include "tests/grid/sections.h"

namespace cairn::grid {
namespace {

constexpr size_t kMostPlaces = 3000;  ///< combinations of one function and number of arguments
constexpr size_t kMostCalls = 300;  ///< of one overload

/// Other values every time, or an effect.
constexpr std::string_view kVolatile[] = {"random", "setseed", "clock_timestamp", "nextval", "currval", "lastval", "setval"};

/// An overload in PostgreSQL's catalog: the function's name and its arguments' types.
struct Overload {
  std::string name;
  std::vector<std::string> arguments;
};

/// PostgreSQL's overloads of the functions that Cairn has, all of whose argument types Cairn has.
std::vector<Overload> common_overloads(Grid& grid) {
  std::string names;
  for (const std::string_view name : function_names())
    if (std::ranges::find(kVolatile, name) == std::end(kVolatile)) names += fmt::format("'{}',", name);
  const std::vector<std::string> rows = grid.postgres_column(fmt::format(
      "SELECT concat_ws('|', proname, replace(replace(oidvectortypes(proargtypes), ' without time zone', ''), ', ', '|')) "
      "FROM pg_proc WHERE proname IN ({}'extract', 'pg_typeof', 'concat', 'concat_ws', 'format') AND prokind = 'f' AND pronamespace = 'pg_catalog'::regnamespace "
      "ORDER BY 1", names));
  std::vector<Overload> overloads;
  for (const std::string& row : rows) {
    Overload overload;
    for (size_t begin = 0; begin <= row.size();) {
      const size_t end = std::min(row.find('|', begin), row.size());
      std::string word = row.substr(begin, end - begin);
      if (begin == 0) overload.name = word;
      else if (!word.empty()) overload.arguments.push_back(word);
      begin = end + 1;
    }
    overloads.push_back(std::move(overload));
  }
  return overloads;
}

const ArgumentType* type_named(std::string_view name) {
  for (const ArgumentType& type : argument_types())
    if (type.name == name) return &type;
  return nullptr;
}

constexpr std::string_view kUnits[] = {"year", "month", "DAY", "hour", "minute", "second", "milliseconds", "microseconds", "epoch", "dow",
                                       "isodow", "doy", "week", "isoyear", "quarter", "decade", "century", "millennium", "julian", "timezone", "weeks", "mon", "fortnight", ""};
constexpr std::string_view kNumberPatterns[] = {"999", "000.00", "FM999.99", "S9,999.9", "9.99EEEE", "RN", "L99", "999MI", "PR999", "999PR", "SG99", "99V9", "9th", "", "x9\"q\"9"};
constexpr std::string_view kTimePatterns[] = {"YYYY-MM-DD HH24:MI:SS.US", "Day, DD Month YYYY", "FMDay FMDD FMMonth", "TMMonth TMDy", "IYYY-IW-ID", "J Q WW W CC",
                                              "HH12:MI AM", "hh:mi p.m.", "YY YYY Y,YYY", "DDD D DDth", "MON Mon mon RM rm", "SSSS SSSSS MS FF3 FF6", "\"text\" YYYY BC", "", "TZ OF"};
constexpr std::string_view kPatterns[] = {"b", "[a-c]+", "^.", "(a)(b)?", "", "%", "a|B", "\\d", "(", "é"};

/// Texts that mean something in this place of this function; empty where any text will do.
std::span<const std::string_view> meaningful_texts(const Overload& overload, size_t place) {
  const std::string& name = overload.name;
  if ((name == "date_trunc" || name == "date_part" || name == "extract") && place == 0) return kUnits;
  if (name == "to_char" && place == 1) {
    const ArgumentType* first = type_named(overload.arguments[0]);
    const bool of_time = first == nullptr || first->id >= TypeId::kDate;
    return of_time ? std::span<const std::string_view>(kTimePatterns) : kNumberPatterns;
  }
  if (name == "to_number" && place == 1) return kNumberPatterns;
  if ((name == "to_date" || name == "to_timestamp") && place == 1) return kTimePatterns;
  if (name.starts_with("regexp") && place == 1) return kPatterns;
  static constexpr std::string_view kNormalForms[] = {"NFC", "NFD", "nfkc", "NFKD", "x"};
  if ((name == "normalize" || name == "is_normalized") && place == 1) return kNormalForms;
  static constexpr std::string_view kFormats[] = {"%s", "%I.%L", "%2$s %1$s", "%-5s|%5s|", "%%", "%", "%d", "abc", "%*s"};
  if (name == "format" && place == 0) return kFormats;
  return {};
}

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

/// What an argument of the overload may be: typed literals, some untyped ones, NULL.
std::vector<std::string> argument_values(const Overload& overload, size_t place) {
  const ArgumentType* type = type_named(overload.arguments[place]);
  std::vector<std::string> values;
  if (const auto texts = meaningful_texts(overload, place); !texts.empty()) {
    for (const std::string_view text : texts) values.push_back(quoted(text));
    return values;
  }
  if (type == nullptr) return {"1", "2.50", "'a'", "'é'::text", "true", "NULL", "'2024-02-29'::date", "'1 day'::interval"};  // "any"
  for (const std::string_view value : type->values) values.push_back(literal(*type, value));
  for (size_t i = 0; i < std::min<size_t>(3, type->values.size()); i++) values.push_back(quoted(type->values[i]));
  values.push_back("NULL");
  return values;
}

std::string call(const std::string& name, const std::vector<std::string>& arguments) {
  return fmt::format("\"{}\"({})", name, fmt::join(arguments, ", "));
}

/// Those whose arguments both systems have; a variadic "any" stands for one more argument.
bool is_over_common_types(const Overload& overload) {
  return std::ranges::all_of(overload.arguments, [](const std::string& name) { return name == "\"any\"" || type_named(name) != nullptr; });
}

}  // namespace

void ask_types_of_functions(Grid& grid) {
  std::set<std::pair<std::string, size_t>> calls;
  for (const Overload& overload : common_overloads(grid)) {
    calls.insert({overload.name, overload.arguments.size()});
    if (!overload.arguments.empty() && overload.arguments.back() == "\"any\"") calls.insert({overload.name, overload.arguments.size() + 1});
  }
  uint64_t seed = 1;
  for (const auto& [name, arity] : calls) {
    if (arity > 6) continue;  // make_timestamp's six are checked by value
    std::vector<std::vector<std::string>> places(arity, argument_places());
    if (name == "extract") places[0] = {"'month'"};
    for (const auto& arguments : combinations(places, kMostPlaces, seed++))
      grid.ask("types of functions", name, fmt::format("SELECT {} FROM arguments", call(name, arguments)), Compared::kTypes);
  }
}

void ask_values_of_functions(Grid& grid) {
  uint64_t seed = 1;
  for (const Overload& overload : common_overloads(grid)) {
    if (!is_over_common_types(overload)) continue;
    std::vector<std::vector<std::string>> places;
    for (size_t i = 0; i < overload.arguments.size(); i++) places.push_back(argument_values(overload, i));
    for (const auto& arguments : combinations(places, kMostCalls, seed++))
      grid.ask("values of functions", overload.name, "SELECT " + call(overload.name, arguments), Compared::kValues);
    // The same of a column, row by row: constants are folded, columns go through vectors.
    if (places.empty()) continue;
    const ArgumentType* first = type_named(overload.arguments[0]);
    if (first == nullptr || !meaningful_texts(overload, 0).empty()) continue;
    places[0] = {"v"};
    for (const auto& arguments : combinations(places, 12, seed))
      for (const std::string_view value : first->values)
        grid.ask("values of functions over columns", overload.name,
                 fmt::format("SELECT v, {} FROM (VALUES ({}), (NULL)) AS t(v)", call(overload.name, arguments), literal(*first, value)),
                 Compared::kValues);
  }
  for (const std::string_view unit : kUnits) {
    if (unit.empty()) continue;
    for (const ArgumentType& type : argument_types()) {
      if (type.id < TypeId::kDate || type.id > TypeId::kInterval) continue;
      for (const std::string_view value : type.values)
        grid.ask("values of functions", "extract", fmt::format("SELECT extract({} FROM {})", unit, literal(type, value)), Compared::kValues);
    }
  }
}

}  // namespace cairn::grid
