// Message digests of text, by OpenSSL's libcrypto.

#include <openssl/evp.h>

#include "exec/functions/executor.h"

namespace cairn::functions {

namespace {

/// The digest in hexadecimal digits.
template <const EVP_MD* (*Algorithm)()>
StringRef digest(const Call& call, StringRef text) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (EVP_Digest(text.data(), text.size(), bytes, &length, Algorithm(), nullptr) != 1) {
    throw Error(sqlstate::kInternalError, "the cryptographic library refuses to compute a digest");
  }
  static constexpr char kDigits[] = "0123456789abcdef";
  char hex[2 * EVP_MAX_MD_SIZE];
  for (unsigned i = 0; i < length; ++i) {
    hex[2 * i] = kDigits[bytes[i] >> 4];
    hex[2 * i + 1] = kDigits[bytes[i] & 15];
  }
  return call.strings.add({hex, size_t{length} * 2});
}

}  // namespace

const std::vector<Function>& digest_functions() {
  static const std::vector<Function> table = [] {
    std::vector<Function> rows;
    rows.push_back(row<digest<EVP_md5>>("md5", {TypeId::kVarchar}, always<varchar_type>, kRaises));
    return rows;
  }();
  return table;
}

}  // namespace cairn::functions
