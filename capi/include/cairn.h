/* Cairn: an embeddable analytical SQL engine whose queries survive crashes. The C API (C11).
 *
 * General rules, for every function below:
 *  - Nothing throws, nothing aborts the host. A function that can fail returns a cairn_status and, where `error` is not
 *    NULL and something failed, sets *error to a new cairn_error, which the caller destroys. On success *error is NULL.
 *  - Handles are opaque. Who receives one through an out-parameter owns it and destroys it with the function named in
 *    its comment; destroying NULL does nothing. Out-parameters are NULL after a failure.
 *  - Strings are UTF-8, NUL-terminated. Returned strings belong to the handle that they were asked of and live as long
 *    as it does, unless the comment says otherwise.
 *  - Threads: a cairn_database may be used from any number of threads at once. A connection, and the statements and
 *    results that come from it, is used by one thread at a time; cairn_interrupt and cairn_progress_get may be called
 *    from any thread at any time before cairn_disconnect.
 *  - Lifetimes: a database outlives its connections whatever the order in which handles are destroyed (handles count
 *    references), and so do connections outlive their statements and results.
 */
#ifndef CAIRN_H
#define CAIRN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define CAIRN_API
#else
#define CAIRN_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The Arrow C data and stream interfaces (https://arrow.apache.org/docs/format/CDataInterface.html) ---- */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4
struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema** children;
  struct ArrowSchema* dictionary;
  void (*release)(struct ArrowSchema*);
  void* private_data;
};
struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void** buffers;
  struct ArrowArray** children;
  struct ArrowArray* dictionary;
  void (*release)(struct ArrowArray*);
  void* private_data;
};
#endif
#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE
struct ArrowArrayStream {
  int (*get_schema)(struct ArrowArrayStream*, struct ArrowSchema* out);
  int (*get_next)(struct ArrowArrayStream*, struct ArrowArray* out);
  const char* (*get_last_error)(struct ArrowArrayStream*);
  void (*release)(struct ArrowArrayStream*);
  void* private_data;
};
#endif

typedef struct cairn_database cairn_database;
typedef struct cairn_connection cairn_connection;
typedef struct cairn_statement cairn_statement;
typedef struct cairn_result cairn_result;
typedef struct cairn_chunk cairn_chunk;
typedef struct cairn_error cairn_error;
typedef struct cairn_query_list cairn_query_list;

/* ---- Errors ---- */
typedef enum cairn_status {
  CAIRN_OK = 0,
  CAIRN_ERROR = 1,       /* the statement or its data is wrong: see the SQLSTATE */
  CAIRN_INTERRUPTED = 2, /* cairn_interrupt, or a suspension */
  CAIRN_MISUSE = 3,      /* a NULL handle, an index out of range */
  CAIRN_IO = 4,          /* disk full, I/O error, missing rights, database in use */
  CAIRN_CORRUPT = 5,     /* a file of the database is damaged, foreign or newer */
  CAIRN_NO_MEMORY = 6
} cairn_status;

CAIRN_API cairn_status cairn_error_status(const cairn_error* error);
CAIRN_API const char* cairn_error_sqlstate(const cairn_error* error); /* five characters */
CAIRN_API const char* cairn_error_message(const cairn_error* error);
CAIRN_API const char* cairn_error_hint(const cairn_error* error);     /* "" where there is none */
CAIRN_API int64_t cairn_error_position(const cairn_error* error);     /* 1-based byte in the statement, 0: unknown */
CAIRN_API void cairn_error_destroy(cairn_error* error);

/* ---- Databases and connections ---- */
typedef enum cairn_open_flags {
  CAIRN_OPEN_DEFAULT = 0,
  CAIRN_OPEN_READ_ONLY = 1,
  CAIRN_OPEN_SALVAGE = 2 /* read-only, of a damaged database what is sound: cairn_left_out says what is not */
} cairn_open_flags;

CAIRN_API const char* cairn_version(void); /* "0.1.0"; static */
/* path: a directory, made where there is none, or ":memory:" (NULL means it too). flags: of cairn_open_flags; others are
 * misuse. Destroyed by cairn_close. */
CAIRN_API cairn_status cairn_open(const char* path, int flags, cairn_database** database, cairn_error** error);
CAIRN_API void cairn_close(cairn_database* database);
/* With CAIRN_OPEN_SALVAGE: what could not be read, a line each; "" where all is sound. */
CAIRN_API const char* cairn_left_out(const cairn_database* database);
CAIRN_API const char* cairn_database_path(const cairn_database* database); /* absolute, or ":memory:" */
CAIRN_API const char* cairn_io_engine(const cairn_database* database); /* "io_uring" or "thread pool" */

