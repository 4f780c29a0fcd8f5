// NULL handles and odd arguments give an error, never a crash.
#include "tests/capi/capi_fixture.h"

namespace {

class MisuseTest : public CapiTest {};

TEST_F(MisuseTest, NullHandles) {
  cairn_database* database = nullptr;
  cairn_connection* connection = nullptr;
  cairn_statement* statement = nullptr;
  cairn_result* result = nullptr;
  cairn_chunk* chunk = nullptr;
  cairn_query_list* list = nullptr;
  cairn_error* error = nullptr;
  ArrowSchema schema{};
  ArrowArray array{};
  ArrowArrayStream stream{};
  const auto misused = [&](cairn_status status) {
    const bool told = error != nullptr && cairn_error_status(error) == CAIRN_MISUSE && *cairn_error_message(error) != '\0';
    cairn_error_destroy(error);
    error = nullptr;
    return status == CAIRN_MISUSE && told;
  };
  EXPECT_TRUE(misused(cairn_open(":memory:", 0, nullptr, &error)));
  EXPECT_TRUE(misused(cairn_open(":memory:", 4, &database, &error)));
  EXPECT_EQ(database, nullptr);
  EXPECT_TRUE(misused(cairn_connect(nullptr, &connection, &error)));
  EXPECT_TRUE(misused(cairn_connect(database_, nullptr, &error)));
  EXPECT_TRUE(misused(cairn_query(nullptr, "SELECT 1", nullptr, &result, &error)));
  EXPECT_TRUE(misused(cairn_query(connection_, nullptr, nullptr, &result, &error)));
  EXPECT_TRUE(misused(cairn_query(connection_, "SELECT 1", nullptr, nullptr, &error)));
  EXPECT_TRUE(misused(cairn_execute(nullptr, "SELECT 1", &error)));
  EXPECT_TRUE(misused(cairn_execute(connection_, nullptr, &error)));
  EXPECT_TRUE(misused(cairn_prepare(nullptr, "SELECT 1", &statement, &error)));
  EXPECT_TRUE(misused(cairn_prepare(connection_, nullptr, &statement, &error)));
  EXPECT_TRUE(misused(cairn_prepare(connection_, "SELECT 1", nullptr, &error)));
  EXPECT_TRUE(misused(cairn_execute_prepared(nullptr, &result, &error)));
  EXPECT_TRUE(misused(cairn_result_next(nullptr, &chunk, &error)));
  EXPECT_TRUE(misused(cairn_result_arrow_schema(nullptr, &schema, &error)));
  EXPECT_TRUE(misused(cairn_result_arrow_stream(nullptr, &stream, &error)));
  EXPECT_TRUE(misused(cairn_chunk_arrow_array(nullptr, &array, &error)));
  EXPECT_TRUE(misused(cairn_interrupted_queries(nullptr, &list, &error)));
  EXPECT_TRUE(misused(cairn_interrupted_queries(connection_, nullptr, &error)));
  EXPECT_TRUE(misused(cairn_resume(nullptr, "x", &result, &error)));
  EXPECT_TRUE(misused(cairn_resume(connection_, nullptr, &result, &error)));
  EXPECT_TRUE(misused(cairn_resume(connection_, "x", nullptr, &error)));
  EXPECT_TRUE(misused(cairn_discard(nullptr, "x", &error)));
  EXPECT_TRUE(misused(cairn_discard(connection_, nullptr, &error)));
  EXPECT_EQ(cairn_query(nullptr, "SELECT 1", nullptr, &result, nullptr), CAIRN_MISUSE);
  EXPECT_EQ(cairn_bind_null(nullptr, 1), CAIRN_MISUSE);
  EXPECT_EQ(cairn_bind_text(nullptr, 1, "x", -1), CAIRN_MISUSE);
}

TEST_F(MisuseTest, WhatHasNoErrorHasAHarmlessAnswer) {
  cairn_error_destroy(nullptr);
  cairn_close(nullptr);
  cairn_disconnect(nullptr);
  cairn_statement_destroy(nullptr);
  cairn_result_destroy(nullptr);
  cairn_chunk_destroy(nullptr);
  cairn_query_list_destroy(nullptr);
  cairn_interrupt(nullptr);
  cairn_set_notice_handler(nullptr, nullptr, nullptr);
  EXPECT_EQ(cairn_error_status(nullptr), CAIRN_OK);
  EXPECT_STREQ(cairn_error_sqlstate(nullptr), "00000");
  EXPECT_STREQ(cairn_error_message(nullptr), "");
  EXPECT_STREQ(cairn_error_hint(nullptr), "");
  EXPECT_EQ(cairn_error_position(nullptr), 0);
  EXPECT_STREQ(cairn_database_path(nullptr), "");
  EXPECT_STREQ(cairn_io_engine(nullptr), "");
  EXPECT_STREQ(cairn_left_out(nullptr), "");
  EXPECT_EQ(cairn_statement_parameter_count(nullptr), 0u);
  EXPECT_EQ(cairn_result_column_count(nullptr), 0u);
  EXPECT_STREQ(cairn_result_column_name(nullptr, 0), "");
  EXPECT_STREQ(cairn_result_column_type(nullptr, 0), "");
  EXPECT_STREQ(cairn_result_command_tag(nullptr), "");
  EXPECT_EQ(cairn_result_changed_rows(nullptr), -1);
  EXPECT_EQ(cairn_chunk_row_count(nullptr), 0u);
  EXPECT_TRUE(cairn_chunk_is_null(nullptr, 0, 0));
  EXPECT_EQ(cairn_chunk_text(nullptr, 0, 0, nullptr), nullptr);
  EXPECT_EQ(cairn_chunk_int64(nullptr, 0, 0), 0);
  EXPECT_EQ(cairn_chunk_double(nullptr, 0, 0), 0);
  EXPECT_EQ(cairn_progress_get(nullptr).fraction, -1);
  EXPECT_EQ(cairn_query_list_count(nullptr), 0u);
  EXPECT_STREQ(cairn_query_list_id(nullptr, 0), "");
  EXPECT_EQ(cairn_query_list_bytes(nullptr, 0), 0u);
}

TEST_F(MisuseTest, PlacesOutsideAResult) {
  cairn_result* result = nullptr;
  cairn_chunk* chunk = nullptr;
  ASSERT_EQ(cairn_query(connection_, "SELECT 1 AS a", nullptr, &result, nullptr), CAIRN_OK);
  EXPECT_STREQ(cairn_result_column_name(result, 1), "");
  EXPECT_STREQ(cairn_result_column_type(result, SIZE_MAX), "");
  ASSERT_EQ(cairn_result_next(result, &chunk, nullptr), CAIRN_OK);
  EXPECT_EQ(cairn_chunk_text(chunk, 1, 0, nullptr), nullptr);
  EXPECT_EQ(cairn_chunk_text(chunk, 0, 1, nullptr), nullptr);
  EXPECT_TRUE(cairn_chunk_is_null(chunk, 0, SIZE_MAX));
  EXPECT_EQ(cairn_chunk_int64(chunk, SIZE_MAX, 0), 0);
  cairn_chunk_destroy(chunk);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(cairn_result_next(result, &chunk, nullptr), CAIRN_OK);
    EXPECT_EQ(chunk, nullptr);
  }
  cairn_result_destroy(result);
}

