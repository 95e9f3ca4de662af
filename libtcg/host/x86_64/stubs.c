/* SPDX-License-Identifier: BSD-2-Clause */
/* Code made once: the way in, the ways out, and the calls of C functions. */
#include "host/x86_64/stubs.h"

#include "host/x86_64/code.h"
#include "host/x86_64/emit.h"
#include "run/soft.h"

#include <signal.h>
#include <stdlib.h>

enum { SENTINELS = 32, SCAN = 8 };
#define SENTINEL_PC ((uint64_t)0x8000000000000001)

static const void *entry[HX_FIRST_OP];      /* stubs by helper index */
static const void *enter_code, *sentinel_code;

static Mem home(const TcgGuest *guest, const HxPins *pins, int reg)
{
    return mem_env(guest->regs[pins->guest[reg]].offset);
}

static void transfer(Enc *e, const TcgGuest *guest, const HxPins *pins, uint32_t set, bool store)
{
    for (uint32_t s = set; s; s &= s - 1) {
        int reg = __builtin_ctz(s);
        if (pins->guest[reg] < 0) {
            continue;
        }
        Mem m = home(guest, pins, reg);
        TcgType t = (TcgType)guest->regs[pins->guest[reg]].type;
        if (reg >= XMM0) {
            (store ? x_vstore : x_vload)(e, t, reg, m);
        } else {
            (store ? x_store : x_load)(e, true, reg, m);
        }
    }
}

static const int saved[] = { RBX, RBP, R12, R13, R14, R15 };

static void push(Enc *e, int r, bool pop)
{
    if (r > 7) {
        enc8(e, 0x41);
    }
    enc8(e, (pop ? 0x58u : 0x50u) | (unsigned)(r & 7));
}

/* int enter(env, code) */
static void make_enter(Enc *e, const TcgGuest *guest, const HxPins *pins)
{
    for (unsigned k = 0; k < 6; k++) {
        push(e, saved[k], false);
    }
    x_alu_ri(e, X_SUB, true, RSP, 8);
    x_lea(e, true, RBP, mem_b(RDI, TCG_ENV_BIAS));
    x_mov_rr(e, true, RAX, RSI);
    x_store(e, true, RSP, mem_thread(host_sp));
    transfer(e, guest, pins, ~0u, false);
    x_load(e, true, RSP, mem_thread(rs_sp));
    enc_rr(e, 0xff, false, 4, RAX, false);
}

/* eax: the result */
static void make_leave(Enc *e, const TcgGuest *guest, const HxPins *pins)
{
    transfer(e, guest, pins, ~0u, true);
    x_store(e, true, RSP, mem_thread(rs_sp));
    x_load(e, true, RSP, mem_thread(host_sp));
    x_alu_ri(e, X_ADD, true, RSP, 8);
    for (unsigned k = 6; k-- > 0;) {
        push(e, saved[k], true);
    }
    enc8(e, 0xc3);
}

/* rax: the slot that was not linked */
static void make_link(Enc *e, const uint8_t *leave)
{
    x_store(e, true, RAX, mem_thread(link_slot));
    x_load(e, true, RAX, mem_b(RAX, offsetof(TcgSlot, pc)));
    x_store(e, true, RAX, mem_env(offsetof(TcgEnv, pc)));
    x_mov_ri(e, RAX, (uint32_t)TCG_EXIT_NEXT);
    x_jmp_to(e, leave);
}

/* What the guest ignores is ignored here, not at each jump: the jump cache and calls have addresses without it. */
static void clear_ignored(Enc *e, const TcgGuest *guest)
{
    if (guest->target_ignores) {
        x_alu_ri(e, X_AND, true, RAX, ~(int32_t)guest->target_ignores);
    }
}

