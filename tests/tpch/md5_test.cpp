#include "tests/support/md5.h"

#include <gtest/gtest.h>

namespace cairn::test {
namespace {

// The test suite of RFC 1321, appendix A.5.
TEST(Md5, EqualsTheRfc) {
  EXPECT_EQ(md5(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(md5("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(md5("12345678901234567890123456789012345678901234567890123456789012345678901234567890"),
            "57edf4a22be3c955ac49da2e2107b67a");
}

}  // namespace
}  // namespace cairn::test
