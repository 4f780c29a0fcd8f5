// Functions that give another value every time, or do something: random numbers, the clock, sequences.

#include <chrono>

#include "exec/functions/executor.h"
#include "exec/functions/volatile_source.h"

namespace cairn::functions {

namespace {

VolatileSource& source_of(const Call& call) {
  if (VolatileSource* source = call.context.volatile_source()) return *source;
  throw Error(sqlstate::kFeatureNotSupported, "this function needs a session");
}

double random_number(const Call& call) { return source_of(call).random(); }

StringRef set_seed(const Call& call, double seed) {
  if (!(seed >= -1 && seed <= 1)) {
    throw Error(sqlstate::kInvalidParameterValue, "setseed parameter must be between -1 and 1");
  }
  source_of(call).seed(seed);
  return StringRef();
}

int64_t clock_timestamp(const Call&) {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

int64_t next_value(const Call& call, StringRef sequence) { return source_of(call).next_value(sequence.view()); }
int64_t current_value(const Call& call, StringRef sequence) { return source_of(call).current_value(sequence.view()); }
int64_t last_value(const Call& call) { return source_of(call).last_value(); }
int64_t set_value(const Call& call, StringRef sequence, int64_t value) {
  return source_of(call).set_value(sequence.view(), value, true);
}
int64_t set_value_called(const Call& call, StringRef sequence, int64_t value, bool called) {
  return source_of(call).set_value(sequence.view(), value, called);
}

}  // namespace

const std::vector<Function>& volatile_functions() {
  static const std::vector<Function> table = [] {
    using enum TypeId;
    constexpr auto kBigIntType = always<Type::big_int>;
    std::vector<Function> rows;
    rows.push_back(row<random_number>("random", {}, always<Type::double_>, kRaises));
    rows.push_back(row<set_seed>("setseed", {kDouble}, always<varchar_type>, kRaises));
    rows.push_back(row<clock_timestamp>("clock_timestamp", {}, always<Type::timestamp>, kRaises));
    rows.push_back(row<next_value>("nextval", {kVarchar}, kBigIntType, kRaises));
    rows.push_back(row<current_value>("currval", {kVarchar}, kBigIntType, kRaises));
    rows.push_back(row<last_value>("lastval", {}, kBigIntType, kRaises));
    rows.push_back(row<set_value>("setval", {kVarchar, kBigInt}, kBigIntType, kRaises));
    rows.push_back(row<set_value_called>("setval", {kVarchar, kBigInt, kBoolean}, kBigIntType, kRaises));
    // They run on the rows that count and on no others, as functions do that may raise.
    for (Function& function : rows) function.is_volatile = true;
    return rows;
  }();
  return table;
}

}  // namespace cairn::functions
