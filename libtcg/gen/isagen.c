/* SPDX-License-Identifier: BSD-2-Clause */
/* isagen: turns a guest's .isa tables into its decoder, its formatter and its reports.
 *
 *   isagen --header=OUT.h --source=OUT.c [--include=NAME.h] TABLE.isa...
 *   isagen --check | --coverage TABLE.isa...
 *   isagen --random=COUNT [--group=N] [--seed=N] [--ext=LIST] [--row=LIST] TABLE.isa...
 *
 * See README.md here. */
#include "isagen.h"

#include <stdlib.h>
#include <string.h>

typedef struct Options {
    const char *header, *source, *include;
    bool check, coverage;
    RandomOptions random;
} Options;

static bool option(const char *arg, const char *name, const char **value)
{
    size_t len = strlen(name);

    if (strncmp(arg, name, len) || arg[len] != '=') {
        return false;
    }
    *value = arg + len + 1;
    return true;
}

static bool read_option(Options *o, const char *arg)
{
    const char *v;

    if (option(arg, "--header", &o->header) || option(arg, "--source", &o->source)
        || option(arg, "--include", &o->include) || option(arg, "--ext", &o->random.ext)
        || option(arg, "--row", &o->random.row)) {
        return true;
    }
    if (option(arg, "--random", &v)) {
        o->random.count = strtoul(v, NULL, 0);
    } else if (option(arg, "--group", &v)) {
        o->random.group = strtoul(v, NULL, 0);
    } else if (option(arg, "--seed", &v)) {
        o->random.seed = strtoull(v, NULL, 0);
    } else if (!strcmp(arg, "--check")) {
        o->check = true;
    } else if (!strcmp(arg, "--coverage")) {
        o->coverage = true;
    } else {
        return false;
    }
    return true;
}

static int write_files(const Tables *t, const Options *o)
{
    const char *paths[] = { o->header, o->source };
    const char *name = o->include ? o->include : o->header;

    for (int i = 0; i < 2; i++) {
        FILE *f = paths[i] ? fopen(paths[i], "w") : NULL;

        if (!paths[i]) {
            continue;
        }
        if (!f) {
            perror(paths[i]);
            return 1;
        }
        if (i == 0) {
            emit_header(f, t);
        } else {
            emit_source(f, t, name ? name : "isa.h");
        }
        if (ferror(f) | fclose(f)) {
            perror(paths[i]);
            remove(paths[i]);
            return 1;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    static Tables t;
    Options o = { .random = { .group = 1, .seed = 1 } };

    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2)) {
            tables_read(&t, argv[i]);
        } else if (!read_option(&o, argv[i])) {
            fprintf(stderr, "isagen: unknown option %s\n", argv[i]);
            return 2;
        }
    }
    if (!t.nrows || !*t.prefix) {
        fprintf(stderr, "isagen: no rows, or no %%prefix\n");
        return 2;
    }
    tables_sort(&t);
    if (t.errors) {
        return 1;
    }
    if (o.check || o.coverage) {
        return (o.check ? report_check(&t) : 0) | (o.coverage ? report_coverage(&t) : 0);
    }
    if (o.random.count) {
        return report_random(&t, &o.random);
    }
    return write_files(&t, &o);
}
