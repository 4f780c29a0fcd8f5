#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vector/counted_work.h"

namespace cairn {

/// An ordered map by name whose copies share what they have in common: a copy costs nothing, a change of one entry makes
/// the nodes anew that lead to it. It is a treap: a node is above those of smaller priority, which the name's hash is.
/// Iterators and references hold until that very map changes or goes.
template <typename Value>
class NameMap {
  struct Node;
  using NodePtr = std::shared_ptr<const Node>;

 public:
  using value_type = std::pair<const std::string, Value>;

  class const_iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = NameMap::value_type;
    using difference_type = std::ptrdiff_t;
    using pointer = const value_type*;
    using reference = const value_type&;

    const_iterator() = default;
    reference operator*() const { return *at_->entry; }
    pointer operator->() const { return at_->entry.get(); }
    const_iterator& operator++() {
      if (!has_path_) find_path();
      if (at_->right != nullptr) {
        at_ = at_->right.get();
        for (; at_->left != nullptr; at_ = at_->left.get()) above_.push_back(at_);
      } else {
        at_ = above_.empty() ? nullptr : above_.back();
        if (!above_.empty()) above_.pop_back();
      }
      return *this;
    }
    const_iterator operator++(int) {
      const_iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const const_iterator& other) const { return at_ == other.at_; }

   private:
    friend NameMap;
    const_iterator(const Node* root, const Node* at) : root_(root), at_(at) {}
    void find_path() {
      for (const Node* node = root_; node != at_;) {
        const bool left = at_->entry->first < node->entry->first;
        if (left) above_.push_back(node);
        node = (left ? node->left : node->right).get();
      }
      has_path_ = true;
    }

    const Node* root_ = nullptr;
    const Node* at_ = nullptr;          ///< nullptr: the end
    std::vector<const Node*> above_;  ///< those that come when what is below `at_` is done; found when it is needed
    bool has_path_ = false;
  };
  using iterator = const_iterator;

  bool empty() const { return root_ == nullptr; }
  size_t size() const { return size_; }
  const_iterator begin() const {
    const Node* first = root_.get();
    while (first != nullptr && first->left != nullptr) first = first->left.get();
    return {root_.get(), first};
  }
  const_iterator end() const { return {root_.get(), nullptr}; }
  const_iterator find(std::string_view name) const {
    const const_iterator at = lower_bound(name);
    return at.at_ != nullptr && at->first == name ? at : end();
  }
  /// The first whose name is not less.
  const_iterator lower_bound(std::string_view name) const {
    const Node* found = nullptr;
    for (const Node* node = root_.get(); node != nullptr;) {
      const bool before = std::string_view(node->entry->first) < name;
      if (!before) found = node;
      node = (before ? node->right : node->left).get();
    }
    return {root_.get(), found};
  }
  bool contains(std::string_view name) const { return find(name) != end(); }
  const Value& at(std::string_view name) const {
    const const_iterator found = find(name);
    if (found == end()) throw std::out_of_range("there is no entry of this name");
    return found->second;
  }

  void insert_or_assign(std::string name, Value value) {
    const size_t priority = std::hash<std::string>()(name);
    if (!contains(name)) ++size_;
    root_ = inserted(root_, std::make_shared<const value_type>(std::move(name), std::move(value)), priority);
  }
  void erase(std::string_view name) {
    if (!contains(name)) return;
    --size_;
    root_ = erased(root_, name);
  }

 private:
  using EntryPtr = std::shared_ptr<const value_type>;
  struct Node {
    EntryPtr entry;
    size_t priority;
    NodePtr left, right;
  };

  static NodePtr make(EntryPtr entry, size_t priority, NodePtr left, NodePtr right) {
    count_work(1);
    return std::make_shared<const Node>(Node{std::move(entry), priority, std::move(left), std::move(right)});
  }
  static NodePtr with(const Node& node, NodePtr left, NodePtr right) {
    return make(node.entry, node.priority, std::move(left), std::move(right));
  }

  static NodePtr inserted(const NodePtr& at, EntryPtr entry, size_t priority) {
    if (at == nullptr) return make(std::move(entry), priority, nullptr, nullptr);
    const int order = entry->first.compare(at->entry->first);
    if (order == 0) return make(std::move(entry), priority, at->left, at->right);
    if (priority > at->priority) {  // so the name is not below
      auto [left, right] = split(at, entry->first);
      return make(std::move(entry), priority, std::move(left), std::move(right));
    }
    return order < 0 ? with(*at, inserted(at->left, std::move(entry), priority), at->right)
                     : with(*at, at->left, inserted(at->right, std::move(entry), priority));
  }
  /// Those before the name, and those behind.
  static std::pair<NodePtr, NodePtr> split(const NodePtr& at, std::string_view name) {
    if (at == nullptr) return {};
    if (std::string_view(at->entry->first) < name) {
      auto [before, behind] = split(at->right, name);
      return {with(*at, at->left, std::move(before)), std::move(behind)};
    }
    auto [before, behind] = split(at->left, name);
    return {std::move(before), with(*at, std::move(behind), at->right)};
  }
  static NodePtr erased(const NodePtr& at, std::string_view name) {
    const int order = name.compare(at->entry->first);
    if (order == 0) return merged(at->left, at->right);
    return order < 0 ? with(*at, erased(at->left, name), at->right) : with(*at, at->left, erased(at->right, name));
  }
  /// All of `left` come before all of `right`.
  static NodePtr merged(const NodePtr& left, const NodePtr& right) {
    if (left == nullptr) return right;
    if (right == nullptr) return left;
    return left->priority >= right->priority ? with(*left, left->left, merged(left->right, right))
                                             : with(*right, merged(left, right->left), right->right);
  }

  NodePtr root_;
  size_t size_ = 0;
};

}  // namespace cairn
