/* SPDX-License-Identifier: BSD-2-Clause */
/* Building IR: block loop, fetch, registers, constants, control. Folding is in fold.c. */
#include "ir/block.h"

#include "base/log.h"
#include "base/fp.h"
#include "ir/flush.h"
#include "ir/fold.h"
#include "run/thread.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE_MASK (~(uint64_t)4095)
enum { FETCH_REACH = 4 };       /* bytes of the longest instruction */

TcgBuild *tcg_build_new(const TcgGuest *guest, const TcgOwner *owner)
{
    TcgBuild *b = calloc(1, sizeof *b);
    b->ins = calloc(TCG_MAX_INS, sizeof *b->ins);
    b->guest = guest;
    b->owner = owner;
    b->exec_page = ~(uint64_t)0;
    b->fl_reg = TCG_MAX_REGS;
    for (unsigned r = 0; r < guest->nregs; r++) {
        if (guest->regs[r].type == TCG_FL) {
            b->fl_reg = r;
        }
    }
    return b;
}

void tcg_build_free(TcgBuild *b)
{
    free(b->ins);
    free(b);
}

uint64_t tcg_build_pc(const TcgBuild *b)
{
    return b->pc;
}

int tcg_build_prot(const TcgBuild *b)
{
    return b->exec_prot;
}

uint32_t tcg_build_mode(const TcgBuild *b)
{
    return b->mode & ~TCG_MODE_CONTEXT;
}

uint64_t tcg_build_known(const TcgBuild *b)
{
    return b->known;
}

bool tcg_build_first(const TcgBuild *b)
{
    return b->pc == b->start_pc;
}

unsigned tcg_build_context(TcgBuild *b)
{
    b->context_asked = true;
    return b->context;
}

void tcg_build_context_set(TcgBuild *b, unsigned context)
{
    b->context_asked = true;
    b->context = (uint8_t)context;
}

static inline TcgRef append(TcgBuild *b, TcgOp op, TcgType type, unsigned aux, TcgRef x, TcgRef y, TcgRef z)
{
    if (b->n >= TCG_MAX_INS) {
        abort();                /* no instruction emits TCG_MAX_INS - TCG_SOFT_INS records */
    }
    b->ins[b->n] = (TcgIns){ (uint8_t)op, (uint8_t)type, (uint16_t)aux, x, y, z };
    return b->n++;
}

/* Fetch */

/* Forgets the page last found executable, unless nothing was mapped or protected since. */
static void check_changes(TcgBuild *b)
{
    const uint32_t *changes = b->owner->changes;
    uint32_t now = changes ? __atomic_load_n(changes, __ATOMIC_ACQUIRE) : 0;

    if (!changes || now != b->exec_changes) {
        b->exec_page = ~(uint64_t)0;
        b->exec_changes = now;
    }
}

static inline bool page_executable(TcgBuild *b, uint64_t addr)
{
    uint64_t page = addr & PAGE_MASK;

    if (page == b->exec_page) {
        return true;
    }
    if (b->code) {
        const char *host = page == (b->start_pc & PAGE_MASK) ? b->code->host
            : page == (b->start_pc & PAGE_MASK) + 4096 ? b->code->host2 : NULL;
        if (host) {
            b->exec_page = page;
            b->exec_prot = PROT_EXEC;
            b->addend = (uint64_t)(uintptr_t)host - page;
        }
        return host != NULL;
    }
    int prot = b->owner->page_prot(page);
    char probe;
    if (prot < 0 || !(prot & PROT_EXEC) || !b->owner->read(&probe, page, 1)) {
        return false;
    }
    b->exec_page = page;
    b->exec_prot = prot;
    return true;
}

/* May size bytes at pc + offset be read as code? */
static inline bool may_fetch(TcgBuild *b, unsigned offset, unsigned size)
{
    uint64_t first = b->pc + offset, last = first + size - 1;

    if (page_executable(b, first) && page_executable(b, last)) {
        return true;
    }
    b->fetch_failed = true;
    return false;
}

/* Reads n executable bytes. */
static inline void read_code(TcgBuild *b, uint64_t addr, void *to, unsigned n)
{
    if (b->code && ((addr + n - 1) ^ addr) & PAGE_MASK) {       /* pages that need not be neighbours */
        unsigned first = (unsigned)(4096 - (addr & ~PAGE_MASK));
        page_executable(b, addr);
        memcpy(to, (const void *)(uintptr_t)(addr + b->addend), first);
        page_executable(b, addr + first);
        memcpy((char *)to + first, (const void *)(uintptr_t)(addr + first + b->addend), n - first);
        return;
    }
    page_executable(b, addr);
    memcpy(to, (const void *)(uintptr_t)(addr + b->addend), n);
}

