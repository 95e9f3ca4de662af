/* SPDX-License-Identifier: BSD-2-Clause */
/* isagen: what the tables cover, whether they are sound, and random instructions made from them. */
#include "isagen.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_EXTS = 128, SAMPLES = 20000, MAX_GROUP = 14 };

/* xorshift64*, so that a seed means the same everywhere. */
static uint32_t next_random(uint64_t *s)
{
    *s ^= *s >> 12;
    *s ^= *s << 25;
    *s ^= *s >> 27;
    return (*s * 0x2545f4914f6cdd1dull) >> 32;
}

int report_coverage(const Tables *t)
{
    const char *ext[MAX_EXTS];
    int done[MAX_EXTS] = { 0 }, todo[MAX_EXTS] = { 0 }, n = 0, all_done = 0, all_todo = 0;

    for (int i = 0; i < t->nrows; i++) {
        const Row *r = t->rows[i];
        int e;

        for (e = 0; e < n && strcmp(ext[e], r->ext); e++) {
        }
        if (e == n) {
            if (n == MAX_EXTS) {
                fprintf(stderr, "more than %d extensions\n", MAX_EXTS);
                return 1;
            }
            ext[n++] = r->ext;
        }
        *(r->todo ? &todo[e] : &done[e]) += 1;
        *(r->todo ? &all_todo : &all_done) += 1;
    }
    printf("%-16s %6s %6s\n", "extension", "done", "todo");
    for (int e = 0; e < n; e++) {
        printf("%-16s %6d %6d\n", ext[e], done[e], todo[e]);
    }
    printf("%-16s %6d %6d\n", "all", all_done, all_todo);
    return 0;
}

/* Two rows of equal rank that one instruction can match. */
static int check_overlaps(const Tables *t)
{
    int bad = 0;
    uint64_t seed = 1;

    for (int i = 0; i < t->nrows; i++) {
        for (int j = i + 1; j < t->nrows; j++) {
            const Row *a = t->rows[i], *b = t->rows[j];

            if (__builtin_popcount(a->mask) != __builtin_popcount(b->mask)
                || hard_constraints(a) != hard_constraints(b) || (a->value ^ b->value) & a->mask & b->mask) {
                continue;
            }
            for (int k = 0; k < SAMPLES; k++) {
                uint32_t insn = (next_random(&seed) & ~(a->mask | b->mask)) | a->value | b->value;

                if (row_matches(a, insn) && row_matches(b, insn)) {
                    fprintf(stderr, "%s:%d: %s and %s (%s:%d) both match %08x\n",
                            a->file, a->line, a->name, b->name, b->file, b->line, insn);
                    bad++;
                    break;
                }
            }
        }
    }
    return bad;
}

static bool random_insn(const Tables *t, const Row *r, uint64_t *seed, uint32_t *insn)
{
    uint32_t used = r->length == 2 ? 0xffff : 0xffffffff;

    for (int k = 0; k < SAMPLES; k++) {
        *insn = ((next_random(seed) & ~r->mask) | r->value) & used;
        if (tables_find(t, *insn) == r && row_predictable(r, *insn)) {
            return true;
        }
    }
    return false;
}

int report_check(const Tables *t)
{
    int bad = check_overlaps(t);
    uint64_t seed = 2;

    for (int i = 0; i < t->nrows; i++) {
        const Row *r = t->rows[i];
        uint32_t insn;

        if (!random_insn(t, r, &seed, &insn)) {
            fprintf(stderr, "%s:%d: %s is hidden by other rows\n", r->file, r->line, r->name);
            bad++;
        }
    }
    if (!bad) {
        printf("%d rows, sound\n", t->nrows);
    }
    return bad != 0;
}

/* Whether name is in the comma separated list; NULL holds everything, a leading ^ everything but. */
static bool in_list(const char *list, const char *name)
{
    size_t len = strlen(name);
    bool not;

    if (!list) {
        return true;
    }
    not = *list == '^';
    for (const char *p = list + not; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL) {
        if (!strncmp(p, name, len) && (!p[len] || p[len] == ',')) {
            return !not;
        }
    }
    return not;
}

/* The rows that cases are made of, in an order of their own. */
static int chosen_rows(const Tables *t, const char *ext, const char *row, const Row **rows)
{
    int n = 0;

    for (int i = 0; i < t->nrows; i++) {
        const Row *r = t->rows[i];

        if (!r->todo && in_list(ext, r->ext) && in_list(row, r->name)) {
            rows[n++] = r;
        }
    }
    return n;
}

int report_random(const Tables *t, const RandomOptions *o)
{
    const Row **rows = calloc(t->nrows, sizeof(*rows));
    uint64_t seed = o->seed * 0x9e3779b97f4a7c15ull + 0x1234567;
    const int n = rows ? chosen_rows(t, o->ext, o->row, rows) : 0;
    unsigned number = (unsigned)o->seed << 20;

    for (unsigned i = 0; i < n * o->count; i++) {
        const Row *used[MAX_GROUP];
        const unsigned group = o->group < MAX_GROUP ? o->group : MAX_GROUP;

        printf("%x:", ++number);
        for (unsigned k = 0; k < group; k++) {
            uint32_t insn = 0;

            used[k] = k ? rows[next_random(&seed) % n] : rows[i / o->count];
            random_insn(t, used[k], &seed, &insn);
            printf(used[k]->length == 2 ? " %04x" : " %08x", insn);
        }
        for (unsigned k = 0; k < group; k++) {
            printf(k ? " %s" : " # %s", used[k]->name);
        }
        putchar('\n');
    }
    free(rows);
    return n ? 0 : 1;
}