/* rax: a guest address that the jump cache does not have */
static void make_miss(Enc *e, const TcgGuest *guest, const uint8_t *leave)
{
    clear_ignored(e, guest);
    x_store(e, true, RAX, mem_env(offsetof(TcgEnv, pc)));
    x_mov_ri(e, RAX, (uint32_t)TCG_EXIT_NEXT);
    x_jmp_to(e, leave);
}

/* rax: a return address that is not the last call's. Perhaps frames were skipped: look a little deeper. */
static void make_ret_miss(Enc *e, const TcgGuest *guest, const uint8_t *miss)
{
    const unsigned align = guest->insn_align;
    uint8_t *found[SCAN];

    clear_ignored(e, guest);
    for (int k = 1; k < SCAN; k++) {
        x_alu_rm(e, X_CMP, true, RAX, mem_b(RSP, 8 + 16 * k));
        found[k] = x_jcc(e, X_E);
    }
    x_load(e, true, RCX, mem_env(offsetof(TcgEnv, jump_cache)));
    x_mov_rr(e, false, RDX, RAX);
    x_alu_ri(e, X_AND, false, RDX, (int32_t)((TCG_JC_ENTRIES - 1) * align));
    for (unsigned a = align; a < 16 / 8; a *= 2) {
        x_shift_i(e, X_SHL, false, RDX, 1);
    }
    unsigned scale = align == 4 ? 2 : 3;
    x_alu_rm(e, X_CMP, true, RAX, mem_bi(RCX, RDX, scale, 0));
    x_jcc_to(e, X_NE, miss);
    x_jmp_m(e, mem_bi(RCX, RDX, scale, 8));
    for (int k = 1; k < SCAN; k++) {
        x_here(e, found[k]);
        x_alu_ri(e, X_ADD, true, RSP, 16 * k);
        enc8(e, 0xc3);
    }
}

/* Nobody called: the guest went to the address that stands for the bottom. */
static void make_sentinel(Enc *e, const uint8_t *miss)
{
    x_load(e, true, RSP, mem_thread(rs_base));
    x_mov_ri(e, RAX, SENTINEL_PC);
    x_jmp_to(e, miss);
}

/* rax: a C function; edx: imm of a vector function; operands in args. full: it may see and change the guest's
 * registers and fault. */
static void make_call(Enc *e, const TcgGuest *guest, const HxPins *pins, bool scalar, bool full)
{
    uint32_t caller_saved = 1u << RSI | 1u << RDI | 1u << R8 | 1u << R9 | 1u << R10 | 1u << R11 | 0xffff0000u;
    uint32_t set = full ? ~0u : caller_saved;

    transfer(e, guest, pins, set, true);
    x_alu_ri(e, X_ADD, true, RSP, 8);
    x_store(e, true, RSP, mem_thread(rs_sp));
    x_load(e, true, RSP, mem_thread(host_sp));
    x_lea(e, true, RDI, mem_env(0));
    if (scalar) {
        x_load(e, true, RSI, mem_thread(args[0]));
        x_load(e, true, RDX, mem_thread(args[1]));
        x_load(e, true, RCX, mem_thread(args[2]));
    } else {
        x_mov_rr(e, false, R9, RDX);
        x_lea(e, true, RSI, mem_thread(args[3]));
        x_lea(e, true, RDX, mem_thread(args[0]));
        x_lea(e, true, RCX, mem_thread(args[1]));
        x_lea(e, true, R8, mem_thread(args[2]));
    }
    enc_rr(e, 0xff, false, 2, RAX, false);
    if (scalar) {
        x_store(e, true, RAX, mem_thread(args[3]));
    }
    x_load(e, true, RSP, mem_thread(rs_sp));
    x_alu_ri(e, X_SUB, true, RSP, 8);
    transfer(e, guest, pins, set, false);
    enc8(e, 0xc3);
}

static void align_fault(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c, uint32_t imm)
{
    tcg_helper_fault(env, SIGBUS, BUS_ADRALN, a->u64[0], imm != 0);
}

