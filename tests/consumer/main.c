/* A C11 program that knows nothing of Cairn but its installed header and library. Built against the installed tree. */
#include <cairn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(int condition, const char* what) {
  if (condition) return;
  fprintf(stderr, "FAILED: %s\n", what);
  exit(1);
}

static void fail_on(cairn_status status, cairn_error* error, const char* what) {
  if (status == CAIRN_OK) return;
  fprintf(stderr, "FAILED: %s: %s (%s)\n", what, cairn_error_message(error), cairn_error_sqlstate(error));
  exit(1);
}

static void rows_come_in_chunks(cairn_connection* connection) {
  cairn_error* error = NULL;
  cairn_result* result = NULL;
  fail_on(cairn_execute(connection, "CREATE TABLE t(a INTEGER, b VARCHAR, c DECIMAL(10,2)); "
                                    "INSERT INTO t VALUES (1, 'one', 1.10), (2, NULL, -0.05)", &error), error, "setup");
  fail_on(cairn_query(connection, "SELECT a, b, c FROM t ORDER BY a", NULL, &result, &error), error, "select");
  check(cairn_result_column_count(result) == 3, "three columns");
  check(strcmp(cairn_result_column_name(result, 1), "b") == 0, "name of a column");
  check(strcmp(cairn_result_column_type(result, 2), "DECIMAL(10,2)") == 0, "type of a column");
  cairn_chunk* chunk = NULL;
  size_t rows = 0;
  for (;;) {
    fail_on(cairn_result_next(result, &chunk, &error), error, "next");
    if (chunk == NULL) break;
    check(cairn_chunk_int64(chunk, 0, 0) == 1, "integer value");
    check(strcmp(cairn_chunk_text(chunk, 1, 0, NULL), "one") == 0, "text value");
    check(cairn_chunk_is_null(chunk, 1, 1), "NULL value");
    check(strcmp(cairn_chunk_text(chunk, 2, 1, NULL), "-0.05") == 0, "decimal text");
    check(cairn_chunk_double(chunk, 2, 0) > 1.09 && cairn_chunk_double(chunk, 2, 0) < 1.11, "decimal as double");
    rows += cairn_chunk_row_count(chunk);
    cairn_chunk_destroy(chunk);
  }
  check(rows == 2, "two rows");
  cairn_result_destroy(result);
}

static void errors_say_where(cairn_connection* connection) {
  cairn_error* error = NULL;
  cairn_result* result = NULL;
  cairn_status status = cairn_query(connection, "SELECT aa FROM t", NULL, &result, &error);
  check(status == CAIRN_ERROR && result == NULL && error != NULL, "an unknown column is an error");
  check(strcmp(cairn_error_sqlstate(error), "42703") == 0, "SQLSTATE of an unknown column");
  check(cairn_error_position(error) == 8, "position of an unknown column");
  cairn_error_destroy(error);
  check(cairn_query(NULL, "SELECT 1", NULL, &result, &error) == CAIRN_MISUSE, "a NULL handle is misuse");
  cairn_error_destroy(error);
}

static void parameters_are_bound(cairn_connection* connection) {
  cairn_error* error = NULL;
  cairn_statement* statement = NULL;
  cairn_result* result = NULL;
  cairn_chunk* chunk = NULL;
  fail_on(cairn_prepare(connection, "SELECT b FROM t WHERE a = $1", &statement, &error), error, "prepare");
  check(cairn_statement_parameter_count(statement) == 1, "one parameter");
  check(cairn_bind_int64(statement, 2, 1) == CAIRN_MISUSE, "there is no second parameter");
  check(cairn_bind_int64(statement, 1, 1) == CAIRN_OK, "bind");
  fail_on(cairn_execute_prepared(statement, &result, &error), error, "execute");
  fail_on(cairn_result_next(result, &chunk, &error), error, "next");
  check(chunk != NULL && strcmp(cairn_chunk_text(chunk, 0, 0, NULL), "one") == 0, "the bound row");
  cairn_chunk_destroy(chunk);
  cairn_result_destroy(result);
  cairn_statement_destroy(statement);
}

static void arrow_streams(cairn_connection* connection) {
  cairn_error* error = NULL;
  cairn_result* result = NULL;
  struct ArrowArrayStream stream;
  struct ArrowSchema schema;
  struct ArrowArray array;
  fail_on(cairn_query(connection, "SELECT a, b, c FROM t ORDER BY a", NULL, &result, &error), error, "select");
  fail_on(cairn_result_arrow_stream(result, &stream, &error), error, "stream");
  check(stream.get_schema(&stream, &schema) == 0, "schema");
  check(strcmp(schema.format, "+s") == 0 && schema.n_children == 3, "a struct of three");
  check(strcmp(schema.children[0]->format, "i") == 0 && strcmp(schema.children[1]->format, "u") == 0 &&
        strcmp(schema.children[2]->format, "d:10,2") == 0, "formats");
  schema.release(&schema);
  check(stream.get_next(&stream, &array) == 0 && array.length == 2, "two rows");
  check(((const int32_t*)array.children[0]->buffers[1])[1] == 2, "an Arrow integer");
  check(array.children[1]->null_count == 1, "an Arrow NULL");
  check(memcmp(array.children[1]->buffers[2], "one", 3) == 0, "an Arrow string");
  array.release(&array);
  check(stream.get_next(&stream, &array) == 0 && array.release == NULL, "the end");
  stream.release(&stream);
}

int main(void) {
  cairn_error* error = NULL;
  cairn_database* database = NULL;
  cairn_connection* connection = NULL;
  fail_on(cairn_open(":memory:", CAIRN_OPEN_DEFAULT, &database, &error), error, "open");
  fail_on(cairn_connect(database, &connection, &error), error, "connect");
  cairn_close(database); /* the connection keeps it */
  rows_come_in_chunks(connection);
  errors_say_where(connection);
  parameters_are_bound(connection);
  arrow_streams(connection);
  cairn_disconnect(connection);
  printf("cairn %s: the installed library works\n", cairn_version());
  return 0;
}