void tcg_build_code(TcgBuild *b, uint64_t pc, const TcgCode *code)
{
    b->code = code;
    b->addend = 0;
    if (code) {
        b->exec_page = ~(uint64_t)0;
    }
}

void tcg_build_copy(TcgBuild *b, uint64_t pc, void *to, unsigned n)
{
    read_code(b, pc, to, n);
}

bool tcg_build_fetch16(TcgBuild *b, unsigned offset, uint16_t *out)
{
    if (!may_fetch(b, offset, sizeof *out)) {
        return false;
    }
    read_code(b, b->pc + offset, out, sizeof *out);
    return true;
}

bool tcg_build_fetch32(TcgBuild *b, unsigned offset, uint32_t *out)
{
    if (!may_fetch(b, offset, sizeof *out)) {
        return false;
    }
    read_code(b, b->pc + offset, out, sizeof *out);
    return true;
}

static inline void begin_insn(TcgBuild *b, unsigned length)
{
    b->insn_len = length;
    b->marks[b->guest_insns] = (TcgMark){ (uint16_t)b->n, (uint16_t)(b->pc - b->start_pc) };
}

/* The same where the page is new, or the instruction in two. */
static __attribute__((noinline)) bool insn32_slowly(TcgBuild *b, uint32_t *out)
{
    if (!tcg_build_fetch32(b, 0, out)) {
        return false;
    }
    begin_insn(b, sizeof *out);
    return true;
}

bool tcg_build_insn32(TcgBuild *b, uint32_t *out)
{
    if ((b->pc & PAGE_MASK) != b->exec_page || (b->pc & ~PAGE_MASK) > 4096 - sizeof *out) {
        return insn32_slowly(b, out);
    }
    memcpy(out, (const void *)(uintptr_t)(b->pc + b->addend), sizeof *out);
    begin_insn(b, sizeof *out);
    return true;
}

static __attribute__((noinline)) unsigned insn16_slowly(TcgBuild *b, uint32_t *out)
{
    uint16_t low;

    if (!tcg_build_fetch16(b, 0, &low)) {
        return 0;
    }
    *out = low;
    if ((low & 3) == 3 && !tcg_build_fetch32(b, 0, out)) {
        return 0;
    }
    unsigned length = (low & 3) == 3 ? 4 : 2;
    begin_insn(b, length);
    return length;
}

unsigned tcg_build_insn16(TcgBuild *b, uint32_t *out)
{
    uint32_t insn;

    if ((b->pc & PAGE_MASK) != b->exec_page || (b->pc & ~PAGE_MASK) > 4096 - sizeof insn) {
        return insn16_slowly(b, out);
    }
    memcpy(&insn, (const void *)(uintptr_t)(b->pc + b->addend), sizeof insn);
    unsigned length = (insn & 3) == 3 ? 4 : 2;
    *out = length == 2 ? insn & 0xffff : insn;
    begin_insn(b, length);
    return length;
}

bool tcg_build_peek32(TcgBuild *b, uint64_t pc, uint32_t *out)
{
    if (!page_executable(b, pc) || !page_executable(b, pc + 3)) {
        return false;
    }
    read_code(b, pc, out, 4);
    return true;
}

void tcg_build_insn(TcgBuild *b, unsigned length)
{
    begin_insn(b, length);
}

void tcg_build_undef(TcgBuild *b, const char *todo_name)
{
    if (b->name_undef) {
        uint32_t insn = 0;
        tcg_build_peek32(b, b->pc, &insn);
        log_printf("%s: %s instruction %08x at 0x%llx%s%s\n", b->guest->name,
                   todo_name ? "not implemented:" : "undefined", insn, (unsigned long long)b->pc,
                   todo_name ? ": " : "", todo_name ? todo_name : "");
    }
    tcg_exit(b, TCG_EXIT_UNDEF, b->pc);
}

/* Values */

