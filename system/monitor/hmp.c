/* SPDX-License-Identifier: BSD-2-Clause */
/* The readable monitor: a line editor, words, commands. */
#include "monitor/private.h"

#include "obj/type.h"

#include "base/near.h"

#include <string.h>

#define PROMPT "(rhea) "
enum { LINE_MOST = 4096, HISTORY_MOST = 100 };

static const HmpCommand *const tables[] = { sys_hmp_control, sys_hmp_info, NULL };

/* --- commands -------------------------------------------------------------------------------- */
static void do_help(GString *out, char **words, GError **err)
{
    for (const HmpCommand *const *t = tables; *t; t++) {
        for (const HmpCommand *c = *t; c->name; c++) {
            g_string_append_printf(out, "%s %s -- %s\n", c->name, c->args, c->text);
        }
    }
    g_string_append(out, "help  -- this list\n");
}

/* "info block" is a command of two words. */
static const HmpCommand *find(char **words, Near *near)
{
    g_autofree char *two = words[1] ? g_strconcat(words[0], " ", words[1], NULL) : NULL;

    for (const HmpCommand *const *t = tables; *t; t++) {
        for (const HmpCommand *c = *t; c->name; c++) {
            if (!strcmp(c->name, words[0]) || (two && !strcmp(c->name, two))) {
                return c;
            }
            near_try(near, c->name);
        }
    }
    return NULL;
}

char *sys_hmp_run(const char *line)
{
    static const struct {
        const char *name, *full;
    } aliases[] = { { "c", "cont" }, { "q", "quit" }, { "?", "help" } };
    g_autoptr(GError) err = NULL;
    g_auto(GStrv) words = NULL;
    GString *out = g_string_new(NULL);
    int n = 0;
    Near near;

    if (!g_shell_parse_argv(line, &n, &words, &err)) {
        if (!g_error_matches(err, G_SHELL_ERROR, G_SHELL_ERROR_EMPTY_STRING)) {
            g_string_append_printf(out, "Error: %s\n", err->message);
        }
        return g_string_free(out, FALSE);
    }
    for (guint i = 0; i < G_N_ELEMENTS(aliases); i++) {
        if (!strcmp(words[0], aliases[i].name)) {
            g_free(words[0]);
            words[0] = g_strdup(aliases[i].full);
        }
    }
    g_autofree char *whole = g_strjoinv(" ", words);
    near_init(&near, whole);
    const HmpCommand *c = find(words, &near);
    if (c) {
        c->fn(out, words, &err);
    } else if (!strcmp(words[0], "help") || (!strcmp(words[0], "info") && !words[1])) {
        do_help(out, words, &err);
    } else {
        g_string_append_printf(out, "unknown command: '%s'%s%s%s\n", whole, near.best ? "; did you mean '" : "",
                               near.best ? near.best : "", near.best ? "'?" : "; help lists them");
    }
    if (err) {
        g_string_append_printf(out, "Error: %s\n", err->message);
    }
    return g_string_free(out, FALSE);
}

void sys_hmp_qmp(const char *name, JsonObject *args, GError **err)
{
    g_autoptr(JsonObject) none = json_object_new();

    for (const QmpCommand *const *t = sys_qmp_tables; *t; t++) {
        for (const QmpCommand *c = *t; c->name; c++) {
            if (!strcmp(c->name, name)) {
                JsonNode *r = c->fn(NULL, args ? args : none, err);
                g_clear_pointer(&r, json_node_unref);
                return;
            }
        }
    }
    g_assert_not_reached();
}

/* --- the line editor ------------------------------------------------------------------------- */
void sys_hmp_greet(SysMonitor *m)
{
    g_string_truncate(m->line, 0);
    m->escape = 0;
    sys_monitor_write(m, PACKAGE_NAME " " PACKAGE_VERSION " monitor - type 'help' for more information\n" PROMPT);
}

static void replace_line(SysMonitor *m, const char *text)
{
    for (gsize i = 0; i < m->line->len; i++) {
        sys_monitor_write(m, "\b \b");
    }
    g_string_assign(m->line, text);
    sys_monitor_write(m, text);
}

static void end_line(SysMonitor *m)
{
    g_autofree char *line = g_strdup(m->line->str);

    sys_monitor_write(m, "\n");
    if (*line) {
        g_ptr_array_add(m->history, g_strdup(line));
        if (m->history->len > HISTORY_MOST) {
            g_ptr_array_remove_index(m->history, 0);
        }
    }
    m->history_at = m->history->len;
    g_string_truncate(m->line, 0);
    g_autofree char *text = sys_hmp_run(line);
    sys_monitor_write(m, text);
    sys_monitor_write(m, PROMPT);
}

static void from_history(SysMonitor *m, int step)
{
    gint64 at = (gint64)m->history_at + step;

    if (at >= 0 && at <= m->history->len) {
        m->history_at = (guint)at;
        replace_line(m, at < m->history->len ? g_ptr_array_index(m->history, at) : "");
    }
}

/* Completes the line to what all commands with this beginning share. */
static void complete(SysMonitor *m)
{
    g_autofree char *common = NULL;

    for (const HmpCommand *const *t = tables; *t; t++) {
        for (const HmpCommand *c = *t; c->name; c++) {
            if (g_str_has_prefix(c->name, m->line->str)) {
                gsize n = 0;
                while (common && common[n] && common[n] == c->name[n]) {
                    n++;
                }
                char *shared = common ? g_strndup(c->name, n) : g_strdup(c->name);
                g_free(common);
                common = shared;
            }
        }
    }
    if (common && strlen(common) > m->line->len) {
        replace_line(m, common);
    }
}

static void take_key(SysMonitor *m, char c)
{
    if (m->escape) {            /* ESC [ A: up; B: down */
        if (m->escape == 2 && (c == 'A' || c == 'B')) {
            from_history(m, c == 'A' ? -1 : 1);
        }
        m->escape = m->escape == 1 && c == '[' ? 2 : 0;
        return;
    }
    switch (c) {
    case '\r': case '\n':
        end_line(m);
        break;
    case '\b': case 127:
        if (m->line->len) {
            g_string_truncate(m->line, m->line->len - 1);
            sys_monitor_write(m, "\b \b");
        }
        break;
    case 3: case 21:            /* C-c, C-u */
        replace_line(m, "");
        break;
    case '\t':
        complete(m);
        break;
    case 27:
        m->escape = 1;
        break;
    default:
        if ((guint8)c >= ' ' && m->line->len < LINE_MOST) {
            g_string_append_c(m->line, c);
            sys_monitor_write(m, (char[]){ c, 0 });
        }
    }
}

void sys_hmp_input(SysMonitor *m, const guint8 *data, guint n)
{
    g_autofree guint8 *mine = g_memdup2(data, n);

    for (guint i = 0; i < n; i++) {
        if (!(mine[i] == '\n' && i && mine[i - 1] == '\r')) {
            take_key(m, (char)mine[i]);
        }
    }
}
