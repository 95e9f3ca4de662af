/* SPDX-License-Identifier: BSD-2-Clause */
/* isagen: reads .isa tables. */
#include "isagen.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_COLUMNS = 7, MAX_LINE = 1024 };

typedef struct Reader {
    Tables *t;
    const char *path;
    int line;
    unsigned bits;          /* %length */
} Reader;

__attribute__((format(printf, 2, 3)))
static void complain(Reader *r, const char *fmt, ...)
{
    va_list ap;

    fprintf(stderr, "%s:%d: ", r->path, r->line);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    r->t->errors++;
}

static void *grow(void *p, size_t size)
{
    p = realloc(p, size);
    if (!p) {
        abort();
    }
    return p;
}

static char *trim(char *s)
{
    char *end = s + strlen(s);

    while (isspace((unsigned char)*s)) {
        s++;
    }
    while (end > s && isspace((unsigned char)end[-1])) {
        *--end = 0;
    }
    return s;
}

static bool is_name(const char *s)
{
    if (!isalpha((unsigned char)*s) || strlen(s) >= MAX_NAME) {
        return false;
    }
    while (*s) {
        if (!isalnum((unsigned char)*s) && *s != '_') {
            return false;
        }
        s++;
    }
    return true;
}

static void set_name(Reader *r, char *to, const char *from)
{
    if (!is_name(from)) {
        complain(r, "'%s' is not a name", from);
        from = "bad";
    }
    snprintf(to, MAX_NAME, "%s", from);
}

static unsigned extract_bits(const Extract *e)
{
    unsigned n = e->shift;

    for (int i = 0; i < e->nslices; i++) {
        n += e->slices[i].len;
    }
    return n;
}

static const Extract *find_field(const Tables *t, const Row *row, const char *name)
{
    for (int i = 0; row && i < row->nextracts; i++) {
        if (!strcmp(row->extracts[i].name, name)) {
            return &row->extracts[i];
        }
    }
    for (int i = 0; i < t->nfields; i++) {
        if (!strcmp(t->fields[i].name, name)) {
            return &t->fields[i];
        }
    }
    return NULL;
}

/* %field name s20:12 7:5 <<1 */
static void read_field(Reader *r, char *rest)
{
    char *save, *word = strtok_r(rest, " \t", &save);
    Extract *e;

    if (!word || r->t->nfields == MAX_FIELDS) {
        complain(r, "%%field without a name, or too many of them");
        return;
    }
    if (find_field(r->t, NULL, word)) {
        complain(r, "field %s was there before", word);
    }
    e = &r->t->fields[r->t->nfields++];
    memset(e, 0, sizeof(*e));
    set_name(r, e->name, word);
    while ((word = strtok_r(NULL, " \t", &save))) {
        unsigned pos, len;
        bool sign = *word == 's';

        if (sscanf(word, "<<%u", &len) == 1 && len < 32) {
            e->shift = len;
            continue;
        }
        if (sign || *word == 'u') {
            word++;
        }
        if (sscanf(word, "%u:%u", &pos, &len) != 2 || !len || pos + len > 32 || e->nslices == MAX_SLICES) {
            complain(r, "bad slice '%s' of field %s", word, e->name);
            continue;
        }
        e->is_signed |= sign && !e->nslices;
        e->slices[e->nslices++] = (Slice){ pos, len };
    }
    if (!e->nslices || extract_bits(e) > 32) {
        complain(r, "field %s has no bits or more than 32", e->name);
    }
}

static void add_extract(Reader *r, Row *row, const Extract *e)
{
    if (row->nextracts == MAX_EXTRACTS) {
        complain(r, "too many fields");
        return;
    }
    for (int i = 0; i < row->nextracts; i++) {
        if (!strcmp(row->extracts[i].name, e->name)) {
            complain(r, "field %s twice", e->name);
        }
    }
    row->extracts[row->nextracts++] = *e;
}

/* Column 2: 0110 name:5 name:s9 .:3 ... */
static void read_pattern(Reader *r, Row *row, char *text)
{
    char *save;
    int pos = r->bits;

    for (char *w = strtok_r(text, " \t", &save); w; w = strtok_r(NULL, " \t", &save)) {
        char *colon = strchr(w, ':');

        if (colon) {
            Extract e = { 0 };
            bool sign = colon[1] == 's';
            int len = (int)strtol(colon + 1 + sign, NULL, 10);

            *colon = 0;
            pos -= len;
            if (len < 1 || pos < 0) {
                complain(r, "bad length of '%s'", w);
                return;
            }
            if (strcmp(w, ".")) {
                set_name(r, e.name, w);
                e.is_signed = sign;
                e.nslices = 1;
                e.slices[0] = (Slice){ pos, len };
                add_extract(r, row, &e);
            }
            continue;
        }
        for (; *w; w++) {
            if (--pos < 0 || !strchr("01.", *w)) {
                complain(r, "bad pattern at '%s'", w);
                return;
            }
            if (*w != '.') {
                row->mask |= 1u << pos;
                row->value |= (uint32_t)(*w == '1') << pos;
            }
        }
    }
    if (pos) {
        complain(r, "pattern of %s has %d bits, not %u", row->name, (int)r->bits - pos, r->bits);
    }
}

