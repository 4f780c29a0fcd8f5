#include "sql/binder/overload.h"

#include <algorithm>
#include <optional>

#include "sql/binder/coercion.h"

namespace cairn {
namespace {

/// PostgreSQL's pg_type.typcategory.
enum class Category : uint8_t { kUnknown, kBoolean, kNumber, kText, kDateTime, kTimespan, kAny };

Category category_of(TypeId id) {
  switch (id) {
    case TypeId::kNull: return Category::kUnknown;
    case TypeId::kBoolean: return Category::kBoolean;
    case TypeId::kDate:
    case TypeId::kTime:
    case TypeId::kTimestamp: return Category::kDateTime;
    case TypeId::kInterval: return Category::kTimespan;
    case TypeId::kVarchar:
    case TypeId::kChar: return Category::kText;
    default: return Category::kNumber;
  }
}

/// Each category's preferred type. TIMESTAMP stands for PostgreSQL's TIMESTAMPTZ.
bool is_preferred(TypeId id) {
  return id == TypeId::kBoolean || id == TypeId::kDouble || id == TypeId::kVarchar || id == TypeId::kTimestamp ||
         id == TypeId::kInterval;
}

using Candidates = std::vector<const Function*>;

class Choice {
 public:
  explicit Choice(std::span<const TypeId> given) : given_(given.begin(), given.end()) {}

  OverloadChoice among(Candidates candidates, bool is_operator) {
    std::erase_if(candidates, [&](const Function* f) { return !takes_as_many(*f); });
    // HUGEINT stands for NUMERIC, which it is where there are no rows of its own.
    for (size_t i = 0; i < given_.size(); i++)
      if (given_[i] == TypeId::kHugeInt &&
          std::ranges::none_of(candidates, [&](const Function* f) { return wanted(*f, i) == TypeId::kHugeInt; }))
        given_[i] = TypeId::kDecimal;
    if (const Function* exact = exact_match(candidates, is_operator)) return {exact};
    std::erase_if(candidates, [&](const Function* f) { return !fits(*f, given_); });
    if (candidates.size() > 1) keep_most(candidates, [](TypeId wanted, TypeId type) { return wanted == type; });
    if (candidates.size() > 1)
      keep_most(candidates, [](TypeId wanted, TypeId type) {
        return wanted == type || (is_preferred(wanted) && category_of(wanted) == category_of(type));
      });
    if (candidates.size() > 1) keep_by_untyped_category(candidates);
    if (candidates.size() > 1) keep_by_the_one_type(candidates);
    if (candidates.empty()) return {};
    return candidates.size() == 1 ? OverloadChoice{candidates[0]} : OverloadChoice{nullptr, true};
  }

 private:
  bool takes_as_many(const Function& function) const {
    const size_t declared = function.arguments.size();
    return function.variadic ? given_.size() >= declared : given_.size() == declared;
  }
  static TypeId wanted(const Function& function, size_t place) {
    return function.arguments[std::min(place, function.arguments.size() - 1)];
  }
  static bool fits(const Function& function, std::span<const TypeId> types) {
    for (size_t i = 0; i < types.size(); i++)
      if (wanted(function, i) != kAnyType && !converts_implicitly(types[i], wanted(function, i))) return false;
    return true;
  }

  const Function* exact_match(const Candidates& candidates, bool is_operator) const {
    std::vector<TypeId> types = given_;
    if (is_operator && types.size() == 2)
      for (size_t i = 0; i < 2; i++)
        if (types[i] == TypeId::kNull) types[i] = types[1 - i];
    for (const Function* candidate : candidates) {
      bool equal = true;
      for (size_t i = 0; i < types.size(); i++)
        equal = equal && types[i] != TypeId::kNull && wanted(*candidate, i) == types[i];
      if (equal) return candidate;
    }
    return nullptr;
  }

  /// Those with the most typed arguments of which `matches` is true; all where there are none.
  template <typename Matches>
  void keep_most(Candidates& candidates, Matches matches) const {
    auto count = [&](const Function& function) {
      size_t matching = 0;
      for (size_t i = 0; i < given_.size(); i++)
        matching += given_[i] != TypeId::kNull && wanted(function, i) != kAnyType && matches(wanted(function, i), given_[i]);
      return matching;
    };
    size_t most = 0;
    for (const Function* candidate : candidates) most = std::max(most, count(*candidate));
    std::erase_if(candidates, [&](const Function* f) { return count(*f) < most; });
  }

  /// Untyped arguments are text where any candidate takes text there, else of the category that all candidates take;
  /// of that category's types the preferred one wins.
  void keep_by_untyped_category(Candidates& candidates) const {
    struct Place {
      size_t index;
      Category category;
      bool preferred;
    };
    std::vector<Place> places;
    for (size_t i = 0; i < given_.size(); i++) {
      if (given_[i] != TypeId::kNull) continue;
      std::optional<Category> category;
      bool preferred = false, differ = false;
      for (const Function* candidate : candidates) {
        const TypeId type = wanted(*candidate, i);
        const Category one = type == kAnyType ? Category::kAny : category_of(type);
        if (!category || (one == Category::kText && *category != Category::kText)) {
          category = one;
          preferred = is_preferred(type);
        } else if (one == *category) {
          preferred = preferred || is_preferred(type);
        } else if (*category != Category::kText) {
          differ = true;
        }
      }
      if (differ && *category != Category::kText) return;
      places.push_back({i, *category, preferred});
    }
    Candidates kept = candidates;
    std::erase_if(kept, [&](const Function* f) {
      return std::ranges::any_of(places, [&](const Place& place) {
        const TypeId type = wanted(*f, place.index);
        const Category one = type == kAnyType ? Category::kAny : category_of(type);
        return one != place.category || (place.preferred && !is_preferred(type));
      });
    });
    if (!kept.empty()) candidates = std::move(kept);
  }

  /// Where all typed arguments have one type, the untyped ones are taken to have it, too.
  void keep_by_the_one_type(Candidates& candidates) const {
    TypeId one = TypeId::kNull;
    for (const TypeId type : given_) {
      if (type == TypeId::kNull) continue;
      if (one != TypeId::kNull && one != type) return;
      one = type;
    }
    if (one == TypeId::kNull || std::ranges::find(given_, TypeId::kNull) == given_.end()) return;
    const std::vector<TypeId> types(given_.size(), one);
    Candidates kept = candidates;
    std::erase_if(kept, [&](const Function* f) { return !fits(*f, types); });
    if (kept.size() == 1) candidates = std::move(kept);
  }

  std::vector<TypeId> given_;
};

}  // namespace

OverloadChoice choose_overload(const std::vector<const Function*>& overloads, std::span<const TypeId> given, bool is_operator) {
  return Choice(given).among(overloads, is_operator);
}

}  // namespace cairn
