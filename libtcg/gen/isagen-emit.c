/* SPDX-License-Identifier: BSD-2-Clause */
/* isagen: writes the header and the source of a guest's decoder and formatter. */
#include "isagen.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Distinct names in the order they were first seen. */
typedef struct Names {
    const char **name;
    int n;
} Names;

static int add_name(Names *l, const char *name)
{
    for (int i = 0; i < l->n; i++) {
        if (!strcmp(l->name[i], name)) {
            return i;
        }
    }
    l->name = realloc(l->name, (l->n + 1) * sizeof(*l->name));
    if (!l->name) {
        abort();
    }
    l->name[l->n] = strdup(name);
    return l->n++;
}

static const Row **in_order(const Tables *t)
{
    const Row **rows = calloc(t->nrows + 1, sizeof(*rows));

    if (!rows) {
        abort();
    }
    for (int i = 0; i < t->nrows; i++) {
        rows[t->rows[i]->order] = t->rows[i];
    }
    return rows;
}

static Names args_names(const Tables *t)
{
    Names l = { 0 };
    const Row **rows = in_order(t);

    for (int i = 0; i < t->nrows; i++) {
        for (int j = 0; j < rows[i]->nextracts; j++) {
            add_name(&l, rows[i]->extracts[j].name);
        }
    }
    free(rows);
    return l;
}

static Names kind_names(const Tables *t)
{
    Names l = { 0 };
    const Row **rows = in_order(t);
    char field[MAX_NAME], kind[MAX_NAME];

    for (int i = 0; i < t->nrows; i++) {
        for (const char *p = rows[i]->text; (p = strchr(p, '{')); p++) {
            if (sscanf(p, "{%39[a-zA-Z0-9_]:%39[a-zA-Z0-9_]}", field, kind) == 2) {
                add_name(&l, kind);
            }
        }
    }
    free(rows);
    return l;
}

static Names func_names(const Tables *t)
{
    Names l = { 0 };
    const Row **rows = in_order(t);

    for (int i = 0; i < t->nrows; i++) {
        if (!rows[i]->todo) {
            add_name(&l, rows[i]->func);
        }
    }
    free(rows);
    return l;
}

/* "a64" gives types A64..., constants A64_... */
static void prefixes(const Tables *t, char *type, char *upper)
{
    int i;

    for (i = 0; t->prefix[i]; i++) {
        type[i] = i ? t->prefix[i] : toupper((unsigned char)t->prefix[i]);
        upper[i] = toupper((unsigned char)t->prefix[i]);
    }
    type[i] = upper[i] = 0;
}

static void emit_enum(FILE *f, const Tables *t, const char *upper)
{
    const Row **rows = in_order(t);
    Names kinds = kind_names(t);

    fputs("enum {\n", f);
    for (int i = 0; i < t->nrows; i++) {
        fprintf(f, "    %s_ROW_%s,\n", upper, rows[i]->name);
    }
    fprintf(f, "    %s_ROW_COUNT\n};\n\nenum {\n", upper);
    for (int i = 0; i < kinds.n; i++) {
        fprintf(f, "    %s_KIND_%s,\n", upper, kinds.name[i]);
    }
    fprintf(f, "    %s_KIND_COUNT\n};\n\n", upper);
    free(rows);
}

