/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a fuzz target without a fuzzer.
 *
 * fuzz-NAME              TAP: its seeds, its corpus, and copies of them changed at random, always in the same way
 * fuzz-NAME FILE...      these inputs
 * fuzz-NAME -seeds DIR   writes the seeds into DIR
 *
 * RHEA_SRC is the source directory; RHEA_FUZZ_COPIES how many changed copies there are of each input (20).
 */
#include "fuzz.h"
#include "harness.h"

#include <stdlib.h>

static GPtrArray *inputs;       /* of GByteArray */

static void run(const GByteArray *a)
{
    g_autofree guint8 *exact = g_memdup2(a->data, a->len);      /* so that reading behind its end is seen */

    LLVMFuzzerTestOneInput(exact, a->len);
}

static void free_bytes(gpointer p)
{
    g_byte_array_unref(p);
}

static gboolean run_file(const char *path)
{
    g_autofree char *data = NULL;
    gsize n;

    if (!g_file_get_contents(path, &data, &n, NULL)) {
        return FALSE;
    }
    GByteArray *a = g_byte_array_new();
    g_byte_array_append(a, (const guint8 *)data, (guint)n);
    g_ptr_array_add(inputs, a);
    run(a);
    return TRUE;
}

static int write_seeds(const char *dir)
{
    GByteArray *a;

    for (guint i = 0; (a = fuzz_seed(i)); i++) {
        g_autofree char *path = g_strdup_printf("%s/seed-%02u", dir, i);
        if (!g_file_set_contents(path, (const char *)a->data, (gssize)a->len, NULL)) {
            return 1;
        }
        g_byte_array_unref(a);
    }
    return 0;
}

static void seeds(void)
{
    GByteArray *a;
    guint i = 0;

    for (; (a = fuzz_seed(i)); i++) {
        g_ptr_array_add(inputs, a);
        run(a);
    }
    ok(i > 0, "%s: %u seeds", fuzz_name, i);
}

static void corpus(void)
{
    const char *src = g_getenv("RHEA_SRC"), *name;
    g_autofree char *dir = g_build_filename(src ? src : ".", "tests/fuzz/corpus", fuzz_name, NULL);
    g_autofree char *all = g_path_get_dirname(dir);
    g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);       /* a target for which nothing was found has none */
    guint n = 0;

    while (d && (name = g_dir_read_name(d))) {
        g_autofree char *path = g_build_filename(dir, name, NULL);
        if (!run_file(path)) {
            ok(FALSE, "%s can be read", name);
        }
        n++;
    }
    ok(g_file_test(all, G_FILE_TEST_IS_DIR), "%s: %u inputs of the corpus", fuzz_name, n);
}

/* One byte, one bit, a run of bytes of another input, or an end that is missing. */
static void change(GByteArray *a, GRand *g)
{
    static const guint8 telling[] = { 0, 1, 0x7f, 0x80, 0xff };

    for (guint k = (guint)g_rand_int_range(g, 1, 5); k && a->len; k--) {
        guint at = (guint)g_rand_int_range(g, 0, (gint32)a->len);
        const GByteArray *other = inputs->pdata[g_rand_int_range(g, 0, (gint32)inputs->len)];
        switch (g_rand_int_range(g, 0, 8)) {
        case 0:
            g_byte_array_set_size(a, at);
            break;
        case 1:
            if (other->len) {
                guint from = (guint)g_rand_int_range(g, 0, (gint32)other->len);
                memcpy(a->data + at, other->data + from, MIN(MIN(a->len - at, other->len - from), 24));
            }
            break;
        case 2: case 3: case 4:
            a->data[at] = telling[g_rand_int_range(g, 0, G_N_ELEMENTS(telling))];
            break;
        default:
            a->data[at] ^= (guint8)(1u << g_rand_int_range(g, 0, 8));
        }
    }
}

static void changed(void)
{
    const char *text = g_getenv("RHEA_FUZZ_COPIES");
    guint copies = text ? (guint)strtoul(text, NULL, 10) : 20, n = 0;
    g_autoptr(GRand) g = g_rand_new_with_seed(4);

    for (guint i = 0; i < inputs->len; i++) {
        const GByteArray *from = inputs->pdata[i];
        for (guint k = 0; k < copies; k++, n++) {
            g_autoptr(GByteArray) a = g_byte_array_new();
            g_byte_array_append(a, from->data, from->len);
            change(a, g);
            run(a);
        }
    }
    ok(TRUE, "%s: %u changed copies of them", fuzz_name, n);
}

int main(int argc, char **argv)
{
    inputs = g_ptr_array_new_with_free_func(free_bytes);
    if (argc == 3 && !strcmp(argv[1], "-seeds")) {
        return write_seeds(argv[2]);
    }
    if (argc > 1) {
        for (int i = 1; i < argc; i++) {
            if (!run_file(argv[i])) {
                fprintf(stderr, "%s cannot be read\n", argv[i]);
                return 1;
            }
        }
        return 0;
    }
    seeds();
    corpus();
    changed();
    g_ptr_array_unref(inputs);
    return tap_done();
}
