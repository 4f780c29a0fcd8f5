#pragma once

#include <span>

#include "exec/pipeline/pipeline.h"

namespace cairn {

// The matches of joins beside fragments' rows: one more column of the file, of 64 build rows to a word, join by join, in rows
// of their own, whose other columns are NULL. In the fragments' rows it is NULL.

/// The types of a file of fragments with this key.
std::vector<Type> types_in_file(const FragmentKey& key);
/// The rows that say what is matched now, to stand behind what fragments saved.
RowSet matches_now(const FragmentKey& key);
/// Of those rows' chunks: sets the matches. Errors: kDataCorrupted where they are not of these joins' build rows.
void set_matches(const FragmentKey& key, std::span<const RowSet::Chunk> chunks);
/// A chunk of what fragments saved: without the column.
void remove_matches(const FragmentKey& key, RowSet::Chunk& chunk);

}  // namespace cairn
