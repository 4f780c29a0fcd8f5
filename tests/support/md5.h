#pragma once

#include <string>
#include <string_view>

namespace cairn::test {

/// The MD5 digest (RFC 1321) in hexadecimal: dbgen's reference checksums are MD5.
std::string md5(std::string_view bytes);

}  // namespace cairn::test
