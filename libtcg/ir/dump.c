/* SPDX-License-Identifier: BSD-2-Clause */
/* Printing IR to the log. */
#include "ir/block.h"

#include "base/log.h"

#include <stdio.h>
#include <string.h>

static const char *const type_names[] = { "i32", "i64", "f16", "f32", "f64", "v128", "fl", "-" };

static void operand(const TcgBuild *b, char kind, TcgRef r, char *buf, size_t size)
{
    uint64_t k;

    if (kind == 'I') {
        snprintf(buf, size, " #%d", (int)r);
    } else if (r == 0) {
        snprintf(buf, size, " _");
    } else if (tcg_is_const(b, r, &k)) {
        snprintf(buf, size, " 0x%llx", (unsigned long long)k);
    } else {
        snprintf(buf, size, " %%%u", r);
    }
}

static void dump_ins(const TcgBuild *b, TcgRef r)
{
    const TcgIns *i = &b->ins[r];
    const char *sig = tcg_op_sig((TcgOp)i->op);
    const TcgRef ops[3] = { i->a, i->b, i->c };
    char line[160], part[40];
    int n;

    switch (i->op) {
    case TCG_OP_const:
        return;
    case TCG_OP_get:
        log_printf("  %%%-4u = get %s\n", r, b->guest->regs[i->a].name);
        return;
    case TCG_OP_put:
        operand(b, 'x', i->b, part, sizeof part);
        log_printf("          put %s%s\n", b->guest->regs[i->a].name, part);
        return;
    default:
        break;
    }
    if (sig[0] == '-') {
        n = snprintf(line, sizeof line, "          %s", tcg_op_name((TcgOp)i->op));
    } else {
        n = snprintf(line, sizeof line, "  %%%-4u = %s.%s", r, tcg_op_name((TcgOp)i->op), type_names[i->type]);
    }
    if (i->aux) {
        n += snprintf(line + n, sizeof line - (size_t)n, ",%x", i->aux);
    }
    bool index = (i->op == TCG_OP_ld || i->op == TCG_OP_st) && (i->aux & TCG_MO_INDEX);
    for (unsigned k = 0; sig[0] && sig[k + 1] && k < 3; k++) {
        operand(b, index && k == 1 ? 'x' : sig[k + 1], ops[k], part, sizeof part);
        n += snprintf(line + n, sizeof line - (size_t)n, "%s", part);
    }
    if (tcg_op_effects((TcgOp)i->op) & TCG_EFF_E) {
        n += snprintf(line + n, sizeof line - (size_t)n, " -> 0x%llx", (unsigned long long)tcg_ins_imm(i));
    }
    log_printf("%s\n", line);
}

void tcg_dump(const TcgBuild *b, const char *title)
{
    log_printf("%s: 0x%llx mode %x, %u instructions, %u records\n", title,
               (unsigned long long)b->start_pc, b->mode, b->guest_insns, b->n);
    const TcgMark *m = b->marks;
    for (TcgRef r = 1; r < b->n; r++) {
        for (; m->first == r; m++) {
            log_printf(" ---- 0x%llx\n", (unsigned long long)b->start_pc + m->pc_delta);
        }
        dump_ins(b, r);
    }
}
