// IN over constants, and LIKE. Both are decided once per entry on dictionary columns.

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <unordered_set>

#include "exec/evaluation/compare.h"
#include "exec/evaluation/entry_table.h"
#include "exec/evaluation/integral.h"
#include "exec/evaluation/node.h"
#include "exec/functions/executor.h"
#include "vector/kernels/like.h"
#include "vector/read_row.h"

namespace cairn::evaluation {

namespace {

bool is_set(const uint64_t* mask, size_t row) { return mask == nullptr || ((mask[row / 64] >> (row % 64)) & 1); }

void to_bytes(Frame& frame, const Truth& truth, size_t rows, uint8_t* table) {
  const Truth words = materialize(frame, truth, rows);
  for (size_t i = 0; i < rows; ++i) table[i] = (words.bits[i / 64] >> (i % 64)) & 1;
}

class InNode : public Node {
 public:
  InNode(Node* argument, const Expression& expression) : Node(Type::boolean()), argument_(argument) {
    EvaluationContext context;
    for (size_t i = 1; i < expression.arguments.size(); ++i) {
      const Value& value = expression.arguments[i]->value;
      if (value.null) {
        has_null_ = true;
      } else if (value.type.is_string()) {
        strings_.push_back(value.string);
      } else {
        integers_.push_back(read_integral(ordered_integers(constant_vector(value, 1, context), context), 0));
      }
    }
    std::sort(integers_.begin(), integers_.end());
    integers_.erase(std::unique(integers_.begin(), integers_.end()), integers_.end());
    for (const std::string& string : strings_) string_set_.insert(string);
  }

 protected:
  bool compute_truth(Frame& frame, const Space& space, Truth& out) override {
    Vector values;
    if (!argument_->vector(frame, space, values)) return false;
    if (values.constant_null() || space.rows == 0) {
      out = Truth::null();
      return true;
    }
    Truth found;
    if (watch_.worth_it(values)) {
      found = table_.apply(frame, values, [&](const Vector& entries, uint8_t* table) {
        to_bytes(frame, find(frame, entries), entries.size, table);
      });
    } else if (values.is_constant()) {
      Vector one = values;
      one.size = 1;
      found = Truth::all(materialize(frame, find(frame, one), 1).bits[0] & 1);
    } else {
      found = find(frame, values);
    }
    // What is not found among values and a NULL may still be equal to the NULL.
    if (has_null_) {
      const Truth words = materialize(frame, found, space.rows);
      found = {Truth::State::kMixed, words.bits, words.bits};
    }
    out = found;
    return true;
  }

 private:
  Truth find(Frame& frame, const Vector& values) const {
    return values.type.is_string() ? find_strings(frame, values) : find_integers(frame, values);
  }

  Truth find_integers(Frame& frame, const Vector& values) const {
    const Vector ordered = ordered_integers(values, frame.context);
    if (integers_.empty()) return compare_nothing(frame, values);
    uint64_t* bits = frame.allocate_mask(values.size);
    if (integers_.size() <= 8 && !ordered.is_constant()) {
      std::memset(bits, 0, mask_words(values.size) * 8);
      for (const int128_t wanted : integers_) {
        const Truth equal =
            materialize(frame, compare_with_constant(frame, Expression::Comparison::kEqual, ordered, wanted), values.size);
        for (size_t i = 0; i < mask_words(values.size); ++i) bits[i] |= equal.bits[i];
      }
    } else {
      const int128_t* wide = functions::widen_argument(ordered, frame.context);
      const size_t step = ordered.is_constant() ? 0 : 1;
      test_rows(values.size, bits,
                [&](size_t i) { return std::binary_search(integers_.begin(), integers_.end(), wide[i * step]); });
    }
    return finish_truth(bits, values.is_constant() ? nullptr : values.validity, values.size);
  }