/* Destroyed by cairn_disconnect. */
CAIRN_API cairn_status cairn_connect(cairn_database* database, cairn_connection** connection, cairn_error** error);
CAIRN_API void cairn_disconnect(cairn_connection* connection);
/* Notices and warnings; without a handler they go to stderr. Called on the thread that runs the statement or on one of
 * the library's; `message` lives during the call. On one of the library's it may also destroy its connection's handles
 * and close the database: what is left to be done is done behind it, and the database can be opened again after that. */
typedef void (*cairn_notice_handler)(void* context, const char* message);
CAIRN_API void cairn_set_notice_handler(cairn_connection* connection, cairn_notice_handler handler, void* context);

/* ---- Queries ---- */
/* Runs the first statement of sql. *consumed (may be NULL) becomes the number of bytes it took, its ';' included: call
 * again with the rest. *result becomes NULL where only blanks and comments were left. Rows stream: the statement is
 * running while its result is being read. Destroyed by cairn_result_destroy, which cancels what still runs. */
CAIRN_API cairn_status cairn_query(cairn_connection* connection, const char* sql, size_t* consumed,
                                   cairn_result** result, cairn_error** error);
/* Runs all statements of sql and drops their rows. */
CAIRN_API cairn_status cairn_execute(cairn_connection* connection, const char* sql, cairn_error** error);

/* One statement with parameters $1, $2, … Destroyed by cairn_statement_destroy. */
CAIRN_API cairn_status cairn_prepare(cairn_connection* connection, const char* sql, cairn_statement** statement,
                                     cairn_error** error);
CAIRN_API void cairn_statement_destroy(cairn_statement* statement);
CAIRN_API size_t cairn_statement_parameter_count(const cairn_statement* statement);
/* index: 1-based, as in $1. A parameter that was never bound is NULL. Values are copied. */
CAIRN_API cairn_status cairn_bind_null(cairn_statement* statement, size_t index);
CAIRN_API cairn_status cairn_bind_bool(cairn_statement* statement, size_t index, bool value);
CAIRN_API cairn_status cairn_bind_int64(cairn_statement* statement, size_t index, int64_t value);
CAIRN_API cairn_status cairn_bind_double(cairn_statement* statement, size_t index, double value);
/* Text is cast to the parameter's type as a quoted literal would be. length: in bytes; < 0: up to the NUL. NULL binds
 * NULL. What is no UTF-8, or holds a NUL byte, is told by cairn_execute_prepared (SQLSTATE 22021), as all errors of
 * values are; nothing is cut to fit. */
CAIRN_API cairn_status cairn_bind_text(cairn_statement* statement, size_t index, const char* text, int64_t length);
CAIRN_API cairn_status cairn_execute_prepared(cairn_statement* statement, cairn_result** result, cairn_error** error);

/* ---- Results ---- */
CAIRN_API void cairn_result_destroy(cairn_result* result);
CAIRN_API size_t cairn_result_column_count(const cairn_result* result); /* 0: the statement has no rows */
CAIRN_API const char* cairn_result_column_name(const cairn_result* result, size_t column);
CAIRN_API const char* cairn_result_column_type(const cairn_result* result, size_t column); /* "DECIMAL(15,2)" */
/* "SELECT 5", "INSERT 0 3", "CREATE TABLE": complete once the rows were read to the end. */
CAIRN_API const char* cairn_result_command_tag(const cairn_result* result);
CAIRN_API int64_t cairn_result_changed_rows(const cairn_result* result); /* -1 where it does not apply */

/* The next rows; *chunk becomes NULL at the end. Destroyed by cairn_chunk_destroy, independent of the result. */
CAIRN_API cairn_status cairn_result_next(cairn_result* result, cairn_chunk** chunk, cairn_error** error);
CAIRN_API void cairn_chunk_destroy(cairn_chunk* chunk);
CAIRN_API size_t cairn_chunk_row_count(const cairn_chunk* chunk);
CAIRN_API bool cairn_chunk_is_null(const cairn_chunk* chunk, size_t column, size_t row);
/* The value as PostgreSQL prints it; NULL for SQL NULL. Lives until the next call for the same chunk. Not NUL-safe for
 * values that hold NUL bytes (they can't: text holds none). *length may be NULL. */
CAIRN_API const char* cairn_chunk_text(cairn_chunk* chunk, size_t column, size_t row, size_t* length);
/* Plain readings; 0 where the value is NULL or no number, the nearest int64_t where it is out of range. */
CAIRN_API int64_t cairn_chunk_int64(const cairn_chunk* chunk, size_t column, size_t row);
CAIRN_API double cairn_chunk_double(const cairn_chunk* chunk, size_t column, size_t row);

