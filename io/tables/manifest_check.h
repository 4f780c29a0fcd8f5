#pragma once

// What is about to be written to a manifest is read first, by the code that a restart reads it with, and compared with
// what was meant: what could not be read is never written, whatever fault of ours made it.

#include "io/tables/manifest_record.h"

namespace cairn {

/// Errors: kInternalError.
void check_state(std::span<const std::byte> payload, const CommittedSnapshot& newest, const PinnedSnapshots& pins,
                 const Receipts& receipts = {}, const KeptFiles& kept = {});
/// `after`: what the commit is to make of `before`. Work for what it changes.
void check_commit(std::span<const std::byte> payload, const CommittedSnapshot& before, const CommittedSnapshot& after);

}  // namespace cairn
