#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace cairn::ddl {

using Cell = std::optional<int64_t>;

struct ModelColumn {
  uint64_t id = 0;  ///< survives renaming
  std::string name;
  bool wide = false;  ///< BIGINT; else INTEGER
  bool not_null = false;
  Cell default_value;
  std::string sequence;  ///< an identity's, in the schema of the table; "" where the column has none
};

/// CHECK (column >= least)
struct ModelCheck {
  std::string name;
  uint64_t column = 0;
  int64_t least = 0;
};

struct ModelIndex {
  std::string name;
  uint64_t column = 0;
  bool unique = false;
};

struct ModelTable {
  uint64_t id = 0;
  std::vector<ModelColumn> columns;
  std::vector<ModelCheck> checks;
  std::vector<ModelIndex> indexes;
  std::vector<std::vector<Cell>> rows;

  const ModelColumn* find(uint64_t column) const;
  size_t position(uint64_t column) const;
  /// No value stands twice in it.
  bool is_key(uint64_t column) const;
};

/// SELECT columns FROM source WHERE filter >= least
struct ModelView {
  struct Column {
    uint64_t id = 0;
    std::string name;
    uint64_t source = 0;  ///< the source's column
  };
  uint64_t id = 0;
  uint64_t source = 0;  ///< a table or a view
  std::vector<Column> columns;
  uint64_t filter = 0;
  int64_t least = 0;

  bool needs(uint64_t column) const;
};

/// What a database holds. Keys are names as SQL spells them: "t1", "s1.t2".
struct Model {
  std::map<std::string, ModelTable> tables;
  std::map<std::string, ModelView> views;
  std::set<std::string> sequences;
  std::set<std::string> schemas;
  std::set<std::string> temporary;  ///< tables of the session
  uint64_t next_id = 1;

  bool has_relation(const std::string& name) const;
  /// An identity of a table in the schema ("" or "s1.") draws from it.
  bool has_identity_sequence(const std::string& schema, const std::string& name) const;
  /// What the view shows.
  std::vector<std::vector<Cell>> rows(const ModelView& view) const;
  /// Everything in it as text, in an order of its own.
  std::string text() const;
};

/// "s1." of "s1.t2", "" of "t1".
inline std::string schema_of(const std::string& key) { return key.substr(0, key.find('.') + 1); }

/// The names that indexes, sequences and schemas are drawn from: what is not asked for cannot be found missing.
std::vector<std::string> index_names();
std::vector<std::string> schema_names();

/// "1|NULL|3", sorted.
std::vector<std::string> sorted_rows(const std::vector<std::vector<Cell>>& rows);

}  // namespace cairn::ddl
