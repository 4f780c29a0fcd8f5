#pragma once

#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>

#include <span>
#include <string>

namespace cairn {

/// A text as PostgreSQL's lexer sees it; no tokens where it refuses the text.
class ScannedTokens {
 public:
  explicit ScannedTokens(const std::string& text) : scan_(pg_query_scan(text.c_str())) {
    if (scan_.error != nullptr) return;
    tokens_ = pg_query__scan_result__unpack(nullptr, scan_.pbuf.len, reinterpret_cast<const uint8_t*>(scan_.pbuf.data));
  }
  ~ScannedTokens() {
    if (tokens_ != nullptr) pg_query__scan_result__free_unpacked(tokens_, nullptr);
    pg_query_free_scan_result(scan_);
  }
  ScannedTokens(const ScannedTokens&) = delete;
  ScannedTokens& operator=(const ScannedTokens&) = delete;

  std::span<PgQuery__ScanToken* const> tokens() const {
    return tokens_ == nullptr ? std::span<PgQuery__ScanToken* const>() : std::span(tokens_->tokens, tokens_->n_tokens);
  }

 private:
  PgQueryScanResult scan_;
  PgQuery__ScanResult* tokens_ = nullptr;
};

}  // namespace cairn
