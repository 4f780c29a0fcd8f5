#pragma once

#include <algorithm>
#include <random>

#include "tests/ddl_model/model.h"

namespace cairn::ddl {

/// One statement on its way: what is drawn from, what it changes, and its text.
class Draw {
 public:
  Draw(std::mt19937_64& random, Model& changed) : random_(random), model(changed) {}

  size_t below(size_t bound) { return bound == 0 ? 0 : random_() % bound; }
  bool chance(size_t percent) { return below(100) < percent; }
  template <typename T>
  const T& one_of(const std::vector<T>& items) {
    return items[below(items.size())];
  }
  uint64_t new_id() { return model.next_id++; }

  /// A table's key, at random; "" where there is none.
  std::string table_key() {
    if (model.tables.empty()) return "";
    return std::next(model.tables.begin(), static_cast<ptrdiff_t>(below(model.tables.size())))->first;
  }
  std::string view_key() {
    if (model.views.empty()) return "";
    return std::next(model.views.begin(), static_cast<ptrdiff_t>(below(model.views.size())))->first;
  }
  /// A name that no relation has, in the schema ("" or "s1."); "" where all are taken.
  std::string free_name(const std::string& schema, const std::string& letter) {
    const std::string name = schema + letter + std::to_string(1 + below(8));
    return model.has_relation(name) ? "" : name;
  }
  std::string free_column(const ModelTable& table) {
    const std::string name(1, static_cast<char>('a' + below(8)));
    return std::ranges::find(table.columns, name, &ModelColumn::name) == table.columns.end() ? name : "";
  }
  /// The views that read the table or view (this column of it; 0: any), and those that read them.
  void drop_views(uint64_t source, uint64_t column) {
    std::vector<uint64_t> dropped;
    std::erase_if(model.views, [&](const auto& entry) {
      const bool drops = entry.second.source == source && (column == 0 || entry.second.needs(column));
      if (drops) dropped.push_back(entry.second.id);
      return drops;
    });
    for (const uint64_t view : dropped) drop_views(view, 0);
  }

 private:
  std::mt19937_64& random_;

 public:
  Model& model;
  std::string text;
};

inline std::string name_of(const std::string& key) { return key.substr(key.find('.') + 1); }
inline std::string number(int64_t value) { return std::to_string(value); }

/// What a new value of the column has to be, at least.
inline int64_t least_value(const ModelTable& table, uint64_t column) {
  int64_t least = -20;
  for (const ModelCheck& check : table.checks)
    if (check.column == column) least = std::max(least, check.least);
  return least;
}

// What makes and changes relations over tables (relations.cpp): false where there is nothing to be done.
bool create_index(Draw& draw);
bool change_index(Draw& draw);
bool create_view(Draw& draw);
bool change_view(Draw& draw);
bool change_sequences(Draw& draw);
bool change_schemas(Draw& draw);
/// Temporary tables, which hide tables of their name, and are gone with their session.
bool change_temporary(Draw& draw);

}  // namespace cairn::ddl
