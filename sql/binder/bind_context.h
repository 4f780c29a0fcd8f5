#pragma once

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sql/binder/scope.h"
#include "sql/parser/nodes.h"
#include "sql/relation_name.h"

namespace cairn {

class SessionState;
class VolatileSource;

/// What the names of a text mean, found while it is bound; those in the texts of its views don't count.
struct NamesMet {
  struct Relation {
    const PgQuery__RangeVar* range;    ///< nullptr: a sequence that a function names
    std::string key;
    std::vector<ScopeColumn> columns;
    std::string written;               ///< the key of the name as the text that is stored has it
  };
  std::vector<Relation> relations;
  std::set<ColumnId> used;  ///< columns of theirs, beside others, that the text needs
};

/// What a statement sees while it is bound.
struct BindContext {
  std::shared_ptr<const Snapshot> snapshot;
  std::shared_ptr<const CommittedSnapshot> committed;     ///< what `snapshot` shows beside temporary relations, if one commit
  SessionState* session = nullptr;                        ///< for table functions
  std::shared_ptr<VolatileSource> volatile_source;        ///< for calls of volatile functions
  SearchPath search_path;
  NamesMet* names = nullptr;                              ///< receives what names mean; nullptr: nobody asks
  int64_t now_micros = 0;                                 ///< CURRENT_TIMESTAMP of the statement
  const std::vector<Value>* parameter_values = nullptr;   ///< $n become constants; nullptr: they stay parameters
  std::vector<Type> parameter_types;                      ///< declared or inferred before; kNull: not known yet
  const std::atomic<bool>* interrupted = nullptr;         ///< set by another thread: end soon with kQueryCanceled
};

}  // namespace cairn
