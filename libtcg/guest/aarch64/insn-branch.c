/* SPDX-License-Identifier: BSD-2-Clause */
/* A64 branches and exception generation [ArmARM C4.1, C6.2]. After a conditional branch the block goes on with the
 * next instruction. */
#include "guest/aarch64/insn.h"

void a64_undefined(TcgBuild *b)
{
    tcg_build_undef(b, NULL);
}

static uint64_t target(const TcgBuild *b, const A64Args *a)
{
    return tcg_build_pc(b) + (int64_t)a->imm * 4;
}

static void link(TcgBuild *b)
{
    tcg_put(b, A64_LR, tcg_const(b, tcg_build_pc(b) + 4));
}

void a64_tr_b(TcgBuild *b, const A64Args *a)
{
    tcg_jmp(b, target(b, a));
}

void a64_tr_bl(TcgBuild *b, const A64Args *a)
{
    link(b);
    tcg_call(b, target(b, a));
}

void a64_tr_b_cond(TcgBuild *b, const A64Args *a)
{
    if (a->cond >= 14) {
        tcg_jmp(b, target(b, a));
    } else {
        tcg_brcc(b, a->cond, a64_flags(b), target(b, a));
    }
}

void a64_tr_bc_cond(TcgBuild *b, const A64Args *a)
{
    a64_tr_b_cond(b, a);
}

static void compare_branch(TcgBuild *b, const A64Args *a, TcgCond cc)
{
    tcg_brcc(b, cc, tcg_cmp(b, a64_type(a->sf), a64_x(b, a->rt), tcg_const(b, 0)), target(b, a));
}

void a64_tr_cbz(TcgBuild *b, const A64Args *a)
{
    compare_branch(b, a, TCG_EQ);
}

void a64_tr_cbnz(TcgBuild *b, const A64Args *a)
{
    compare_branch(b, a, TCG_NE);
}

static void test_branch(TcgBuild *b, const A64Args *a, TcgCond cc)
{
    TcgRef f = tcg_tst(b, a64_type(a->sf), a64_x(b, a->rt), tcg_const(b, 1ull << a->bitpos));

    tcg_brcc(b, cc, f, target(b, a));
}

void a64_tr_tbz(TcgBuild *b, const A64Args *a)
{
    test_branch(b, a, TCG_EQ);
}

void a64_tr_tbnz(TcgBuild *b, const A64Args *a)
{
    test_branch(b, a, TCG_NE);
}

void a64_tr_br(TcgBuild *b, const A64Args *a)
{
    a64_jump_type(b, a->rn);
    tcg_jmpi(b, a64_x(b, a->rn));
}

/* The target is read before x30 is written: BLR X30 is allowed. */
void a64_tr_blr(TcgBuild *b, const A64Args *a)
{
    TcgRef to = a64_x(b, a->rn);

    link(b);
    a64_call_type(b);
    tcg_calli(b, to);
}

void a64_tr_ret(TcgBuild *b, const A64Args *a)
{
    tcg_ret(b, a64_x(b, a->rn));
}

/* Exceptions */

void a64_tr_svc(TcgBuild *b, const A64Args *a)
{
    tcg_exit(b, TCG_EXIT_SYSCALL, tcg_build_pc(b) + 4);
}

void a64_tr_brk(TcgBuild *b, const A64Args *a)
{
    tcg_exit(b, TCG_EXIT_BREAK, tcg_build_pc(b));
}

void a64_tr_udf(TcgBuild *b, const A64Args *a)
{
    a64_undefined(b);
}

/* Undefined at EL0. */
void a64_tr_privileged(TcgBuild *b, const A64Args *a)
{
    a64_undefined(b);
}
