#include "io/storage/simulated_disk.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <set>
#include <utility>

#include "io/storage/file_error.h"

namespace cairn {

namespace {

void apply_change(const SimulatedDisk::Change& change, std::vector<std::byte>& content) {
  if (change.is_resize) {
    content.resize(change.offset);
    return;
  }
  content.resize(std::max<size_t>(content.size(), change.offset + change.bytes.size()));
  std::copy(change.bytes.begin(), change.bytes.end(), content.begin() + static_cast<ptrdiff_t>(change.offset));
}

/// The part of a write that lies in its `index`-th sector; null-sized behind the last.
SimulatedDisk::Change sector_of(const SimulatedDisk::Change& change, uint64_t index) {
  const uint64_t sector = change.offset / SimulatedDisk::kSectorBytes + index;
  const uint64_t begin = std::max(sector * SimulatedDisk::kSectorBytes, change.offset);
  const uint64_t end =
      std::min<uint64_t>((sector + 1) * SimulatedDisk::kSectorBytes, change.offset + change.bytes.size());
  if (begin >= end) return {false, change.offset, {}};
  const auto* first = change.bytes.data() + (begin - change.offset);
  return {false, begin, std::vector<std::byte>(first, first + (end - begin))};
}

uint64_t sector_count_of(const SimulatedDisk::Change& change) {
  if (change.bytes.empty()) return 0;
  const uint64_t last = (change.offset + change.bytes.size() - 1) / SimulatedDisk::kSectorBytes;
  return last - change.offset / SimulatedDisk::kSectorBytes + 1;
}

SimulatedDisk::NodePointer durable_copy(const SimulatedDisk::Node& node) {
  auto copy = std::make_shared<SimulatedDisk::Node>();
  copy->is_directory = node.is_directory;
  copy->content = copy->durable_content = node.content;
  for (const auto& [name, child] : node.names) copy->names.emplace(name, durable_copy(*child));
  copy->durable_names = copy->names;
  return copy;
}

}  // namespace

SimulatedDisk::SimulatedDisk(uint64_t seed) : root_(std::make_shared<Node>()), random_(seed) {
  root_->is_directory = true;
}

SimulatedDisk::SimulatedDisk(const SimulatedDisk& other, uint64_t seed)
    : root_(durable_copy(*other.root_)), capacity_bytes_(other.capacity_bytes_), used_bytes_(other.used_bytes_), random_(seed) {}

std::vector<std::string> SimulatedDisk::parts_of(const std::string& path) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    std::string part = path.substr(begin, end - begin);
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(std::move(part));
    }
    begin = end + 1;
  }
  return parts;
}

SimulatedDisk::NodePointer SimulatedDisk::find(const std::string& path, std::string_view action) const {
  NodePointer node = root_;
  for (const std::string& part : parts_of(path)) {
    if (!node->is_directory) throw file_error(ENOTDIR, action, path);
    const auto found = node->names.find(part);
    if (found == node->names.end()) return nullptr;
    node = found->second;
  }
  return node;
}

SimulatedDisk::NodePointer SimulatedDisk::get(const std::string& path, std::string_view action) const {
  NodePointer node = find(path, action);
  if (!node) throw file_error(ENOENT, action, path);
  return node;
}

SimulatedDisk::Place SimulatedDisk::place_of(const std::string& path, std::string_view action) const {
  std::vector<std::string> parts = parts_of(path);
  if (parts.empty()) throw file_error(EBUSY, action, path);  // the root has no name
  NodePointer directory = root_;
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    const auto found = directory->names.find(parts[i]);
    if (found == directory->names.end()) throw file_error(ENOENT, action, path);
    directory = found->second;
    if (!directory->is_directory) throw file_error(ENOTDIR, action, path);
  }
  return {directory, parts.back()};
}

void SimulatedDisk::change_names(NameChanges changes) {
  for (const NameChange& change : changes) {
    if (change.node) {
      change.directory->names[change.name] = change.node;
    } else {
      change.directory->names.erase(change.name);
    }
  }
  unsynced_names_.push_back(std::move(changes));
}

void SimulatedDisk::unlink(Node& node) {
  used_bytes_ -= node.content.size();
  node.is_linked = false;
}

SimulatedDisk::NodePointer SimulatedDisk::create(const std::string& path, bool is_directory, std::string_view action) {
  const Place place = place_of(path, action);
  assert(!place.directory->names.contains(place.name));
  auto node = std::make_shared<Node>();
  node->is_directory = is_directory;
  change_names({{place.directory, place.name, node}});
  return node;
}

void SimulatedDisk::remove(const std::string& path) {
  const NodePointer node = get(path, "remove");
  if (!node->names.empty()) throw file_error(ENOTEMPTY, "remove", path);
  const Place place = place_of(path, "remove");
  change_names({{place.directory, place.name, nullptr}});
  unlink(*node);
}

void SimulatedDisk::rename(const std::string& from, const std::string& to) {
  const std::string action = "rename \"" + from + "\" to";
  const NodePointer node = get(from, action);
  const NodePointer replaced = find(to, action);
  if (replaced == node) return;
  if (replaced && replaced->is_directory != node->is_directory) {
    throw file_error(replaced->is_directory ? EISDIR : ENOTDIR, action, to);
  }
  if (replaced && !replaced->names.empty()) throw file_error(ENOTEMPTY, action, to);
  const Place source = place_of(from, action);
  const Place target = place_of(to, action);
  change_names({{source.directory, source.name, nullptr}, {target.directory, target.name, node}});
  if (replaced) unlink(*replaced);
}

