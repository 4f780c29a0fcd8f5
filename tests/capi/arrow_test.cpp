// What Arrow's types hold, and what they do not.
#include <cstring>

#include "tests/capi/capi_fixture.h"

namespace {

class ArrowTest : public CapiTest {
 protected:
  ~ArrowTest() override {
    if (array_.release != nullptr) array_.release(&array_);
    if (schema_.release != nullptr) schema_.release(&schema_);
  }

  /// Exports the first chunk of a query; "" or the SQLSTATE.
  std::string run_query(const std::string& sql) {
    if (array_.release != nullptr) array_.release(&array_);
    if (schema_.release != nullptr) schema_.release(&schema_);
    cairn_result* result = nullptr;
    cairn_chunk* chunk = nullptr;
    cairn_error* error = nullptr;
    if (cairn_query(connection_, sql.c_str(), nullptr, &result, &error) == CAIRN_OK &&
        cairn_result_arrow_schema(result, &schema_, &error) == CAIRN_OK &&
        cairn_result_next(result, &chunk, &error) == CAIRN_OK && chunk != nullptr)
      cairn_chunk_arrow_array(chunk, &array_, &error);
    cairn_chunk_destroy(chunk);
    cairn_result_destroy(result);
    return error == nullptr ? "" : state_of(error);
  }
  std::string format() const { return schema_.children[0]->format; }
  template <typename T>
  T value(int64_t row) const {
    return static_cast<const T*>(array_.children[0]->buffers[1])[row];
  }

  ArrowSchema schema_{};
  ArrowArray array_{};
};

TEST_F(ArrowTest, IntervalsThatDoNotFitAreErrors) {
  struct MonthDayNano { int32_t months, days; int64_t nanos; };
  EXPECT_EQ(run_query("SELECT i FROM (VALUES (INTERVAL '1 month 2 days 00:00:00.000003'), (NULL), (INTERVAL '-1 hour')) v(i)"), "");
  EXPECT_EQ(format(), "tin");
  EXPECT_EQ(value<MonthDayNano>(0).months, 1);
  EXPECT_EQ(value<MonthDayNano>(0).days, 2);
  EXPECT_EQ(value<MonthDayNano>(0).nanos, 3000);
  EXPECT_EQ(value<MonthDayNano>(2).nanos, -3600LL * 1000000000);
  EXPECT_EQ(array_.children[0]->null_count, 1);
  EXPECT_EQ(run_query("SELECT INTERVAL '2562047 hours'"), "");
  EXPECT_EQ(value<MonthDayNano>(0).nanos, 2562047LL * 3600 * 1000000000);
  EXPECT_EQ(run_query("SELECT INTERVAL '2562048 hours'"), "22008");
  EXPECT_EQ(array_.release, nullptr);
  EXPECT_EQ(run_query("SELECT INTERVAL '-2562048 hours'"), "22008");
  EXPECT_EQ(run_query("SELECT 'a', INTERVAL '2562048 hours' FROM generate_series(1, 3)"), "22008");
}

TEST_F(ArrowTest, TimesAndHugeIntegers) {
  EXPECT_EQ(run_query("SELECT TIME '23:59:59.999999'"), "");
  EXPECT_EQ(format(), "ttu");
  EXPECT_EQ(value<int64_t>(0), 86399999999);
  EXPECT_EQ(run_query("SELECT TIME '24:00:00'"), "22008");
  EXPECT_EQ(run_query("SELECT 99999999999999999999999999999999999999::HUGEINT"), "");
  EXPECT_EQ(format(), "d:38,0");
  EXPECT_EQ(run_query("SELECT '170141183460469231731687303715884105727'::HUGEINT"), "22003");
  EXPECT_EQ(run_query("SELECT '-100000000000000000000000000000000000000'::HUGEINT"), "22003");
  EXPECT_EQ(run_query("SELECT -99999999999999999999999999999999999.999::DECIMAL(38,3)"), "");
  EXPECT_EQ(format(), "d:38,3");
  EXPECT_EQ(run_query("SELECT -0.05::DECIMAL(15,2)"), "");
  EXPECT_EQ(value<__int128>(0), -5);
}

TEST_F(ArrowTest, TextsAndNulls) {
  EXPECT_EQ(run_query("SELECT 'ab'::CHAR(4)"), "");
  EXPECT_EQ(format(), "u");
  EXPECT_EQ(value<int32_t>(1), 4);
  EXPECT_EQ(std::memcmp(array_.children[0]->buffers[2], "ab  ", 4), 0);
  EXPECT_EQ(run_query("SELECT NULL"), "");
  EXPECT_EQ(array_.children[0]->null_count, 1);
}

TEST_F(ArrowTest, EmptyResultsAndStatementsWithoutRows) {
  for (const char* sql : {"SELECT 1 AS a WHERE false", "CREATE TABLE made(a INTEGER)"}) {
    cairn_result* result = nullptr;
    ASSERT_EQ(cairn_query(connection_, sql, nullptr, &result, nullptr), CAIRN_OK);
    ArrowArrayStream stream{};
    ASSERT_EQ(cairn_result_arrow_stream(result, &stream, nullptr), CAIRN_OK);
    ArrowSchema schema{};
    EXPECT_EQ(stream.get_schema(&stream, &schema), 0);
    EXPECT_STREQ(schema.format, "+s");
    schema.release(&schema);
    ArrowArray array{};
    EXPECT_EQ(stream.get_next(&stream, &array), 0);
    EXPECT_EQ(array.release, nullptr);
    EXPECT_EQ(stream.get_last_error(&stream), nullptr);
    stream.release(&stream);
  }
}

TEST_F(ArrowTest, ErrorsOfAStreamAreTold) {
  cairn_result* result = nullptr;
  ASSERT_EQ(cairn_query(connection_, "SELECT INTERVAL '2562048 hours'", nullptr, &result, nullptr), CAIRN_OK);
  ArrowArrayStream stream{};
  ASSERT_EQ(cairn_result_arrow_stream(result, &stream, nullptr), CAIRN_OK);
  ArrowArray array{};
  EXPECT_NE(stream.get_next(&stream, &array), 0);
  EXPECT_EQ(array.release, nullptr);
  EXPECT_NE(std::string(stream.get_last_error(&stream)).find("2562048:00:00"), std::string::npos);
  stream.release(&stream);
}

}  // namespace