  Truth find_strings(Frame& frame, const Vector& values) const {
    const StringRef* texts = static_cast<const StringRef*>(functions::decode_argument(values, frame.context));
    const size_t step = values.is_constant() ? 0 : 1;
    const uint64_t* valid = values.is_constant() ? nullptr : values.validity;
    uint64_t* bits = frame.allocate_mask(values.size);
    if (strings_.size() <= 8) {
      test_rows(values.size, bits, [&](size_t i) {
        if (!is_set(valid, i)) return false;
        const StringRef& text = texts[i * step];
        for (const std::string& wanted : strings_) {
          if (text.size() == wanted.size() && text.view() == wanted) return true;
        }
        return false;
      });
    } else {
      test_rows(values.size, bits,
                [&](size_t i) { return is_set(valid, i) && string_set_.contains(texts[i * step].view()); });
    }
    return finish_truth(bits, valid, values.size);
  }

  static Truth compare_nothing(Frame& frame, const Vector& values) {
    uint64_t* bits = frame.allocate_mask(values.size);
    std::memset(bits, 0, mask_words(values.size) * 8);
    return finish_truth(bits, values.is_constant() ? nullptr : values.validity, values.size);
  }

  Node* const argument_;
  bool has_null_ = false;
  std::vector<int128_t> integers_;  ///< ascending, in the order's domain
  std::vector<std::string> strings_;
  std::unordered_set<std::string_view> string_set_;
  DictionaryWatch watch_;
  EntryTable table_;
};

class LikeNode : public Node {
 public:
  LikeNode(Node* text, Node* pattern, const Expression& expression)
      : Node(Type::boolean()),
        text_(text),
        pattern_(pattern),
        escape_(expression.escape),
        case_insensitive_(expression.case_insensitive) {
    const Expression& source = *expression.arguments[1];
    if (source.kind != Expression::Kind::kConstant || source.value.null) return;
    compiled_.emplace(source.value.string, escape_, case_insensitive_);
    if (compiled_->can_raise()) compiled_.reset();  // then only rows that count are matched, one by one
  }

 protected:
  bool compute_truth(Frame& frame, const Space& space, Truth& out) override {
    Vector pattern, text;
    if (!pattern_->vector(frame, space, pattern)) return false;
    if (!compiled_.has_value() && !space.may_raise) return false;
    if (!text_->vector(frame, space, text)) return false;
    if (pattern.constant_null() || text.constant_null() || space.rows == 0) {
      out = Truth::null();
      return true;
    }
    if (!compiled_.has_value()) {
      out = match_varying(frame, text, pattern);
    } else if (text.is_constant()) {
      out = Truth::all(compiled_->matches(text.values<StringRef>()->view()));
    } else if (watch_.worth_it(text)) {
      out = table_.apply(frame, text, [&](const Vector& entries, uint8_t* table) {
        for (size_t i = 0; i < entries.size; ++i) table[i] = compiled_->matches(entries.values<StringRef>()[i].view());
      });
    } else {
      out = match_each(frame, text);
    }
    return true;
  }

 private:
  Truth match_each(Frame& frame, const Vector& text) const {
    const StringRef* texts = static_cast<const StringRef*>(functions::decode_argument(text, frame.context));
    uint64_t* bits = frame.allocate_mask(text.size);
    test_rows(text.size, bits, [&](size_t i) { return is_set(text.validity, i) && compiled_->matches(texts[i].view()); });
    return finish_truth(bits, text.validity, text.size);
  }

  Truth match_varying(Frame& frame, const Vector& text, const Vector& pattern) const {
    uint64_t* bits = frame.allocate_mask(text.size);
    const uint64_t* valid = both_valid(text, pattern, text.size, frame.context);
    test_rows(text.size, bits, [&](size_t i) {
      if (!is_set(valid, i)) return false;
      const StringRef one = read_row<StringRef>(pattern, i);
      return LikePattern(one.view(), escape_, case_insensitive_).matches(read_row<StringRef>(text, i).view());
    });
    return finish_truth(bits, valid, text.size);
  }

  Node* const text_;
  Node* const pattern_;
  const char escape_;
  const bool case_insensitive_;
  std::optional<LikePattern> compiled_;
  DictionaryWatch watch_;
  EntryTable table_;
};

}  // namespace

std::unique_ptr<Node> make_in_node(Node* argument, const Expression& expression) {
  return std::make_unique<InNode>(argument, expression);
}

std::unique_ptr<Node> make_like_node(Node* text, Node* pattern, const Expression& expression) {
  return std::make_unique<LikeNode>(text, pattern, expression);
}

}  // namespace cairn::evaluation