static void make_all(const TcgGuest *guest, const HxPins *pins)
{
    HxSlab *s = hx_slab();

    if (!s) {
        abort();                /* no memory for the first page of code */
    }
    Enc e = { s->rw_at, s->rx - s->rw };
    const uint8_t *at[HX_FIRST_OP] = { 0 };
#define HERE ((const void *)(e.p + e.rx))
    enter_code = HERE;
    make_enter(&e, guest, pins);
    at[HX_LEAVE] = e.p;
    make_leave(&e, guest, pins);
    at[HX_LINK] = e.p;
    make_link(&e, at[HX_LEAVE]);
    at[HX_MISS] = e.p;
    make_miss(&e, guest, at[HX_LEAVE]);
    at[HX_RET_MISS] = e.p;
    make_ret_miss(&e, guest, at[HX_MISS]);
    sentinel_code = HERE;
    make_sentinel(&e, at[HX_MISS]);
    for (int k = 0; k < 4; k++) {
        at[HX_CALL_FULL + k] = e.p;
        make_call(&e, guest, pins, k >= 2, (k & 1) == 0);
    }
    for (int k = 0; k < HX_ALIGN_FN; k++) {
        entry[k] = at[k] + e.rx;
    }
    entry[HX_ALIGN_FN] = (const void *)(uintptr_t)align_fault;
    s->rw_at = (uint8_t *)(((uintptr_t)e.p + 63) & ~(uintptr_t)63);
    hx_slabs_keep();
}

void hx_stubs_thread(TcgThread *t, const TcgGuest *guest, const HxPins *pins, void *high)
{
    if (!enter_code) {
        make_all(guest, pins);
    }
    memcpy(t->helpers, entry, sizeof entry);
    if (tcg_state.soft) {
        t->helpers[HX_SOFT_LOAD] = (const void *)(uintptr_t)tcg_state.soft->load;
        t->helpers[HX_SOFT_STORE] = (const void *)(uintptr_t)tcg_state.soft->store;
    }
    for (unsigned op = 0; op < TCG_OP_COUNT; op++) {
        t->helpers[HX_FIRST_OP + op] = (const void *)(uintptr_t)tcg_op_fn[op];
    }
    for (unsigned k = 0; k < guest->nhelpers; k++) {
        const TcgHelper *h = &guest->helpers[k];
        t->helpers[HX_FIRST_GUEST + k] = h->scalar ? (const void *)(uintptr_t)h->scalar
                                                   : (const void *)(uintptr_t)h->vector;
    }
    /* The signs are of scalars, so that the bits above stay as they are. */
    static const uint64_t fp_const[K_COUNT][2] = {
        [K_ABS32] = { 0x7fffffff7fffffff, 0x7fffffff7fffffff }, [K_ABS64] = { 0x7fffffffffffffff, 0x7fffffffffffffff },
        [K_MIN32] = { 0x0080000000800000, 0x0080000000800000 }, [K_MIN64] = { 0x0010000000000000, 0x0010000000000000 },
        [K_SIGN32] = { 0x80000000 }, [K_SIGN64] = { 0x8000000000000000 }, [K_SIGN16] = { 0x8000 },
        [K_ABS16] = { 0x7fff7fff7fff7fff, 0x7fff7fff7fff7fff },
    };
    memcpy(t->fp_const, fp_const, sizeof fp_const);
    hx_fp_flags_init(t->fp_flags);
    t->rs_base = t->rs_sp = hx_stubs_return_stack(high);
}

void *hx_stubs_return_stack(void *high)
{
    uint64_t *top = high;

    for (unsigned k = 0; k < SENTINELS; k++) {
        *--top = SENTINEL_PC;
        *--top = (uint64_t)(uintptr_t)sentinel_code;
    }
    return top;
}

int hx_stubs_enter(TcgEnv *env, const void *code)
{
    return ((int (*)(TcgEnv *, const void *))(uintptr_t)enter_code)(env, code);
}
