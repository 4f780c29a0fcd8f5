#pragma once

#include <gtest/gtest.h>

#include <string>

#include "capi/include/cairn.h"

/// A connection to a database in memory, and one statement at a time.
class CapiTest : public ::testing::Test {
 protected:
  CapiTest() {
    EXPECT_EQ(cairn_open(":memory:", 0, &database_, nullptr), CAIRN_OK);
    EXPECT_EQ(cairn_connect(database_, &connection_, nullptr), CAIRN_OK);
  }
  ~CapiTest() override {
    cairn_statement_destroy(statement_);
    cairn_disconnect(connection_);
    cairn_close(database_);
  }

  void execute(const char* sql) {
    cairn_error* error = nullptr;
    EXPECT_EQ(cairn_execute(connection_, sql, &error), CAIRN_OK) << cairn_error_message(error);
    cairn_error_destroy(error);
  }
  void prepare(const char* sql) {
    cairn_statement_destroy(statement_);
    cairn_error* error = nullptr;
    EXPECT_EQ(cairn_prepare(connection_, sql, &statement_, &error), CAIRN_OK) << cairn_error_message(error);
    cairn_error_destroy(error);
  }
  /// The first value of the prepared statement's result, or the SQLSTATE; "" where there are no rows.
  std::string run() {
    cairn_result* result = nullptr;
    cairn_error* error = nullptr;
    cairn_execute_prepared(statement_, &result, &error);
    return first_value(result, error);
  }
  std::string query(const char* sql) {
    cairn_result* result = nullptr;
    cairn_error* error = nullptr;
    cairn_query(connection_, sql, nullptr, &result, &error);
    return first_value(result, error);
  }

  static std::string state_of(cairn_error* error) {
    std::string state = cairn_error_sqlstate(error);
    cairn_error_destroy(error);
    return state;
  }
  /// Reads to the end and destroys both.
  static std::string first_value(cairn_result* result, cairn_error* error) {
    std::string value;
    cairn_chunk* chunk = nullptr;
    bool first = true;
    while (error == nullptr && cairn_result_next(result, &chunk, &error) == CAIRN_OK && chunk != nullptr) {
      const char* text = cairn_chunk_text(chunk, 0, 0, nullptr);
      if (first) value = text == nullptr ? "NULL" : text;
      first = false;
      cairn_chunk_destroy(chunk);
    }
    cairn_result_destroy(result);
    return error == nullptr ? value : state_of(error);
  }

  cairn_database* database_ = nullptr;
  cairn_connection* connection_ = nullptr;
  cairn_statement* statement_ = nullptr;
};