TcgRef tcg_const(TcgBuild *b, uint64_t v)
{
    unsigned h = (unsigned)((v * 0x9e3779b97f4a7c15) >> 58) & (TCG_CONST_HASH - 1);
    TcgRef r = b->const_hash[h];

    /* An entry that an earlier block left is no constant of this one, or stands for one that replaced it. */
    if (r < b->n && b->ins[r].op == TCG_OP_const && tcg_ins_imm(&b->ins[r]) == v) {
        return r;
    }
    r = append(b, TCG_OP_const, TCG_I64, 0, 0, (uint32_t)v, (uint32_t)(v >> 32));
    b->const_hash[h] = r;
    return r;
}

TcgRef tcg_vconst(TcgBuild *b, uint64_t lo, uint64_t hi)
{
    unsigned i;

    for (i = 0; i < b->nvpool; i++) {
        if (b->vpool[i].u64[0] == lo && b->vpool[i].u64[1] == hi) {
            break;
        }
    }
    if (i == b->nvpool) {
        if (i == TCG_VPOOL) {
            abort();            /* the block loop ends a block long before */
        }
        b->vpool[i].u64[0] = lo;
        b->vpool[i].u64[1] = hi;
        b->nvpool++;
    }
    return append(b, TCG_OP_vconst, TCG_V128, 0, i, 0, 0);
}

bool tcg_is_const(const TcgBuild *b, TcgRef r, uint64_t *v)
{
    if (b->ins[r].op != TCG_OP_const) {
        return false;
    }
    *v = tcg_ins_imm(&b->ins[r]);
    return true;
}

bool tcg_is_entry(const TcgBuild *b, TcgRef r)
{
    return b->ins[r].op == TCG_OP_get;
}

TcgRef tcg_get(TcgBuild *b, unsigned reg)
{
    if (!b->cur[reg]) {
        b->cur[reg] = (uint16_t)append(b, TCG_OP_get, b->guest->regs[reg].type, 0, reg, 0, 0);
    }
    return b->cur[reg];
}

static void put(TcgBuild *b, unsigned reg, TcgType t, TcgRef v)
{
    const TcgIns *is = &b->ins[b->cur[reg]], *to = &b->ins[v];

    if (is->op == TCG_OP_vconst && to->op == TCG_OP_vconst && is->a == to->a) {
        return;                 /* as before: the upper half of an SVE register is mostly zero */
    }
    append(b, TCG_OP_put, t, 0, reg, v, 0);
    b->cur[reg] = (uint16_t)v;
}

static __attribute__((noinline)) void put_converted(TcgBuild *b, unsigned reg, TcgType t, TcgType vt, TcgRef v)
{
    if (t == TCG_V128) {
        v = tcg_op(b, TCG_OP_vzext, t, vt, v, 0, 0);
    }
    put(b, reg, t, v);
    if (t != TCG_V128 && !(t == TCG_I64 && vt == TCG_I32)) {
        b->cur[reg] = 0;        /* widened by the store; its next reader must see the wide form */
    }
}

void tcg_put(TcgBuild *b, unsigned reg, TcgRef v)
{
    TcgType t = b->guest->regs[reg].type, vt = tcg_ins_type(&b->ins[v]);

    if (b->cur[reg] == v) {
        return;
    }
    if (t == vt) {
        put(b, reg, t, v);
    } else {
        put_converted(b, reg, t, vt, v);
    }
}

TcgRef tcg_op_append(TcgBuild *b, TcgOp op, TcgType type, unsigned aux, TcgRef x, TcgRef y, TcgRef z)
{
    return append(b, op, type, aux, x, y, z);
}

TcgRef tcg_op(TcgBuild *b, TcgOp op, TcgType type, unsigned aux, TcgRef x, TcgRef y, TcgRef z)
{
    const bool flush = (tcg_op_info[op].effects & TCG_EFF_P) && (aux >> TCG_FP_MODE_SHIFT & FP_FLUSH);
    TcgRef r = flush ? tcg_flush(b, op, type, aux, x, y, z) : tcg_fold(b, op, type, aux, x, y, z);

    return r ? r : append(b, op, type, aux, x, y, z);
}

TcgRef tcg_extu(TcgBuild *b, TcgType t, TcgRef x, unsigned pos, unsigned len)
{
    return tcg_op(b, TCG_OP_extu, t, pos | len << 8, x, 0, 0);
}

TcgRef tcg_exts(TcgBuild *b, TcgType t, TcgRef x, unsigned pos, unsigned len)
{
    return tcg_op(b, TCG_OP_exts, t, pos | len << 8, x, 0, 0);
}

