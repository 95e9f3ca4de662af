/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of RISC-V operands, by the kinds that the .isa tables name. */
#include "guest/riscv/insn.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const x_names[32] = {
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5",
    "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
};
static const char *const f_names[32] = {
    "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fs0", "fs1", "fa0", "fa1", "fa2", "fa3", "fa4", "fa5",
    "fa6", "fa7", "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11",
};

static int csr_name(char *buf, size_t size, int csr)
{
    switch (csr) {
    case 1:     return snprintf(buf, size, "fflags");
    case 2:     return snprintf(buf, size, "frm");
    case 3:     return snprintf(buf, size, "fcsr");
    case 0xc00: return snprintf(buf, size, "cycle");
    case 0xc01: return snprintf(buf, size, "time");
    case 0xc02: return snprintf(buf, size, "instret");
    default:    return snprintf(buf, size, "0x%x", csr);
    }
}

static int order(char *buf, size_t size, int v)
{
    return snprintf(buf, size, "%s%s%s%s", v & 8 ? "i" : "", v & 4 ? "o" : "", v & 2 ? "r" : "", v & 1 ? "w" : "");
}

unsigned rv_format_operand(int kind, int v, const RvArgs *a, uint64_t pc, char *buf, size_t size)
{
    static const char rm[8][8] = { ", rne", ", rtz", ", rdn", ", rup", ", rmm", ", ?", ", ?", "" };
    int n;

    switch (kind) {
    case RV_KIND_x:      n = snprintf(buf, size, "%s", x_names[v & 31]); break;
    case RV_KIND_xp:     n = snprintf(buf, size, "%s", x_names[(v & 7) + 8]); break;
    case RV_KIND_f:      n = snprintf(buf, size, "%s", f_names[v & 31]); break;
    case RV_KIND_fp:     n = snprintf(buf, size, "%s", f_names[(v & 7) + 8]); break;
    case RV_KIND_target: n = snprintf(buf, size, "0x%" PRIx64, pc + (uint64_t)(int64_t)v); break;
    case RV_KIND_upper:  n = snprintf(buf, size, "0x%x", (unsigned)((uint32_t)v >> 12)); break;
    case RV_KIND_csr:    n = csr_name(buf, size, (int)v); break;
    case RV_KIND_order:  n = order(buf, size, (int)v); break;
    case RV_KIND_rm:     n = snprintf(buf, size, "%s", rm[v & 7]); break;
    case RV_KIND_wd:     n = snprintf(buf, size, "%s", v ? ".d" : ".w"); break;
    default:             n = snprintf(buf, size, "%d", v); break;
    }
    return n < 0 ? 0 : (unsigned)n;
}
