/* SPDX-License-Identifier: BSD-2-Clause */
/* SVE operations as IR. */
#include "guest/aarch64/insn-sve.h"

bool a64_sve_inline(TcgBuild *b, const A64SveInsn *i, TcgRef x)
{
    return false;
}