TcgRef tcg_dep(TcgBuild *b, TcgType t, TcgRef x, TcgRef field, unsigned pos, unsigned len)
{
    return tcg_op(b, TCG_OP_dep, t, pos | len << 8, x, field, 0);
}

TcgRef tcg_sel(TcgBuild *b, TcgType t, TcgCond cc, TcgRef flags, TcgRef x, TcgRef y)
{
    return cc == TCG_AL ? x : tcg_op(b, TCG_OP_sel, t, cc, x, y, flags);
}

TcgRef tcg_setcc(TcgBuild *b, TcgCond cc, TcgRef flags)
{
    return cc == TCG_AL ? tcg_const(b, 1) : tcg_op(b, TCG_OP_setcc, TCG_I64, cc, flags, 0, 0);
}

/* Memory */

/* Splits a displacement that does not fit in 31 bits off into the base. */
static TcgRef fit_disp(TcgBuild *b, TcgRef base, int64_t *disp)
{
    uint64_t k;

    if (tcg_is_const(b, base, &k)) {
        uint64_t sum = k + (uint64_t)*disp;
        *disp = 0;
        return tcg_const(b, sum);
    }
    if (*disp != (int32_t)*disp) {
        base = tcg_add(b, TCG_I64, base, tcg_const(b, (uint64_t)*disp));
        *disp = 0;
    }
    return base;
}

TcgRef tcg_ld(TcgBuild *b, TcgType t, unsigned memop, TcgRef base, int64_t disp)
{
    base = fit_disp(b, base, &disp);
    return append(b, TCG_OP_ld, t, memop, base, (uint32_t)disp, 0);
}

TcgRef tcg_ld_index(TcgBuild *b, TcgType t, unsigned memop, TcgRef base, TcgRef index, unsigned scale)
{
    uint64_t k;

    if (tcg_is_const(b, index, &k)) {
        return tcg_ld(b, t, memop, base, (int64_t)(k << scale));
    }
    return append(b, TCG_OP_ld, t, memop | TCG_MO_INDEX | scale << TCG_MO_SCALE_SHIFT, base, index, 0);
}

/* What a value will be when the block first runs, if that can be told; used as a guess. */
static bool foresee(const TcgBuild *b, TcgRef r, unsigned depth, uint64_t *value)
{
    const TcgIns *i = &b->ins[r];
    uint64_t x, y;

    if (tcg_is_const(b, r, value)) {
        return true;
    }
    if (i->type != TCG_I64 || depth == 0) {
        return false;
    }
    switch (i->op) {
    case TCG_OP_get:
        if (b->rseq->cpu) {
            memcpy(value, b->rseq->cpu + b->guest->regs[i->a].offset, sizeof *value);
        }
        return b->rseq->cpu != NULL;
    case TCG_OP_add:
        if (!foresee(b, i->a, depth - 1, &x) || !foresee(b, i->b, depth - 1, &y)) {
            return false;
        }
        *value = x + y;
        return true;
    case TCG_OP_ld:
        return !(i->aux & TCG_MO_INDEX) && (i->aux & TCG_MO_SIZE) == 3 && foresee(b, i->a, depth - 1, &x)
            && b->rseq->read(x + (uint64_t)(int64_t)(int32_t)i->b, value);
    default:
        return false;
    }
}

/* A store may be that of a descriptor's address to the thread's area. */
static void look_at_store(TcgBuild *b, TcgRef base, int64_t disp, TcgRef v)
{
    const TcgIns *i = &b->ins[v];
    uint64_t at, value = 0;
    bool here = b->rseq->area && foresee(b, base, 3, &at) && at + (uint64_t)disp == b->rseq->area;

    bool constant = i->op == TCG_OP_const || i->op == TCG_OP_ld;    /* or read from a constant place */

    if (!(here || constant) || !foresee(b, v, here ? 3 : 1, &value)) {
        value = 0;
    }
    if (here || (value && !(value & 31))) {
        b->again |= b->rseq->stored(b->pc, here, value);
    }
}

void tcg_st(TcgBuild *b, TcgType t, unsigned memop, TcgRef base, int64_t disp, TcgRef v)
{
    if (b->rseq && (memop & TCG_MO_SIZE) == 3 && t == TCG_I64) {
        look_at_store(b, base, disp, v);
    }
    base = fit_disp(b, base, &disp);
    append(b, TCG_OP_st, t, memop, base, (uint32_t)disp, v);
}

