/* SPDX-License-Identifier: BSD-2-Clause */
/* isagen: the decision tree. Each node tests a run of bits that splits its rows well; a row that does not fix
 * the run goes into every branch. Leaves test constraints, and bits that only one row cares about. */
#include "isagen.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_RUN = 8, LINEAR_ROWS = 2 };

typedef struct List {
    const Row **rows;
    int n;
} List;

static uint32_t run_mask(Slice s)
{
    return 0xffffffffu >> (32 - s.len) << s.pos;
}

void emit_extract(FILE *f, const Extract *e)
{
    unsigned left = e->shift;

    if (e->is_const) {
        fprintf(f, "%d", e->value);
        return;
    }
    for (int i = e->nslices - 1; i >= 0; i--) {
        Slice s = e->slices[i];

        fputs(i < e->nslices - 1 ? " | " : "", f);
        if (i == 0 && e->is_signed) {
            fprintf(f, "(uint32_t)((int32_t)(insn << %d) >> %d) << %u", 32 - s.pos - s.len, 32 - s.len, left);
        } else {
            fprintf(f, "(insn >> %d & 0x%xu) << %u", s.pos, 0xffffffffu >> (32 - s.len), left);
        }
        left += s.len;
    }
}

static void emit_condition(FILE *f, const Row *r, uint32_t tested)
{
    static const char *const ops[] = { "!=", "==", "<=", ">=", "<", ">" };
    uint32_t mask = r->mask & ~tested;
    const char *glue = "";

    if (mask) {
        fprintf(f, "(insn & 0x%08xu) == 0x%08xu", mask, r->value & mask);
        glue = " && ";
    }
    for (int i = 0; i < r->nconstraints; i++) {
        const Constraint *c = &r->constraints[i];

        if (c->soft) {
            continue;
        }
        fprintf(f, "%s(int32_t)(", glue);
        emit_extract(f, &c->left);
        fprintf(f, ") %s (int32_t)(", ops[c->op]);
        emit_extract(f, &c->right);
        fputc(')', f);
        glue = " && ";
    }
}

static bool fits(const Row *r, Slice run, uint32_t v)
{
    uint32_t m = run_mask(run) & r->mask;

    return (r->value & m) == (v << run.pos & m);
}

/* How bad a run is: the largest branch, unless rows are copied into too many branches. */
static long run_cost(List l, Slice run)
{
    long total = 0, largest = 0;

    for (uint32_t v = 0; v < 1u << run.len; v++) {
        long n = 0;

        for (int i = 0; i < l.n; i++) {
            n += fits(l.rows[i], run, v);
        }
        total += n;
        largest = n > largest ? n : largest;
    }
    if (total > l.n + l.n / 2 + 4) {
        return 1000000 + total;
    }
    return largest * 64 + run.len;
}

static Slice best_run(List l, uint32_t tested)
{
    Slice best = { 0, 0 };
    long best_cost = 0;
    uint32_t useful = 0;

    for (int i = 0; i < l.n; i++) {
        useful |= l.rows[i]->mask & ~tested;
    }
    for (int pos = 0; pos < 32; pos++) {
        for (int len = 1; len <= MAX_RUN && pos + len <= 32; len++) {
            Slice run = { pos, len };
            long cost;

            if ((run_mask(run) & useful) != run_mask(run)) {
                break;
            }
            cost = run_cost(l, run);
            if (!best.len || cost < best_cost) {
                best = run;
                best_cost = cost;
            }
        }
    }
    return best;
}

static void emit_node(FILE *f, List l, uint32_t tested, int depth)
{
    const int in = 4 * depth;
    Slice run;
    const Row **part;

    while (l.n && (l.n <= LINEAR_ROWS || !(l.rows[0]->mask & ~tested))) {
        const Row *r = l.rows[0];

        if (!(r->mask & ~tested) && !hard_constraints(r)) {
            fprintf(f, "%*sreturn %d; /* %s */\n", in, "", r->order, r->name);
            return;
        }
        fprintf(f, "%*sif (", in, "");
        emit_condition(f, r, tested);
        fprintf(f, ") return %d; /* %s */\n", r->order, r->name);
        l.rows++;
        l.n--;
    }
    if (!l.n) {
        fprintf(f, "%*sreturn -1;\n", in, "");
        return;
    }
    run = best_run(l, tested);
    fprintf(f, "%*sswitch (insn >> %d & 0x%x) {\n", in, "", run.pos, (1u << run.len) - 1);
    part = calloc(l.n, sizeof(*part));
    if (!part) {
        abort();
    }
    for (uint32_t v = 0; v < 1u << run.len; v++) {
        List sub = { part, 0 };

        for (int i = 0; i < l.n; i++) {
            if (fits(l.rows[i], run, v)) {
                part[sub.n++] = l.rows[i];
            }
        }
        if (sub.n) {
            fprintf(f, "%*scase 0x%x:\n", in, "", v);
            emit_node(f, sub, tested | run_mask(run), depth + 1);
        }
    }
    free(part);
    fprintf(f, "%*sdefault:\n%*sreturn -1;\n%*s}\n", in, "", in + 4, "", in, "");
}

void emit_tree(FILE *f, const Tables *t)
{
    List l = { (const Row **)t->rows, t->nrows };

    emit_node(f, l, 0, 1);
}
