/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fuzz target is one file: it takes any bytes and must neither crash nor hang, and what it watches (a guest's RAM, a
 * file outside a shared directory) must be as it was.  replay.c runs a target on its seeds, on what is in its
 * corpus and on changed copies of both; libFuzzer, where clang has it, on what it invents.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* --- what a target has ----------------------------------------------------------------------- */
extern const char fuzz_name[];          /* the folder of its corpus */

/* One input.  Returns 0.  The name is libFuzzer's. [https://llvm.org/docs/LibFuzzer.html, "Fuzz Target"] */
int LLVMFuzzerTestOneInput(const guint8 *data, size_t n);

/* The i-th input to begin with, the caller's; NULL: there are no more. */
GByteArray *fuzz_seed(guint i);

/* --- reading an input ------------------------------------------------------------------------ */
typedef struct Feed {
    const guint8 *at;
    gsize left;
} Feed;

static inline const guint8 *feed_bytes(Feed *f, gsize n)
{
    const guint8 *p = f->at;

    f->at += n;
    f->left -= n;
    return p;
}

/* A little-endian number; what is not there is 0. */
static inline guint64 feed(Feed *f, guint bytes)
{
    guint64 v = 0;
    gsize n = MIN(f->left, bytes);

    memcpy(&v, feed_bytes(f, n), n);
    return GUINT64_FROM_LE(v);
}

/* --- writing one ----------------------------------------------------------------------------- */
static inline void put(GByteArray *a, guint64 v, guint bytes)
{
    v = GUINT64_TO_LE(v);
    g_byte_array_append(a, (const guint8 *)&v, bytes);
}

static inline void put_big(GByteArray *a, gsize at, guint64 v, guint bytes)
{
    v = GUINT64_TO_BE(v);
    memcpy(a->data + at, (const guint8 *)&v + 8 - bytes, bytes);
}

static inline void put_text(GByteArray *a, const char *text)
{
    g_byte_array_append(a, (const guint8 *)text, (guint)strlen(text));
}

/* So many bytes of zeros. */
static inline GByteArray *zeros(guint n)
{
    GByteArray *a = g_byte_array_new();

    g_byte_array_set_size(a, n);
    memset(a->data, 0, n);
    return a;
}

/* --- files ----------------------------------------------------------------------------------- */
/* A file without a name, with these bytes: a descriptor, and its path for who opens by path (to be freed). */
int fuzz_file(const guint8 *data, gsize n, char **path);

#endif
