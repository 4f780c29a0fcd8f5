#pragma once

#include <memory>

namespace cairn {

class Storage;

/// For tests: what make_storage() gives from now on, wherever the process opens a database; nullptr: the machine's files
/// again. Thread-safe.
void choose_storage(std::shared_ptr<Storage> storage);

}  // namespace cairn