TcgRef tcg_ldm(TcgBuild *b, TcgRef base, int16_t disp, TcgRef mask)
{
    return append(b, TCG_OP_ldm, TCG_V128, (uint16_t)disp, base, mask, 0);
}

void tcg_stm(TcgBuild *b, TcgRef base, int16_t disp, TcgRef mask, TcgRef v)
{
    append(b, TCG_OP_stm, TCG_V128, (uint16_t)disp, base, mask, v);
}

static uint16_t lane_aux(unsigned lane, unsigned index, bool always)
{
    return (uint16_t)(lane | index << 4 | (always ? TCG_LANE_ALWAYS : 0));
}

TcgRef tcg_ld_lane(TcgBuild *b, unsigned lane, unsigned index, TcgRef addr, TcgRef mask, TcgRef v)
{
    return append(b, TCG_OP_ldl, TCG_V128, lane_aux(lane, index, !mask), addr, mask ? mask : addr, v);
}

void tcg_st_lane(TcgBuild *b, unsigned lane, unsigned index, TcgRef addr, TcgRef mask, TcgRef v)
{
    append(b, TCG_OP_stl, TCG_V128, lane_aux(lane, index, !mask), addr, mask ? mask : addr, v);
}

void tcg_st_index(TcgBuild *b, TcgType t, unsigned memop, TcgRef base, TcgRef index, unsigned scale, TcgRef v)
{
    uint64_t k;

    if (tcg_is_const(b, index, &k)) {
        tcg_st(b, t, memop, base, (int64_t)(k << scale), v);
        return;
    }
    append(b, TCG_OP_st, t, memop | TCG_MO_INDEX | scale << TCG_MO_SCALE_SHIFT, base, index, v);
}

/* Control */

static void leave(TcgBuild *b, TcgOp op, unsigned aux, TcgRef x, uint64_t pc)
{
    const bool direct = op == TCG_OP_brcc || op == TCG_OP_jmp;
    const unsigned context = direct && b->context_asked ? b->context : 0;
    append(b, op, (TcgType)context, aux, x, (uint32_t)pc, (uint32_t)(pc >> 32));
    b->ended = op != TCG_OP_brcc;
}

/* Does the block go on only where cc does not hold in flags? Every way here since then came by that branch. */
static bool left_already(const TcgBuild *b, TcgCond cc, TcgRef flags)
{
    for (uint32_t i = b->n - 1; i > flags; i--) {
        if (b->ins[i].op == TCG_OP_brcc && b->ins[i].a == flags && b->ins[i].aux == (unsigned)cc) {
            return true;
        }
    }
    return false;
}

void tcg_brcc(TcgBuild *b, TcgCond cc, TcgRef flags, uint64_t target)
{
    bool taken;

    if (cc == TCG_AL) {
        tcg_jmp(b, target);
    } else if (tcg_fold_cond(b, cc, flags, &taken)) {
        if (taken) {
            tcg_jmp(b, target);
        }
    } else if (!left_already(b, cc, flags)) {
        leave(b, TCG_OP_brcc, cc, flags, target);
        const bool own = target == b->start_pc && b->ins[b->n - 1].type == b->mode >> TCG_MODE_CONTEXT_SHIFT;
        b->closed |= own || ++b->branches == TCG_MAX_BRANCHES;
        /* record 1 is the flags at entry */
        b->flags_loop |= target == b->start_pc && b->fl_reg < TCG_MAX_REGS && flags == b->cur[b->fl_reg] && flags > 1;
    }
}

void tcg_jmp(TcgBuild *b, uint64_t target)
{
    leave(b, TCG_OP_jmp, 0, 0, target);
}

void tcg_call(TcgBuild *b, uint64_t target)
{
    leave(b, TCG_OP_call, b->insn_len, 0, target);
}

void tcg_jmpi(TcgBuild *b, TcgRef target)
{
    uint64_t k;

    if (tcg_is_const(b, target, &k)) {
        tcg_jmp(b, k & ~(uint64_t)b->guest->target_ignores);
    } else {
        leave(b, TCG_OP_jmpi, 0, target, 0);
    }
}

void tcg_calli(TcgBuild *b, TcgRef target)
{
    uint64_t k;

    if (tcg_is_const(b, target, &k)) {
        tcg_call(b, k & ~(uint64_t)b->guest->target_ignores);
    } else {
        leave(b, TCG_OP_calli, b->insn_len, target, 0);
    }
}

