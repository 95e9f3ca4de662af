/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether NZCV dies before anything can see it: a short walk over the code that follows. It never has to be
 * certain; "no" costs the caller two host instructions. */
#include "guest/aarch64/insn.h"

enum { WALK_INSNS = 16, WALK_BRANCHES = 3 };

typedef enum Kind { KIND_STOP, KIND_PLAIN, KIND_WRITES, KIND_JUMP, KIND_FORK } Kind;

/* The next 19 or 26 bits as a displacement. */
static int64_t displacement(uint32_t insn, unsigned pos, unsigned len)
{
    return (int64_t)((uint64_t)insn << (64 - pos - len)) >> (64 - len) << 2;
}

static bool writes_flags(uint32_t insn)
{
    return (insn & 0x3f800000) == 0x31000000        /* ADDS, SUBS (immediate) */
        || (insn & 0x3f000000) == 0x2b000000        /* ADDS, SUBS (shifted, extended register) */
        || (insn & 0x7f800000) == 0x72000000        /* ANDS (immediate) */
        || (insn & 0x7f000000) == 0x6a000000        /* ANDS, BICS (shifted register) */
        || (insn & 0xff20fc07) == 0x1e202000;       /* FCMP, FCMPE */
}

/* Data processing that neither reads nor writes NZCV; those of SIMD&FP and the rest are told by the decoder. */
static bool plain(uint32_t insn)
{
    if ((insn & 0x1c000000) == 0x10000000) {        /* immediate */
        return true;
    }
    if ((insn & 0x0e000000) == 0x0a000000) {        /* register, but carry, flag, conditional ones */
        return (insn & 0x1f000000) != 0x1a000000 || (insn & 0x1fe00000) == 0x1ac00000;
    }
    if ((insn & 0x0e000000) == 0x0e000000) {        /* SIMD&FP, but FCCMP, FCSEL, FJCVTZS */
        return (insn & 0xff200400) != 0x1e200400 && (insn & 0xfffffc00) != 0x1e7e0000;
    }
    return (insn & 0xfffff01f) == 0xd503201f;       /* hints */
}

static bool defined(const TcgBuild *b, uint32_t insn)
{
    A64Args args;
    int row = a64_decode(insn, &args);

    return row >= 0 && a64_translators[row] && a64_has(b, a64_row_exts[row]);
}

static Kind classify(const TcgBuild *b, uint32_t insn, int64_t *disp)
{
    if (writes_flags(insn)) {
        return defined(b, insn) ? KIND_WRITES : KIND_STOP;
    }
    if (plain(insn)) {
        return defined(b, insn) ? KIND_PLAIN : KIND_STOP;
    }
    if ((insn & 0x7c000000) == 0x14000000) {        /* B, BL */
        *disp = displacement(insn, 0, 26);
        return KIND_JUMP;
    }
    if ((insn & 0x7e000000) == 0x34000000) {        /* CBZ, CBNZ */
        *disp = displacement(insn, 5, 19);
        return KIND_FORK;
    }
    if ((insn & 0x7e000000) == 0x36000000) {        /* TBZ, TBNZ */
        *disp = displacement(insn, 5, 14);
        return KIND_FORK;
    }
    return KIND_STOP;
}

static bool dead(TcgBuild *b, uint64_t pc, int insns, int branches)
{
    while (insns-- > 0) {
        int64_t disp = 0;
        uint32_t insn;

        if (!tcg_build_peek32(b, pc, &insn)) {
            return false;
        }
        switch (classify(b, insn, &disp)) {
        case KIND_STOP:
            return false;
        case KIND_WRITES:
            return true;
        case KIND_PLAIN:
            pc += 4;
            break;
        case KIND_JUMP:
            pc += disp;
            break;
        case KIND_FORK:
            if (branches-- == 0 || !dead(b, pc + disp, insns / 2, branches)) {
                return false;
            }
            pc += 4;
            break;
        }
    }
    return false;
}

bool a64_flags_dead(TcgBuild *b, uint64_t pc)
{
    return dead(b, pc, WALK_INSNS, WALK_BRANCHES);
}