/* Arrow. The consumer releases what it is given, by the Arrow rules; arrays stay valid after the result is gone.
 * Types: BOOLEAN b, SMALLINT s, INTEGER i, BIGINT l, HUGEINT d:38,0, DECIMAL d:p,s, REAL f, DOUBLE g, DATE tdD,
 * TIME ttu, TIMESTAMP tsu:, INTERVAL tin, VARCHAR and CHAR u. A value that Arrow's type cannot hold is an error (22003,
 * 22008): HUGEINT of 39 digits, TIME 24:00:00, an INTERVAL of more than 292 years in hours. */
CAIRN_API cairn_status cairn_result_arrow_schema(const cairn_result* result, struct ArrowSchema* schema,
                                                 cairn_error** error);
/* All columns of a chunk as one struct array. */
CAIRN_API cairn_status cairn_chunk_arrow_array(const cairn_chunk* chunk, struct ArrowArray* array, cairn_error** error);
/* Takes over the result: the stream owns it from now on, also after a failure. */
CAIRN_API cairn_status cairn_result_arrow_stream(cairn_result* result, struct ArrowArrayStream* stream,
                                                 cairn_error** error);

/* ---- While a query runs: from any thread ---- */
typedef struct cairn_progress {
  double fraction; /* 0..1; -1: unknown or nothing runs */
  uint64_t pipelines_done, pipelines_total;
  uint64_t checkpointed_bytes;
} cairn_progress;
CAIRN_API cairn_progress cairn_progress_get(const cairn_connection* connection);
/* The running statement of the connection ends soon with CAIRN_INTERRUPTED; nothing happens where none runs. */
CAIRN_API void cairn_interrupt(cairn_connection* connection);

/* ---- Interrupted queries ---- */
/* Queries, and statements that change the database, that an earlier process of it began and did not finish. Destroyed by
 * cairn_query_list_destroy. */
CAIRN_API cairn_status cairn_interrupted_queries(cairn_connection* connection, cairn_query_list** list,
                                                 cairn_error** error);
CAIRN_API void cairn_query_list_destroy(cairn_query_list* list);
CAIRN_API size_t cairn_query_list_count(const cairn_query_list* list);
CAIRN_API const char* cairn_query_list_id(const cairn_query_list* list, size_t index);
CAIRN_API const char* cairn_query_list_text(const cairn_query_list* list, size_t index);
CAIRN_API const char* cairn_query_list_started(const cairn_query_list* list, size_t index); /* ISO 8601, UTC */
CAIRN_API uint64_t cairn_query_list_breakers_durable(const cairn_query_list* list, size_t index);
CAIRN_API uint64_t cairn_query_list_breakers_total(const cairn_query_list* list, size_t index);
CAIRN_API uint64_t cairn_query_list_bytes(const cairn_query_list* list, size_t index);
/* The receipt that its connection left with commits (cairn_leave_receipts), as "name: text"; "" where it left none. */
CAIRN_API const char* cairn_query_list_receipt(const cairn_query_list* list, size_t index);
/* It changes the database, and had committed when its process died: only its answer may not have been read. */
CAIRN_API bool cairn_query_list_committed(const cairn_query_list* list, size_t index);
/* It changes the database: only cairn_resume goes on with it. With a query, so does whoever runs its text again. */
CAIRN_API bool cairn_query_list_writes(const cairn_query_list* list, size_t index);
/* Runs an interrupted query to its end, on its own snapshot, from what is durable. A statement that changes the database
 * does so exactly once: where it had committed, one row of text says 'already committed, n rows'. */
CAIRN_API cairn_status cairn_resume(cairn_connection* connection, const char* id, cairn_result** result,
                                    cairn_error** error);
/* Forgets it and frees its files. */
CAIRN_API cairn_status cairn_discard(cairn_connection* connection, const char* id, cairn_error** error);

/* ---- Receipts ---- */
/* Whoever dies between a commit and its answer does not know whether it happened. From now on every commit of this
 * connection leaves `text` under `name`, durable and atomic with it, in the place of an older receipt of that name; NULL
 * as name: none. The database keeps the newest thousand. */
CAIRN_API cairn_status cairn_leave_receipts(cairn_connection* connection, const char* name, const char* text,
                                            cairn_error** error);
/* The text of the newest receipt of that name; NULL where there is none. Lives until the connection's next call. */
CAIRN_API const char* cairn_receipt(cairn_connection* connection, const char* name);

typedef enum cairn_block {
  CAIRN_BLOCK_NONE = 0,  /* every statement commits by itself */
  CAIRN_BLOCK_OPEN = 1,  /* behind BEGIN */
  CAIRN_BLOCK_FAILED = 2 /* an error in it: only its end is taken */
} cairn_block;
/* The transaction block that the connection's next statement would run in. */
CAIRN_API cairn_block cairn_transaction_block(const cairn_connection* connection);

#ifdef __cplusplus
}
#endif
#endif
