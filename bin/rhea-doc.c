/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes the hardware manual, or the part of it about some types. */
#include "doc.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: rhea-doc [-f text|man|html] [-o FILE] [NAME...]\n"
    "Writes the manual of all devices, buses and back ends, or of those named.\n";

static const SysDocForm *find_form(const char *name)
{
    for (const SysDocForm *const *f = sys_doc_forms; *f; f++) {
        if (!strcmp((*f)->name, name)) {
            return *f;
        }
    }
    return NULL;
}

static int complain(int status, const char *text)
{
    fprintf(stderr, "rhea-doc: %s\n", text);
    return status;
}

static int emit(const GString *out, const char *path)
{
    g_autoptr(GError) err = NULL;

    if (path ? !g_file_set_contents_full(path, out->str, (gssize)out->len, G_FILE_SET_CONTENTS_NONE, 0666, &err)
             : fwrite(out->str, 1, out->len, stdout) != out->len || fflush(stdout)) {
        return complain(1, err ? err->message : "standard output: cannot be written");
    }
    return 0;
}

int main(int argc, char **argv)
{
    const SysDocForm *form = sys_doc_forms[0];
    const char *path = NULL;
    g_autoptr(GError) err = NULL;
    int i = 1;

    for (; i < argc && argv[i][0] == '-'; i++) {
        if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help")) {
            fputs(usage, stdout);
            return 0;
        }
        if ((strcmp(argv[i], "-f") && strcmp(argv[i], "-o")) || i + 1 == argc) {
            fputs(usage, stderr);
            return 2;
        }
        if (argv[i++][1] == 'o') {
            path = argv[i];
        } else if (!(form = find_form(argv[i]))) {
            return complain(2, "the forms are text, man and html");
        }
    }
    if (!sys_doc_check(&err)) {
        return complain(1, err->message);
    }
    g_autoptr(GString) out = g_string_new(NULL);
    if (i == argc) {
        sys_doc_manual(out, form);
    }
    for (; i < argc; i++) {
        if (!sys_doc_type(out, form, argv[i], &err)) {
            return complain(1, err->message);
        }
    }
    return emit(out, path);
}