void emit_header(FILE *f, const Tables *t)
{
    char type[MAX_NAME], upper[MAX_NAME];
    Names args = args_names(t), funcs = func_names(t);

    prefixes(t, type, upper);
    fprintf(f, "/* Written by isagen from the .isa tables: do not edit. */\n"
            "#ifndef %s_ISA_H\n#define %s_ISA_H\n\n#include \"tcg/build.h\"\n\n", upper, upper);
    emit_enum(f, t, upper);
    fputs("/* Operands; only those that the row has are set. */\n", f);
    fprintf(f, "typedef struct %sArgs {\n", type);
    for (int i = 0; i < args.n; i++) {
        fprintf(f, "    int32_t %s;\n", args.name[i]);
    }
    fprintf(f, "} %sArgs;\n\n", type);
    fprintf(f, "/* The row of an instruction, its operands in *args; -1 if there is none. */\n"
            "int %s_decode(uint32_t insn, %sArgs *args);\n\n", t->prefix, type);
    fprintf(f, "/* The text of a decoded instruction; returns the length it has or would have. */\n"
            "unsigned %s_format(int row, const %sArgs *args, uint64_t pc, char *buf, size_t size);\n\n",
            t->prefix, type);
    fprintf(f, "/* Given by the guest: one operand of kind %s_KIND_*, likewise. */\n"
            "unsigned %s_format_operand(int kind, int32_t value, const %sArgs *args, uint64_t pc,\n"
            "                           char *buf, size_t size);\n\n", upper, t->prefix, type);
    fprintf(f, "typedef void %sTranslateFn(TcgBuild *b, const %sArgs *a);\n\n", type, type);
    fprintf(f, "const char *%s_row_name(int row);\n", t->prefix);
    fprintf(f, "extern const uint8_t %s_row_lengths[%s_ROW_COUNT];        /* bytes */\n", t->prefix, upper);
    if (*t->ext_header) {
        fprintf(f, "extern const uint8_t %s_row_exts[%s_ROW_COUNT];           /* %s_EXT_* of %s */\n",
                t->prefix, upper, upper, t->ext_header);
    }
    fprintf(f, "extern %sTranslateFn *const %s_translators[%s_ROW_COUNT];   /* NULL: todo */\n\n",
            type, t->prefix, upper);
    for (int i = 0; i < funcs.n; i++) {
        fprintf(f, "%sTranslateFn %s_tr_%s;\n", type, t->prefix, funcs.name[i]);
    }
    fputs("\n#endif\n", f);
}

/* What a row has is in tables without pointers: a position-independent executable would have to relocate each of them
 * at every start. */
static void emit_rows(FILE *f, const Tables *t, const char *type, const char *upper)
{
    const Row **rows = in_order(t);

    fputs("static const char names[] =\n", f);
    for (int i = 0; i < t->nrows; i++) {
        fprintf(f, "    \"%s\\0\"\n", rows[i]->name);
    }
    fprintf(f, ";\n\nstatic const uint32_t name_at[%s_ROW_COUNT] = {", upper);
    for (int i = 0, at = 0; i < t->nrows; i++) {
        fprintf(f, "%s%d,", i % 16 ? " " : "\n    ", at);
        at += (int)strlen(rows[i]->name) + 1;
    }
    fprintf(f, "\n};\n\nconst char *%s_row_name(int row)\n{\n    return names + name_at[row];\n}\n\n", t->prefix);
    fprintf(f, "const uint8_t %s_row_lengths[%s_ROW_COUNT] = {", t->prefix, upper);
    for (int i = 0; i < t->nrows; i++) {
        fprintf(f, "%s%d,", i % 16 ? " " : "\n    ", rows[i]->length);
    }
    fprintf(f, "\n};\n\n%sTranslateFn *const %s_translators[%s_ROW_COUNT] = {\n", type, t->prefix, upper);
    for (int i = 0; i < t->nrows; i++) {
        if (!rows[i]->todo) {
            fprintf(f, "    [%s_ROW_%s] = %s_tr_%s,\n", upper, rows[i]->name, t->prefix, rows[i]->func);
        }
    }
    fputs("};\n\n", f);
    free(rows);
}

/* The extension of each row as a constant that the guest's own header defines: a row of an unknown extension
 * does not compile. */
static void emit_exts(FILE *f, const Tables *t, const char *upper)
{
    const Row **rows = in_order(t);

    fprintf(f, "const uint8_t %s_row_exts[%s_ROW_COUNT] = {\n", t->prefix, upper);
    for (int i = 0; i < t->nrows; i++) {
        fprintf(f, "    %s_EXT_%s,\n", upper, rows[i]->ext);
    }
    fputs("};\n\n", f);
    free(rows);
}