TEST_F(MisuseTest, ReadingsThatDoNotFitAreTheNearest) {
  const auto reading = [&](const char* sql) {
    cairn_result* result = nullptr;
    cairn_chunk* chunk = nullptr;
    EXPECT_EQ(cairn_query(connection_, sql, nullptr, &result, nullptr), CAIRN_OK);
    EXPECT_EQ(cairn_result_next(result, &chunk, nullptr), CAIRN_OK);
    const int64_t value = cairn_chunk_int64(chunk, 0, 0);
    cairn_chunk_destroy(chunk);
    cairn_result_destroy(result);
    return value;
  };
  EXPECT_EQ(reading("SELECT 1e300"), INT64_MAX);
  EXPECT_EQ(reading("SELECT '-infinity'::DOUBLE PRECISION"), INT64_MIN);
  EXPECT_EQ(reading("SELECT 'nan'::DOUBLE PRECISION"), 0);
  EXPECT_EQ(reading("SELECT -1.5::DOUBLE PRECISION"), -1);
  EXPECT_EQ(reading("SELECT '170141183460469231731687303715884105727'::HUGEINT"), INT64_MAX);
  EXPECT_EQ(reading("SELECT -99999999999999999999.5"), INT64_MIN);
}

TEST_F(MisuseTest, HandlesOutliveWhatTheyCameFrom) {
  prepare("SELECT $1::VARCHAR FROM generate_series(1, 3)");
  ASSERT_EQ(cairn_bind_text(statement_, 1, "kept, although it is longer than a short text", -1), CAIRN_OK);
  cairn_result* result = nullptr;
  ASSERT_EQ(cairn_execute_prepared(statement_, &result, nullptr), CAIRN_OK);
  cairn_statement_destroy(std::exchange(statement_, nullptr));
  cairn_disconnect(std::exchange(connection_, nullptr));
  cairn_close(std::exchange(database_, nullptr));
  EXPECT_EQ(first_value(result, nullptr), "kept, although it is longer than a short text");
}

}  // namespace
