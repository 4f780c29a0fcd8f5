// Calls that have a syntax of their own, and nested operators: their types over all types, and their values.

#include <fmt/args.h>
#include <fmt/format.h>

#include "tests/grid/argument_types.h"
#include "tests/grid/sections.h"

namespace cairn::grid {
namespace {

constexpr size_t kMostForms = 1200;  ///< questions of one form

struct Form {
  std::string_view pattern;  ///< {0}, {1}, … are the arguments
  size_t arguments;
};
constexpr Form kForms[] = {
    {"substring({0} FROM {1})", 2}, {"substring({0} FROM {1} FOR {2})", 3}, {"substring({0} FOR {1})", 2},
    {"substring({0} SIMILAR {1} ESCAPE {2})", 3}, {"overlay({0} PLACING {1} FROM {2})", 3}, {"position({0} IN {1})", 2},
    {"trim({0})", 1}, {"trim(LEADING {0} FROM {1})", 2}, {"trim(BOTH FROM {0})", 1}, {"normalize({0}, NFD)", 1},
    {"{0} IS NORMALIZED", 1}, {"({0}, {1}) OVERLAPS ({2}, {0})", 3}, {"{0} LIKE {1} ESCAPE {2}", 3}, {"{0} NOT ILIKE {1}", 2},
    {"{0} BETWEEN SYMMETRIC {1} AND {2}", 3}, {"{0} IN ({1}, {2})", 3}, {"{0} NOT IN ({1})", 2}, {"{0} IS TRUE", 1},
    {"{0} IS NOT UNKNOWN", 1}, {"NOT {0}", 1}, {"{0} AND {1}", 2}, {"{0} IS NULL", 1}, {"{0} || {1} || {2}", 3},
    {"{0} + {1} * {2}", 3}, {"({0} - {1}) / {2}", 3}, {"floor({0}) / {1}", 2}, {"abs({0}) % {1}", 2}, {"({0}, {1}) < ({1}, {2})", 3},
    {"({0}, {1}) = ({2}, {1})", 3}, {"make_interval(days => {0}, secs => {1})", 2}, {"{0} = ANY (ARRAY[{1}, {1}])", 2},
    {"date({0})", 1}, {"float8({0})", 1}, {"int4({0})", 1}, {"text({0})", 1}, {"numeric({0})", 1}, {"date '2024-01-01' + {0}", 1},
    {"substring({0} FROM 'b')", 1}, {"substring({0} FROM '^.')", 1}, {"substring({0} FROM '(b)?.$')", 1}, {"{0} LIKE 'a%'", 1}, {"{0} LIKE '% '", 1},
    {"{0} SIMILAR TO '%b_*'", 1}, {"{0} ~ 'b *$'", 1}, {"{0} = 'ab'", 1}, {"{0} IN ('ab', '1', '2024-02-29')", 1}, {"{0} || '|'", 1}, {"'|' || {0}", 1},
    {"length({0})", 1}, {"extract(epoch FROM {0})", 1}, {"extract(dow FROM {0})", 1}, {"date_trunc('month', {0})", 1},
    {"avg({0}) OVER ()", 1}, {"-{0}", 1}, {"{0} IS DISTINCT FROM NULL", 1}, {"interval '1 day' * {0}", 1}, {"{0} - now()::timestamp IS NULL", 1}, {"round({0}, 1) / 2", 1}, {"sign({0}) / 2", 1}};

/// What depends on the time: only their types are asked for.
constexpr std::string_view kClock[] = {"now()", "transaction_timestamp()", "statement_timestamp()", "clock_timestamp()", "CURRENT_DATE", "CURRENT_TIME",
                                       "CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP(2)", "LOCALTIME", "LOCALTIME(0)", "LOCALTIMESTAMP", "age(ts)", "age(da)", "age(ti)",
                                       "random()", "random(1)", "now(1)", "setseed(0.5)", "setseed(ii)", "setseed(tx)"};
/// What may stand in the places of OVERLAPS, and some of its values.
constexpr std::string_view kOverlapping[] = {"da", "ti", "ts", "iv", "'1'", "NULL", "tx"};
constexpr std::string_view kPeriods[] = {"'2024-02-29'::date", "'2024-03-01'::date", "'10:00'::time", "'11:00'::time", "'24:00'::time", "'1 hour'::interval", "'-1 day'::interval",
                                         "'2024-02-29 10:00'::timestamp", "'2024-02-29'", "'12:00'", "NULL", "NULL::time", "NULL::interval"};

std::vector<std::vector<std::string>> four_of(std::span<const std::string_view> texts, uint64_t seed) {
  return combinations(std::vector(4, std::vector<std::string>(texts.begin(), texts.end())), kMostForms, seed);
}

std::string filled(const Form& form, const std::vector<std::string>& arguments) {
  fmt::dynamic_format_arg_store<fmt::format_context> store;
  for (const std::string& argument : arguments) store.push_back(argument);
  return fmt::vformat(form.pattern, store);
}

}  // namespace

void ask_forms(Grid& grid) {
  uint64_t seed = 1;
  std::vector<std::string> values = {"NULL", "''", "'1'", "'abc'", "'2024-02-29'", "2", "-1.50"};
  for (const ArgumentType& type : argument_types())
    for (size_t i = 0; i < type.values.size(); i += 3) values.push_back(literal(type, type.values[i]));
  for (const std::string_view clock : kClock)
    grid.ask("types of forms", clock, fmt::format("SELECT {} FROM arguments", clock), Compared::kTypes);
  const Form overlaps{"({0}, {1}) OVERLAPS ({2}, {3})", 4};
  for (const auto& arguments : four_of(kOverlapping, 1))
    grid.ask("types of forms", overlaps.pattern, fmt::format("SELECT {} FROM arguments", filled(overlaps, arguments)), Compared::kTypes);
  for (const auto& arguments : four_of(kPeriods, 2))
    grid.ask("values of forms", overlaps.pattern, "SELECT " + filled(overlaps, arguments), Compared::kValues);
  for (const Form& form : kForms) {
    const std::vector<std::vector<std::string>> places(form.arguments, argument_places());
    for (const auto& arguments : combinations(places, kMostForms, seed++))
      grid.ask("types of forms", form.pattern, fmt::format("SELECT {} FROM arguments", filled(form, arguments)), Compared::kTypes);
    for (const auto& arguments : combinations(std::vector(form.arguments, values), kMostForms, seed++))
      grid.ask("values of forms", form.pattern, "SELECT " + filled(form, arguments), Compared::kValues);
  }
}

}  // namespace cairn::grid