void SimulatedDisk::sync_names(const std::string& path) {
  const NodePointer directory = get(path, "sync directory");
  if (!directory->is_directory) throw file_error(ENOTDIR, "sync directory", path);
  // A rename is durable on both sides or on none, and with it must be what happened before on its other side.
  std::set<const Node*> touched = {directory.get()};
  std::vector<bool> is_due(unsynced_names_.size());
  for (size_t i = unsynced_names_.size(); i-- > 0;) {
    const NameChanges& changes = unsynced_names_[i];
    is_due[i] = std::any_of(changes.begin(), changes.end(),
                            [&](const NameChange& change) { return touched.contains(change.directory.get()); });
    if (!is_due[i]) continue;
    for (const NameChange& change : changes) touched.insert(change.directory.get());
  }
  std::vector<NameChanges> kept;
  for (size_t i = 0; i < unsynced_names_.size(); ++i) {
    if (!is_due[i]) {
      kept.push_back(std::move(unsynced_names_[i]));
      continue;
    }
    for (NameChange& change : unsynced_names_[i]) {
      if (change.node) {
        change.directory->durable_names[change.name] = change.node;
      } else {
        change.directory->durable_names.erase(change.name);
      }
    }
  }
  unsynced_names_ = std::move(kept);
}

uint64_t SimulatedDisk::free_bytes() const {
  if (!capacity_bytes_) return uint64_t{1} << 40;
  return *capacity_bytes_ > used_bytes_ ? *capacity_bytes_ - used_bytes_ : 0;
}

int SimulatedDisk::write(Node& file, uint64_t offset, std::span<const std::byte> bytes) {
  int code = 0;
  const uint64_t possible_end = file.content.size() + free_bytes();
  if (file.is_linked && offset + bytes.size() > possible_end) {
    code = ENOSPC;
    bytes = bytes.first(offset < possible_end ? possible_end - offset : 0);
  }
  if (bytes.empty()) return code;
  const size_t old_size = file.content.size();
  file.unsynced.push_back({false, offset, std::vector<std::byte>(bytes.begin(), bytes.end())});
  apply_change(file.unsynced.back(), file.content);
  if (file.is_linked) used_bytes_ += file.content.size() - old_size;
  return code;
}

int SimulatedDisk::resize(Node& file, uint64_t size) {
  const size_t old_size = file.content.size();
  if (file.is_linked && size > old_size + free_bytes()) return ENOSPC;
  file.unsynced.push_back({true, size, {}});
  file.content.resize(size);
  if (file.is_linked) used_bytes_ = used_bytes_ - old_size + size;
  return 0;
}

void SimulatedDisk::sync(Node& file) {
  for (const Change& change : file.unsynced) apply_change(change, file.durable_content);
  file.unsynced.clear();
}

void SimulatedDisk::fail_sync(Node& file) {
  std::erase_if(file.unsynced, [&](const Change&) { return toss(); });
}

void SimulatedDisk::crash(Survival survival) {
  if (survival == Survival::kRandom) survival = static_cast<Survival>(random_below(4));
  size_t prefix = 0;
  if (survival == Survival::kEverything) prefix = unsynced_names_.size();
  if (survival == Survival::kPrefix) prefix = random_below(unsynced_names_.size() + 1);
  for (size_t i = 0; i < unsynced_names_.size(); ++i) {
    if (survival == Survival::kSectors ? toss() : i < prefix) {
      for (NameChange& change : unsynced_names_[i]) {
        if (change.node) {
          change.directory->durable_names[change.name] = change.node;
        } else {
          change.directory->durable_names.erase(change.name);
        }
      }
    }
  }
  unsynced_names_.clear();
  used_bytes_ = 0;
  revive(*root_, survival);
}

/// Makes of what is durable, and of what else survives, what programs see.
void SimulatedDisk::revive(Node& node, Survival survival) {
  std::vector<Change> changes = std::exchange(node.unsynced, {});
  size_t prefix = 0;
  if (survival == Survival::kEverything) prefix = changes.size();
  if (survival == Survival::kPrefix) prefix = random_below(changes.size() + 1);
  for (size_t i = 0; i < changes.size(); ++i) {
    const Change& change = changes[i];
    if (i < prefix) {
      apply_change(change, node.durable_content);
    } else if (survival == Survival::kPrefix && i == prefix && !change.is_resize) {
      const uint64_t sectors = random_below(sector_count_of(change) + 1);
      for (uint64_t sector = 0; sector < sectors; ++sector)
        apply_change(sector_of(change, sector), node.durable_content);
    } else if (survival == Survival::kSectors && change.is_resize) {
      if (toss()) apply_change(change, node.durable_content);
    } else if (survival == Survival::kSectors) {
      for (uint64_t sector = 0; sector < sector_count_of(change); ++sector) {
        if (toss()) apply_change(sector_of(change, sector), node.durable_content);
      }
    }
  }
  node.content = node.durable_content;
  node.is_linked = true;
  used_bytes_ += node.content.size();
  node.names = node.durable_names;
  for (auto& [name, child] : node.names) revive(*child, survival);
}

}  // namespace cairn
