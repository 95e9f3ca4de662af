/* SPDX-License-Identifier: BSD-2-Clause */
/* A64 pointer authentication [ArmARM D8.10, C6.2]; the algorithm is in pauth.c. Keys: 0 IA, 1 IB, 2 DA, 3 DB. */
#include "guest/aarch64/insn.h"

enum { KEY_IA, KEY_IB, KEY_DA, KEY_DB };

static TcgRef sign(TcgBuild *b, TcgRef v, TcgRef modifier, int key)
{
    return tcg_hcall(b, A64_H_pac_sign, TCG_I64, v, modifier, tcg_const(b, key));
}

static TcgRef authenticate(TcgBuild *b, TcgRef v, TcgRef modifier, int key)
{
    return tcg_hcall(b, A64_H_pac_auth, TCG_I64, v, modifier, tcg_const(b, key));
}

static TcgRef modifier(TcgBuild *b, const A64Args *a, int rn)
{
    return a->z ? tcg_const(b, 0) : a64_x_sp(b, rn);
}

void a64_tr_pac(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, a->rd, sign(b, a64_x(b, a->rd), modifier(b, a, a->rn), a->key));
}

void a64_tr_aut(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, a->rd, authenticate(b, a64_x(b, a->rd), modifier(b, a, a->rn), a->key));
}

void a64_tr_pac1716(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, 17, sign(b, a64_x(b, 17), a64_x(b, 16), a->key));
}

void a64_tr_aut1716(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, 17, authenticate(b, a64_x(b, 17), a64_x(b, 16), a->key));
}

void a64_tr_paclr(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, 30, sign(b, a64_x(b, 30), modifier(b, a, 31), a->key));
}

void a64_tr_autlr(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, 30, authenticate(b, a64_x(b, 30), modifier(b, a, 31), a->key));
}

static TcgRef strip(TcgBuild *b, TcgRef v)
{
    return tcg_hcall(b, A64_H_pac_strip, TCG_I64, v, 0, 0);
}

void a64_tr_xpac(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, a->rd, strip(b, a64_x(b, a->rd)));
}

void a64_tr_xpaclri(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, 30, strip(b, a64_x(b, 30)));
}

void a64_tr_pacga(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, a->rd, tcg_hcall(b, A64_H_pac_generic, TCG_I64, a64_x(b, a->rn), a64_x_sp(b, a->rm), 0));
}

/* Branches: m chooses key B; with z the modifier is 0, else rm. */

void a64_tr_bra(TcgBuild *b, const A64Args *a)
{
    TcgRef to = authenticate(b, a64_x(b, a->rn), modifier(b, a, a->rm), KEY_IA + a->m);

    a64_jump_type(b, a->rn);
    tcg_jmpi(b, to);
}

void a64_tr_blra(TcgBuild *b, const A64Args *a)
{
    TcgRef to = authenticate(b, a64_x(b, a->rn), modifier(b, a, a->rm), KEY_IA + a->m);

    tcg_put(b, A64_LR, tcg_const(b, tcg_build_pc(b) + 4));
    a64_call_type(b);
    tcg_calli(b, to);
}

void a64_tr_reta(TcgBuild *b, const A64Args *a)
{
    tcg_ret(b, authenticate(b, a64_x(b, 30), tcg_get(b, A64_SP), KEY_IA + a->m));
}

void a64_tr_ldra(TcgBuild *b, const A64Args *a)
{
    TcgRef addr = authenticate(b, a64_x_sp(b, a->rn), tcg_const(b, 0), KEY_DA + a->m);
    TcgRef v = tcg_ld(b, TCG_I64, TCG_MO_64, addr, a->imm10);

    if (a->w) {
        a64_put_x_sp(b, a->rn, tcg_add(b, TCG_I64, addr, tcg_const(b, (int64_t)a->imm10)));
    }
    a64_put_x(b, a->rt, v);
}
