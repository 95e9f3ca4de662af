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
    case 8:     return snprintf(buf, size, "vstart");
    case 9:     return snprintf(buf, size, "vxsat");
    case 10:    return snprintf(buf, size, "vxrm");
    case 15:    return snprintf(buf, size, "vcsr");
    case 0xc20: return snprintf(buf, size, "vl");
    case 0xc21: return snprintf(buf, size, "vtype");
    case 0xc22: return snprintf(buf, size, "vlenb");
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

/* As assemblers write it; as a number what they do not. */
static int vtype(char *buf, size_t size, unsigned v)
{
    static const char lmul[8][4] = { "m1", "m2", "m4", "m8", "?", "mf8", "mf4", "mf2" };

    if (v >> 8 || (v >> 3 & 7) > 3 || (v & 7) == 4) {
        return snprintf(buf, size, "%u", v);
    }
    return snprintf(buf, size, "e%d, %s, %s, %s", 8 << (v >> 3 & 7), lmul[v & 7], v & 64 ? "ta" : "tu",
                    v & 128 ? "ma" : "mu");
}

/* Fields of a segment: nothing for one. */
static int segment(char *buf, size_t size, int nf)
{
    return nf ? snprintf(buf, size, "seg%d", nf + 1) : snprintf(buf, size, "%s", "");
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
    case RV_KIND_v:      n = snprintf(buf, size, "v%d", v & 31); break;
    case RV_KIND_vm:     n = snprintf(buf, size, "%s", v ? "" : ", v0.t"); break;
    case RV_KIND_simm5:  n = snprintf(buf, size, "%d", v < 16 ? v : v - 32); break;
    case RV_KIND_vtype:  n = vtype(buf, size, (unsigned)v); break;
    case RV_KIND_seg:    n = segment(buf, size, v); break;
    case RV_KIND_wd:     n = snprintf(buf, size, "%s", v ? ".d" : ".w"); break;
    default:             n = snprintf(buf, size, "%d", v); break;
    }
    return n < 0 ? 0 : (unsigned)n;
}
