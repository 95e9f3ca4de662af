/* SPDX-License-Identifier: BSD-2-Clause */
/* Tier 0: the IR interpreter, portable and plain; the oracle that tier 1 is compared with. */
#include "run/thread.h"

#include "base/log.h"
#include "ir/eval.h"
#include "run/atomic.h"

#include <stdlib.h>
#include <string.h>

static void *reg_ptr(TcgEnv *env, unsigned reg)
{
    return (char *)env + tcg_state.guest->regs[reg].offset;
}

static void do_get(TcgEnv *env, unsigned reg, TcgVal *d)
{
    switch (tcg_state.guest->regs[reg].type) {
    case TCG_FL:
        d->u64[0] = tcg_flags_guest(env->flags);
        break;
    case TCG_V128:
        memcpy(d, reg_ptr(env, reg), 16);
        break;
    default:
        memcpy(d, reg_ptr(env, reg), 8);
        break;
    }
}

static uint64_t narrow(TcgType t, uint64_t v)
{
    switch (t) {
    case TCG_F16: return (uint16_t)v;
    case TCG_F32:
    case TCG_I32: return (uint32_t)v;
    default:      return v;
    }
}

static void do_put(TcgEnv *env, unsigned reg, const TcgVal *v, TcgType t)
{
    TcgVal w;

    switch (tcg_state.guest->regs[reg].type) {
    case TCG_FL:
        env->flags = tcg_flags_host((uint32_t)v->u64[0]);
        break;
    case TCG_V128:
        w.u64[0] = t == TCG_V128 ? v->u64[0] : narrow(t, v->u64[0]);
        w.u64[1] = t == TCG_V128 ? v->u64[1] : 0;
        memcpy(reg_ptr(env, reg), &w, 16);
        break;
    default:
        w.u64[0] = narrow(t, v->u64[0]);
        memcpy(reg_ptr(env, reg), &w, 8);
        break;
    }
}

static uint64_t extend(uint64_t v, unsigned memop, TcgType t)
{
    if (!(memop & TCG_MO_SIGN)) {
        return v;
    }
    unsigned shift = 64 - (8u << (memop & TCG_MO_SIZE));
    v = (uint64_t)((int64_t)(v << shift) >> shift);
    return t == TCG_I32 ? (uint32_t)v : v;
}

static void reverse(uint8_t *p, unsigned n)
{
    for (unsigned i = 0; i < n / 2; i++) {
        uint8_t x = p[i];
        p[i] = p[n - 1 - i];
        p[n - 1 - i] = x;
    }
}

static uint64_t address(const TcgIns *i, const TcgVal *v)
{
    if (i->aux & TCG_MO_INDEX) {
        return v[i->a].u64[0] + (v[i->b].u64[0] << (i->aux >> TCG_MO_SCALE_SHIFT & 7));
    }
    return v[i->a].u64[0] + (uint64_t)(int64_t)(int32_t)i->b;
}

static void do_load(TcgEnv *env, const TcgIns *i, TcgVal *v, TcgVal *d)
{
    uint64_t addr = address(i, v);
    unsigned size = 1u << (i->aux & TCG_MO_SIZE);

    if (i->aux & TCG_MO_ALIGN) {
        tcg_check_align(env, addr, i->aux, false);
    }
    d->u64[0] = d->u64[1] = 0;
    tcg_guest_read(env, addr, d, size);
    if (i->aux & TCG_MO_BE) {
        reverse(d->u8, size);
    }
    d->u64[0] = extend(d->u64[0], i->aux, (TcgType)i->type);
}

static void do_store(TcgEnv *env, const TcgIns *i, const TcgVal *v)
{
    uint64_t addr = address(i, v);
    unsigned size = 1u << (i->aux & TCG_MO_SIZE);
    TcgVal w = v[i->c];

    if (i->aux & TCG_MO_ALIGN) {
        tcg_check_align(env, addr, i->aux, true);
    }
    if (i->aux & TCG_MO_BE) {
        reverse(w.u8, size);
    }
    tcg_guest_write(env, addr, &w, size);
    if ((i->aux & TCG_MO_SC) == TCG_MO_SC) {
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
    }
}

static void do_flags(const TcgIns *i, const TcgVal *v, TcgVal *d)
{
    bool carry = i->c && (v[i->c].u64[0] >> 29 & 1);

    if (i->op == TCG_OP_ccmp) {
        if (!tcg_eval_cond((TcgCond)(i->aux & 15), (uint32_t)v[i->c].u64[0])) {
            d->u64[0] = (uint64_t)(i->aux >> 4 & 15) << 28;
            return;
        }
        d->u64[0] = tcg_eval_flags(i->aux & 0x100 ? TCG_OP_cmn : TCG_OP_cmp, (TcgType)i->type,
                                   v[i->a].u64[0], v[i->b].u64[0], false);
        return;
    }
    d->u64[0] = tcg_eval_flags((TcgOp)i->op, (TcgType)i->type, v[i->a].u64[0], v[i->b].u64[0], carry);
}

static void do_carry(const TcgIns *i, const TcgVal *v, TcgVal *d)
{
    uint64_t c = v[i->c].u64[0] >> 29 & 1, x = v[i->a].u64[0], y = v[i->b].u64[0];
    uint64_t r = i->op == TCG_OP_adc ? x + y + c : x - y - 1 + c;

    d->u64[0] = i->type == TCG_I32 ? (uint32_t)r : r;
}

static bool third_is_number(TcgOp op)
{
    return op == TCG_OP_extr || op == TCG_OP_crc32 || op == TCG_OP_crc32c;
}