void tcg_ret(TcgBuild *b, TcgRef target)
{
    leave(b, TCG_OP_ret, 0, target, 0);
}

void tcg_exit(TcgBuild *b, TcgExit reason, uint64_t pc)
{
    leave(b, TCG_OP_exit, reason, 0, pc);
}

static void forget_written(TcgBuild *b, unsigned flags)
{
    if (flags & TCG_H_WRITE) {
        memset(b->cur, 0, sizeof b->cur);
    }
}

TcgRef tcg_hcall(TcgBuild *b, unsigned helper, TcgType t, TcgRef x, TcgRef y, TcgRef z)
{
    TcgRef r = append(b, TCG_OP_hcall, t, helper, x, y, z);
    forget_written(b, b->guest->helpers[helper].flags);
    return r;
}

TcgRef tcg_vcall(TcgBuild *b, unsigned helper, TcgType t, TcgRef x, TcgRef y, TcgRef z)
{
    TcgRef r = append(b, TCG_OP_vcall, t, helper, x, y, z);
    forget_written(b, b->guest->helpers[helper].flags);
    return r;
}

unsigned tcg_fp_mode(unsigned fp_mode_bits)
{
    return fp_mode_bits << TCG_FP_MODE_SHIFT;
}

static bool full(const TcgBuild *b, unsigned max_insns)
{
    return b->closed || b->guest_insns >= max_insns || b->n > TCG_SOFT_INS || b->nvpool > TCG_VPOOL / 2;
}

/* The block loop. A block is a contiguous run of instructions in at most two pages, ended by an
 * instruction that always leaves, by its size, or by the next instruction not being there. */
void tcg_build_block(TcgBuild *b, uint64_t pc, uint32_t mode, unsigned max_insns)
{
    uint64_t last_page = (pc & PAGE_MASK) + 4096;
    bool (*breakpoint)(uint64_t pc) = b->ignore_breaks ? NULL : b->owner->breakpoint;

    b->n = 1;
    b->start_pc = b->pc = pc;
    b->mode = mode;
    b->known = b->guest->known ? b->guest->known(mode & ~TCG_MODE_CONTEXT) : 0;
    b->context = (uint8_t)(mode >> TCG_MODE_CONTEXT_SHIFT);
    b->context_asked = false;
    check_changes(b);
    b->guest_insns = 0;
    b->ended = b->fetch_failed = b->flags_loop = false;
    b->nvpool = b->branches = 0;
    b->closed = b->views = b->again = false;
    b->alone = b->rseq && b->rseq->any && b->rseq->runs_alone(pc);
    max_insns = b->alone ? 1 : max_insns;
    memset(b->cur, 0, b->guest->nregs * sizeof *b->cur);
    if (b->fl_reg < TCG_MAX_REGS) {
        tcg_get(b, b->fl_reg);  /* record 1: the flags at entry, which tier 1 may keep in the host's */
    }
    for (;;) {
        if (breakpoint && breakpoint(b->pc)) {
            if (b->guest_insns) {
                tcg_jmp(b, b->pc);
            } else {
                tcg_build_insn(b, b->guest->insn_align);
                tcg_exit(b, TCG_EXIT_BREAK, pc);
                b->pc += b->guest->insn_align;
            }
            break;
        }
        if (b->rseq && b->rseq->any && b->guest_insns && b->rseq->runs_alone(b->pc)) {
            tcg_jmp(b, b->pc);
            break;
        }
        uint32_t before = b->n;
        b->guest->translate(b);
        if (b->fetch_failed) {
            b->n = before;
            if (b->guest_insns == 0) {
                /* Reaches into the next page if the instruction may: either can become executable. */
                tcg_build_insn(b, FETCH_REACH);
                tcg_exit(b, TCG_EXIT_FAULT, pc);
                b->pc += FETCH_REACH;
            } else {
                tcg_jmp(b, b->pc);
            }
            break;
        }
        b->guest_insns++;
        b->pc += b->insn_len;
        if (b->ended) {
            break;
        }
        if (full(b, max_insns) || (b->pc & PAGE_MASK) > last_page || (b->code && ((b->pc ^ pc) & PAGE_MASK))) {
            tcg_jmp(b, b->pc);
            break;
        }
    }
    b->marks[b->guest_insns ? b->guest_insns : 1].first = UINT16_MAX;   /* an exit at once is marked and not counted */
    b->end_pc = b->pc;
}