static Extract constant(int32_t v)
{
    return (Extract){ .is_const = true, .value = v };
}

/* name<op>number, name<op>name or name=number */
static void read_relation(Reader *r, Row *row, char *word, char *op)
{
    static const char *const ops[] = { "!=", "==", "<=", ">=", "<", ">" };
    const Extract *e;
    Constraint c = { 0 };
    char *right, *end;
    int kind = -1;
    long v;

    for (unsigned i = 0; i < sizeof(ops) / sizeof(ops[0]) && kind < 0; i++) {
        if (!strncmp(op, ops[i], strlen(ops[i]))) {
            kind = i;
        }
    }
    right = op + (kind >= 0 ? strlen(ops[kind]) : 1);
    *op = 0;
    c.soft = *word == '?';
    word += c.soft;
    v = strtol(right, &end, 0);
    if (kind < 0) {
        Extract set = constant(v);

        set_name(r, set.name, word);
        add_extract(r, row, &set);
        return;
    }
    e = find_field(r->t, row, word);
    if (!e || row->nconstraints == MAX_CONSTRAINTS) {
        complain(r, "unknown field '%s', or too many constraints", word);
        return;
    }
    c.op = kind;
    c.left = *e;
    c.right = constant(v);
    if (*end || end == right) {
        e = find_field(r->t, row, right);
        if (!e) {
            complain(r, "'%s' is neither a number nor a field", right);
            return;
        }
        c.right = *e;
    }
    row->constraints[row->nconstraints++] = c;
}

/* Column 3: composite fields, constraints and constants. */
static void read_extras(Reader *r, Row *row, char *text)
{
    char *save;

    for (char *w = strtok_r(text, " \t", &save); w; w = strtok_r(NULL, " \t", &save)) {
        char *op = strpbrk(w, "!=<>");
        const Extract *e;

        if (op) {
            read_relation(r, row, w, op);
        } else if ((e = find_field(r->t, NULL, w))) {
            add_extract(r, row, e);
        } else {
            complain(r, "unknown field '%s'", w);
        }
    }
}

static void check_text(Reader *r, const Row *row)
{
    for (const char *p = row->text; (p = strchr(p, '{')); p++) {
        char field[MAX_NAME], kind[MAX_NAME];
        bool found = false;

        if (sscanf(p, "{%39[a-zA-Z0-9_]:%39[a-zA-Z0-9_]}", field, kind) != 2) {
            complain(r, "bad operand in text at '%s'", p);
            return;
        }
        for (int i = 0; i < row->nextracts; i++) {
            found |= !strcmp(row->extracts[i].name, field);
        }
        if (!found) {
            complain(r, "text of %s names '%s', which the row lacks", row->name, field);
        }
    }
}

static void read_row(Reader *r, char *line)
{
    char *column[MAX_COLUMNS] = { 0 }, *at;
    int n = 0;
    Tables *t = r->t;
    Row *row;

    for (char *p = line; p && n < MAX_COLUMNS; n++) {
        char *bar = strchr(p, '|');

        if (bar) {
            *bar++ = 0;
        }
        column[n] = trim(p);
        p = bar;
    }
    if (n < 6) {
        complain(r, "a row has 6 or 7 columns, not %d", n);
        return;
    }
    row = grow(NULL, sizeof(*row));
    *row = (Row){ .file = r->path, .line = r->line, .order = t->nrows, .length = r->bits / 8 };
    at = strchr(column[0], '@');
    if (at) {
        *at++ = 0;
    }
    set_name(r, row->name, column[0]);
    set_name(r, row->func, at ? at : column[0]);
    read_pattern(r, row, column[1]);
    read_extras(r, row, column[2]);
    set_name(r, row->ext, column[3]);
    row->text = strdup(column[4]);
    row->manual = strdup(column[5]);
    row->todo = n == 7 && !strcmp(column[6], "todo");
    if (n == 7 && *column[6] && !row->todo) {
        complain(r, "column 7 is 'todo' or empty");
    }
    check_text(r, row);
    for (int i = 0; i < t->nrows; i++) {
        if (!strcmp(t->rows[i]->name, row->name)) {
            complain(r, "row %s was there before, at %s:%d", row->name, t->rows[i]->file, t->rows[i]->line);
        }
    }
    t->rows = grow(t->rows, (t->nrows + 1) * sizeof(Row *));
    t->rows[t->nrows++] = row;
}