static void emit_decode(FILE *f, const Tables *t, const char *type, const char *upper)
{
    const Row **rows = in_order(t);
    bool *seen = calloc(t->nformats + 1, sizeof(*seen));

    if (!seen) {
        abort();
    }
    fputs("static int find_row(uint32_t insn)\n{\n", f);
    emit_tree(f, t);
    fprintf(f, "}\n\nstatic const uint16_t formats[%s_ROW_COUNT] = {", upper);
    for (int i = 0; i < t->nrows; i++) {
        fprintf(f, "%s%d,", i % 16 ? " " : "\n    ", rows[i]->format);
    }
    fprintf(f, "\n};\n\nint %s_decode(uint32_t insn, %sArgs *args)\n{\n    const int row = find_row(insn);\n\n",
            t->prefix, type);
    fputs("    if (row < 0) {\n        return row;\n    }\n    switch (formats[row]) {\n", f);
    for (int i = 0; i < t->nrows; i++) {
        if (seen[rows[i]->format]) {
            continue;
        }
        seen[rows[i]->format] = true;
        fprintf(f, "    case %d:\n", rows[i]->format);
        for (int j = 0; j < rows[i]->nextracts; j++) {
            fprintf(f, "        args->%s = ", rows[i]->extracts[j].name);
            emit_extract(f, &rows[i]->extracts[j]);
            fputs(";\n", f);
        }
        fputs("        break;\n", f);
    }
    fputs("    }\n    return row;\n}\n\n", f);
    free(seen);
    free(rows);
}

/* A template is the row's text with each operand as the byte 1, field number + 1, kind number + 1. Returns its size. */
static int emit_template(FILE *f, const char *text, Names *args, Names *kinds)
{
    char field[MAX_NAME], kind[MAX_NAME];
    int size = 1;

    fputs("    \"", f);
    while (*text) {
        if (*text == '{' && sscanf(text, "{%39[a-zA-Z0-9_]:%39[a-zA-Z0-9_]}", field, kind) == 2) {
            fprintf(f, "\\001\\%03o\\%03o", add_name(args, field) + 1, add_name(kinds, kind) + 1);
            text = strchr(text, '}') + 1;
            size += 3;
        } else {
            if (*text == '"' || *text == '\\') {
                fputc('\\', f);
            }
            fputc(*text++, f);
            size++;
        }
    }
    fputs("\\0\"\n", f);
    return size;
}

static void emit_format(FILE *f, const Tables *t, const char *type, const char *upper)
{
    const Row **rows = in_order(t);
    Names args = args_names(t), kinds = kind_names(t);

    int *at = calloc((size_t)t->nrows + 1, sizeof *at);
    if (!at) {
        abort();
    }
    fputs("static const char templates[] =\n", f);
    for (int i = 0; i < t->nrows; i++) {
        at[i + 1] = at[i] + emit_template(f, rows[i]->text, &args, &kinds);
    }
    fprintf(f, ";\n\nstatic const uint32_t template_at[%s_ROW_COUNT] = {", upper);
    for (int i = 0; i < t->nrows; i++) {
        fprintf(f, "%s%d,", i % 16 ? " " : "\n    ", at[i]);
    }
    free(at);
    fprintf(f, "\n};\n\nunsigned %s_format(int row, const %sArgs *args, uint64_t pc, char *buf, size_t size)\n",
            t->prefix, type);
    fprintf(f,
            "{\n"
            "    unsigned n = 0;\n"
            "\n"
            "    for (const unsigned char *p = (const void *)(templates + template_at[row]); *p; p++) {\n"
            "        if (*p == 1) {\n"
            "            const int32_t value = ((const int32_t *)args)[p[1] - 1];\n"
            "\n"
            "            n += %s_format_operand(p[2] - 1, value, args, pc, buf + (n < size ? n : size),\n"
            "                                   n < size ? size - n : 0);\n"
            "            p += 2;\n"
            "        } else {\n"
            "            if (n < size) {\n"
            "                buf[n] = *p;\n"
            "            }\n"
            "            n++;\n"
            "        }\n"
            "    }\n"
            "    if (size) {\n"
            "        buf[n < size ? n : size - 1] = 0;\n"
            "    }\n"
            "    return n;\n"
            "}\n", t->prefix);
    free(rows);
}

void emit_source(FILE *f, const Tables *t, const char *header)
{
    char type[MAX_NAME], upper[MAX_NAME];

    prefixes(t, type, upper);
    fprintf(f, "/* Written by isagen from the .isa tables: do not edit. */\n#include \"%s\"\n", header);
    if (*t->ext_header) {
        fprintf(f, "#include \"%s\"\n", t->ext_header);
    }
    fputc('\n', f);
    emit_rows(f, t, type, upper);
    if (*t->ext_header) {
        emit_exts(f, t, upper);
    }
    emit_decode(f, t, type, upper);
    emit_format(f, t, type, upper);
}
