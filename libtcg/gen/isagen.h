/* SPDX-License-Identifier: BSD-2-Clause */
/* isagen's picture of a guest's .isa tables; the format itself is described in README.md. */
#ifndef GEN_ISAGEN_H
#define GEN_ISAGEN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum {
    MAX_NAME = 40,
    MAX_SLICES = 8,
    MAX_EXTRACTS = 16,      /* per row */
    MAX_CONSTRAINTS = 8,    /* per row */
    MAX_FIELDS = 256,       /* %field lines */
};

/* A run of instruction bits. */
typedef struct Slice {
    uint8_t pos, len;
} Slice;

/* How one member of Args is made: a constant, or slices put together, most significant first. */
typedef struct Extract {
    char name[MAX_NAME];
    bool is_signed, is_const;
    uint8_t nslices, shift;
    int32_t value;
    Slice slices[MAX_SLICES];
} Extract;

typedef enum ConstraintOp { CON_NE, CON_EQ, CON_LE, CON_GE, CON_LT, CON_GT } ConstraintOp;

typedef struct Constraint {
    ConstraintOp op;
    bool soft;              /* what breaks it is defined, but nobody should rely on how */
    Extract left, right;    /* right is a constant or another field */
} Constraint;

typedef struct Row {
    char name[MAX_NAME], func[MAX_NAME], ext[MAX_NAME];
    char *text, *manual;
    const char *file;
    int line, order;
    bool todo;
    uint8_t length;         /* bytes */
    uint8_t nextracts, nconstraints;
    int format;             /* rows with equal extracts share a number */
    uint32_t mask, value;
    Extract extracts[MAX_EXTRACTS];
    Constraint constraints[MAX_CONSTRAINTS];
} Row;

typedef struct Tables {
    char prefix[MAX_NAME], ext_header[80];
    Row **rows;             /* in priority order after tables_sort */
    int nrows, nformats, nfields;
    Extract fields[MAX_FIELDS];
    int errors;             /* counted and already reported */
} Tables;

/* isagen-read.c: adds one file's rows; complaints go to stderr and are counted. */
void tables_read(Tables *t, const char *path);
/* Numbers the formats and puts the rows into priority order: more fixed bits, more constraints, order. */
void tables_sort(Tables *t);
int32_t extract_value(const Extract *e, uint32_t insn);
bool row_matches(const Row *r, uint32_t insn);
/* Whether the soft constraints hold, too. */
bool row_predictable(const Row *r, uint32_t insn);
int hard_constraints(const Row *r);
/* The row that insn decodes to, or NULL. */
const Row *tables_find(const Tables *t, uint32_t insn);

/* isagen-tree.c: the body of the function that finds a row's number, as nested switches. */
void emit_tree(FILE *f, const Tables *t);
/* A C expression for e's value in terms of "insn". */
void emit_extract(FILE *f, const Extract *e);

/* isagen-emit.c */
void emit_header(FILE *f, const Tables *t);
void emit_source(FILE *f, const Tables *t, const char *header);

/* isagen-report.c */
int report_coverage(const Tables *t);
int report_check(const Tables *t);

/* Random encodings of the rows that ext and row choose (lists, or NULL): count cases for each row, a case being
 * group instructions, the first of that row and the rest of any. Lines are "number: hex ... # row ...". */
typedef struct RandomOptions {
    const char *ext, *row;
    unsigned count, group;
    uint64_t seed;
} RandomOptions;
int report_random(const Tables *t, const RandomOptions *o);

#endif