static void do_function(TcgEnv *env, const TcgIns *i, TcgVal *v, TcgVal *d)
{
    if (!tcg_op_fn[i->op]) {
        log_unimp("IR operation %s has no meaning in tier 0 yet\n", tcg_op_name((TcgOp)i->op));
        tcg_helper_leave(env, TCG_EXIT_UNDEF);
    }
    const char *sig = tcg_op_sig((TcgOp)i->op);
    const TcgRef ops[3] = { i->a, i->b, i->c };
    const TcgVal *p[3] = { NULL, NULL, NULL };
    uint32_t imm = i->aux | (uint32_t)i->type << 16;

    for (unsigned k = 0; k < 3 && sig[k + 1]; k++) {
        if (sig[k + 1] == 'I') {
            imm |= ops[k] << 24;
        } else {
            p[k] = &v[ops[k]];
        }
    }
    TcgVal r = { { 0, 0 } };
    tcg_op_fn[i->op](env, &r, p[0], p[1], p[2], imm);
    *d = r;
}

static void do_call(TcgEnv *env, const TcgIns *i, TcgVal *v, TcgVal *d)
{
    const TcgHelper *h = &tcg_state.guest->helpers[i->aux];

    if (h->scalar) {
        uint64_t r = h->scalar(env, i->a ? v[i->a].u64[0] : 0, i->b ? v[i->b].u64[0] : 0,
                               i->c ? v[i->c].u64[0] : 0);
        d->u64[0] = i->type == TCG_I32 ? (uint32_t)r : r;
        return;
    }
    TcgVal r = { { 0, 0 } };
    bool imm = h->flags & TCG_H_C_IMM;
    h->vector(env, &r, i->a ? &v[i->a] : NULL, i->b ? &v[i->b] : NULL, imm || !i->c ? NULL : &v[i->c],
              imm ? i->c : 0);
    *d = r;
}

/* Everything that gives a value from values, beside the rows handled in the main switch. */
static void do_value(TcgEnv *env, const TcgIns *i, TcgVal *v, TcgVal *d)
{
    if (tcg_eval_knows((TcgOp)i->op)) {
        d->u64[0] = tcg_eval_int((TcgOp)i->op, (TcgType)i->type, i->aux, v[i->a].u64[0],
                                 i->b ? v[i->b].u64[0] : 0, third_is_number((TcgOp)i->op) ? i->c : 0);
        return;
    }
    do_function(env, i, v, d);
}

static int next_block(TcgEnv *env, uint64_t pc, unsigned context)
{
    env->pc = pc;
    tcg_thread(env)->context = context << TCG_MODE_CONTEXT_SHIFT;
    return TCG_EXIT_NEXT;
}

static int do_fetch_fault(TcgEnv *env, const TcgIns *i)
{
    env->pc = tcg_ins_imm(i);
    if (i->aux == TCG_EXIT_FAULT) {
        tcg_fetch_fault(env);
    }
    return i->aux;
}

int tcg_interp(TcgEnv *env, const TcgBlock *block)
{
    TcgVal *v = tcg_thread(env)->vals;

    const TcgMark *m = block->marks;

    for (uint32_t n = 1; n < block->nins; n++) {
        const TcgIns *i = &block->ins[n];
        TcgVal *d = &v[n];

        for (; m->first == n; m++) {
            env->pc = block->pc + m->pc_delta;
        }
        switch (i->op) {
        case TCG_OP_none:   break;
        case TCG_OP_const:  d->u64[0] = tcg_ins_imm(i); break;
        case TCG_OP_vconst: *d = block->vpool[i->a]; break;
        case TCG_OP_get:    do_get(env, i->a, d); break;
        case TCG_OP_put:    do_put(env, i->a, &v[i->b], tcg_ins_type(&block->ins[i->b])); break;
        case TCG_OP_ld:     do_load(env, i, v, d); break;
        case TCG_OP_st:     do_store(env, i, v); break;
        case TCG_OP_cmp: case TCG_OP_cmn: case TCG_OP_tst:
        case TCG_OP_adcf: case TCG_OP_sbcf: case TCG_OP_ccmp:
            do_flags(i, v, d);
            break;
        case TCG_OP_adc: case TCG_OP_sbc:
            do_carry(i, v, d);
            break;
        case TCG_OP_flset: d->u64[0] = v[i->a].u64[0] & 0xf0000000; break;
        case TCG_OP_flget: d->u64[0] = v[i->a].u64[0]; break;
        case TCG_OP_setcc:
            d->u64[0] = tcg_eval_cond((TcgCond)i->aux, (uint32_t)v[i->a].u64[0]);
            break;
        case TCG_OP_sel:
            *d = tcg_eval_cond((TcgCond)i->aux, (uint32_t)v[i->c].u64[0]) ? v[i->a] : v[i->b];
            if (i->type == TCG_I32) {
                d->u64[0] = (uint32_t)d->u64[0];
            }
            break;
        case TCG_OP_hcall: case TCG_OP_vcall:
            do_call(env, i, v, d);
            break;
        case TCG_OP_brcc:
            if (tcg_eval_cond((TcgCond)i->aux, (uint32_t)v[i->a].u64[0])) {
                return next_block(env, tcg_ins_imm(i), i->type);
            }
            break;
        case TCG_OP_jmp: case TCG_OP_call:
            return next_block(env, tcg_ins_imm(i), i->type);
        case TCG_OP_jmpi: case TCG_OP_calli: case TCG_OP_ret:
            return next_block(env, v[i->a].u64[0] & ~(uint64_t)tcg_state.guest->target_ignores, 0);
        case TCG_OP_exit:
            return do_fetch_fault(env, i);
        default:
            do_value(env, i, v, d);
            break;
        }
    }
    abort();                    /* the builder ends every block with an operation that leaves */
}
