/* SPDX-License-Identifier: BSD-2-Clause */
/* Branch target identification [ArmARM D8.4.6 and the pseudocode BranchTargetCheck, BTypeCompatible_*].
 *
 * An indirect branch leaves its kind in PSTATE.BTYPE, any other instruction leaves 0. Only the first instruction of a
 * block can find something else there, so the check is at a block's start, and only once the process has guarded
 * pages. It fails by a branch to the same instruction in another context, where that is an undefined instruction:
 * Linux sends SIGILL. */
#include "guest/aarch64/insn.h"

static bool guarding;                   /* the process has had guarded pages */

enum { BTYPE_ANY = 1, BTYPE_CALL = 2, BTYPE_JUMP = 3 };         /* PSTATE.BTYPE: both accept it; BLR; BR */

void a64_guard(void)
{
    if (!__atomic_exchange_n(&guarding, true, __ATOMIC_SEQ_CST)) {
        tcg_invalidate(0, ~(uint64_t)0);                        /* code that does not keep BTYPE */
    }
}

uint64_t a64_call_btype(void)
{
    return __atomic_load_n(&guarding, __ATOMIC_RELAXED) ? BTYPE_CALL : 0;
}

static bool guarded(const TcgBuild *b)
{
    return (tcg_build_prot(b) & A64_PROT_BTI) != 0;
}

static bool checks(const TcgBuild *b)
{
    return __atomic_load_n(&guarding, __ATOMIC_RELAXED) && a64_has(b, A64_EXT_bti);
}

/* The value of BTYPE that insn does not accept: 0 for none, -1 if it accepts only 0. */
static int refused(uint32_t insn)
{
    switch (insn) {
    case 0xd50324df:                                            /* BTI jc */
        return 0;
    case 0xd503249f:                                            /* BTI j */
        return BTYPE_CALL;
    case 0xd503245f:                                            /* BTI c */
    case 0xd503233f: case 0xd503237f:                           /* PACIASP, PACIBSP: Linux sets SCTLR_EL1.BT0 */
        return BTYPE_JUMP;
    default:
        return (insn & 0xffe0001f) == 0xd4200000 || (insn & 0xffe0001f) == 0xd4400000 ? 0 : -1;     /* BRK, HLT */
    }
}

bool a64_landing(TcgBuild *b, uint32_t insn)
{
    if (!tcg_build_first(b) || !checks(b)) {
        return true;
    }
    const unsigned context = tcg_build_context(b);
    if (context == A64_CONTEXT_REFUSED) {
        a64_undefined(b);
        return false;
    }
    int bad = guarded(b) ? refused(insn) : 0;
    if (bad) {
        TcgRef f = tcg_cmp(b, TCG_I64, tcg_get(b, A64_BTYPE), tcg_const(b, bad > 0 ? (uint64_t)bad : 0));
        tcg_build_context_set(b, A64_CONTEXT_REFUSED);
        tcg_brcc(b, bad > 0 ? TCG_EQ : TCG_NE, f, tcg_build_pc(b));
        tcg_build_context_set(b, context);
    }
    if (bad >= 0) {
        tcg_put(b, A64_BTYPE, tcg_const(b, 0));
    }
    return true;
}

void a64_jump_type(TcgBuild *b, int rn)
{
    if (checks(b)) {
        bool any = !guarded(b) || rn == 16 || rn == 17;
        tcg_put(b, A64_BTYPE, tcg_const(b, any ? BTYPE_ANY : BTYPE_JUMP));
    }
}

void a64_call_type(TcgBuild *b)
{
    if (checks(b)) {
        tcg_put(b, A64_BTYPE, tcg_const(b, BTYPE_CALL));
    }
}