static void read_directive(Reader *r, char *line)
{
    char word[MAX_NAME];

    if (!strncmp(line, "%field", 6)) {
        read_field(r, line + 6);
    } else if (sscanf(line, "%%length %u", &r->bits) == 1) {
        if (r->bits != 16 && r->bits != 32) {
            complain(r, "%%length is 16 or 32");
            r->bits = 32;
        }
    } else if (sscanf(line, "%%prefix %39s", word) == 1) {
        set_name(r, r->t->prefix, word);
    } else if (sscanf(line, "%%ext %79s", r->t->ext_header) == 1) {
        return;
    } else {
        complain(r, "unknown directive '%s'", line);
    }
}

void tables_read(Tables *t, const char *path)
{
    Reader r = { .t = t, .path = path, .bits = 32 };
    FILE *f = fopen(path, "r");
    char buf[MAX_LINE];

    if (!f) {
        complain(&r, "cannot open");
        return;
    }
    while (fgets(buf, sizeof(buf), f)) {
        char *hash = strstr(buf, "# "), *line;

        r.line++;
        if (*buf == '#') {
            continue;
        }
        /* "# " is a comment unless it stands in a text, where it never follows a column's bar */
        if (hash && hash > buf && !strchr(hash, '|')) {
            *hash = 0;
        }
        line = trim(buf);
        if (*line == '%') {
            read_directive(&r, line);
        } else if (*line) {
            read_row(&r, line);
        }
    }
    fclose(f);
}

int32_t extract_value(const Extract *e, uint32_t insn)
{
    uint32_t v = 0;
    unsigned n = 0;

    if (e->is_const) {
        return e->value;
    }
    for (int i = 0; i < e->nslices; i++) {
        Slice s = e->slices[i];

        v = (s.len < 32 ? v << s.len : 0) | (insn >> s.pos & (0xffffffffu >> (32 - s.len)));
        n += s.len;
    }
    if (e->is_signed && n < 32 && v >> (n - 1)) {
        v |= 0xffffffffu << n;
    }
    return v << e->shift;
}

static bool constraints_hold(const Row *r, uint32_t insn, bool soft)
{
    for (int i = 0; i < r->nconstraints; i++) {
        const Constraint *c = &r->constraints[i];
        int32_t x = extract_value(&c->left, insn), y = extract_value(&c->right, insn);
        const bool holds[] = { x != y, x == y, x <= y, x >= y, x < y, x > y };

        if (c->soft == soft && !holds[c->op]) {
            return false;
        }
    }
    return true;
}

bool row_matches(const Row *r, uint32_t insn)
{
    return (insn & r->mask) == r->value && constraints_hold(r, insn, false);
}

bool row_predictable(const Row *r, uint32_t insn)
{
    return constraints_hold(r, insn, true);
}

const Row *tables_find(const Tables *t, uint32_t insn)
{
    for (int i = 0; i < t->nrows; i++) {
        if (row_matches(t->rows[i], insn)) {
            return t->rows[i];
        }
    }
    return NULL;
}

int hard_constraints(const Row *r)
{
    int n = 0;

    for (int i = 0; i < r->nconstraints; i++) {
        n += !r->constraints[i].soft;
    }
    return n;
}

static int compare_rows(const void *x, const void *y)
{
    const Row *a = *(Row *const *)x, *b = *(Row *const *)y;
    int fa = __builtin_popcount(a->mask), fb = __builtin_popcount(b->mask);

    if (fa != fb) {
        return fb - fa;
    }
    if (hard_constraints(a) != hard_constraints(b)) {
        return hard_constraints(b) - hard_constraints(a);
    }
    return a->order - b->order;
}

static bool same_extracts(const Row *a, const Row *b)
{
    return a->nextracts == b->nextracts
        && !memcmp(a->extracts, b->extracts, a->nextracts * sizeof(Extract));
}

void tables_sort(Tables *t)
{
    for (int i = 0; i < t->nrows; i++) {
        Row *r = t->rows[i];

        r->format = -1;
        for (int j = 0; j < i && r->format < 0; j++) {
            if (same_extracts(r, t->rows[j])) {
                r->format = t->rows[j]->format;
            }
        }
        if (r->format < 0) {
            r->format = t->nformats++;
        }
    }
    qsort(t->rows, t->nrows, sizeof(Row *), compare_rows);
}
