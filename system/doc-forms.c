/* SPDX-License-Identifier: BSD-2-Clause */
/* How the manual looks: plain text, a manual page, HTML. [man 7 man] */
#include "doc.h"

#include <string.h>

#define COLUMNS 100

/* --- text ------------------------------------------------------------------------------------ */
static void wrap(GString *out, guint indent, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    guint at = 0;

    for (char **w = words; *w; w++) {
        if (at && at + strlen(*w) + 1 > COLUMNS) {
            g_string_append_c(out, '\n');
            at = 0;
        }
        if (!at) {
            g_string_append_printf(out, "%*s", (int)indent, "");
            at = indent;
        } else {
            g_string_append_c(out, ' ');
            at++;
        }
        g_string_append(out, *w);
        at += (guint)strlen(*w);
    }
    g_string_append_c(out, '\n');
}

static void text_begin(GString *out, const char *title)
{
    g_string_append_printf(out, "%s\n", title);
}

static void text_chapter(GString *out, const char *title)
{
    g_autofree char *line = g_strnfill(strlen(title), '=');

    g_string_append_printf(out, "\n%s\n%s\n", title, line);
}

static void text_section(GString *out, const char *name, const char *text)
{
    g_string_append_printf(out, "\n%s\n", name);
    wrap(out, 4, text);
}

static void text_heading(GString *out, const char *title)
{
    g_string_append_printf(out, "    %s\n", title);
}

static void text_item(GString *out, const char *term, const char *text)
{
    g_string_append_printf(out, "        %s\n", term);
    wrap(out, 12, text);
}

static void text_para(GString *out, const char *text)
{
    wrap(out, 4, text);
}

static void text_end(GString *out)
{
}

static const SysDocForm text_form = { "text", text_begin, text_chapter, text_section, text_heading, text_item,
                                      text_para, text_end };

/* --- man ------------------------------------------------------------------------------------- */
/* Backslashes and dashes escaped; a line must not begin with a dot or a quote. */
static void roff(GString *out, const char *text)
{
    if (*text == '.' || *text == '\'') {
        g_string_append(out, "\\&");
    }
    for (; *text; text++) {
        if (*text == '\\') {
            g_string_append(out, "\\e");
        } else if (*text == '-') {
            g_string_append(out, "\\-");
        } else {
            g_string_append_c(out, *text);
        }
    }
    g_string_append_c(out, '\n');
}

static void man_begin(GString *out, const char *title)
{
    g_string_append(
        out,
        ".\\\" Made by rhea-doc from the devices.\n.TH RHEA-DEVICES 7 \"\" \"rhea\" \"Machines\"\n"
        ".SH NAME\nrhea\\-devices \\- devices, buses and back ends of rhea's machines\n");
}

static void man_chapter(GString *out, const char *title)
{
    g_autofree char *upper = g_ascii_strup(title, -1);

    g_string_append(out, ".SH ");
    roff(out, upper);
}

static void man_section(GString *out, const char *name, const char *text)
{
    g_string_append(out, ".SS ");
    roff(out, name);
    roff(out, text);
}

static void man_heading(GString *out, const char *title)
{
    g_string_append(out, ".PP\n.I ");
    roff(out, title);
}

static void man_item(GString *out, const char *term, const char *text)
{
    g_string_append(out, ".TP\n.B ");
    roff(out, term);
    roff(out, text);
}

static void man_para(GString *out, const char *text)
{
    g_string_append(out, ".PP\n");
    roff(out, text);
}

static void man_end(GString *out)
{
    g_string_append(out, ".SH SEE ALSO\n.BR rhea\\-doc (1)\n");
}

static const SysDocForm man_form = { "man", man_begin, man_chapter, man_section, man_heading, man_item, man_para,
                                     man_end };

/* --- HTML ------------------------------------------------------------------------------------ */
static void tag(GString *out, const char *open, const char *text, const char *close)
{
    g_autofree char *safe = g_markup_escape_text(text, -1);

    g_string_append_printf(out, "%s%s%s\n", open, safe, close);
}

/* Items stand in a list, which ends with whatever is no item. */
static void end_list(GString *out)
{
    if (g_str_has_suffix(out->str, "</dd>\n")) {
        g_string_append(out, "</dl>\n");
    }
}

static void html_begin(GString *out, const char *title)
{
    g_string_append(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n");
    tag(out, "<title>", title, "</title>");
    g_string_append(
        out, "<style>body{font:16px/1.4 sans-serif;max-width:50em;margin:1em auto;padding:0 1em}"
             "dt{font-family:monospace}h3{font-family:monospace}</style>\n");
    tag(out, "<h1>", title, "</h1>");
}

static void html_chapter(GString *out, const char *title)
{
    end_list(out);
    tag(out, "<h2>", title, "</h2>");
}

static void html_section(GString *out, const char *name, const char *text)
{
    g_autofree char *safe = g_markup_escape_text(name, -1),
                    *open = g_strdup_printf("<h3 id=\"%s\">", safe);

    end_list(out);
    tag(out, open, name, "</h3>");
    tag(out, "<p>", text, "</p>");
}

static void html_heading(GString *out, const char *title)
{
    end_list(out);
    tag(out, "<h4>", title, "</h4>");
}

static void html_item(GString *out, const char *term, const char *text)
{
    if (!g_str_has_suffix(out->str, "</dd>\n")) {
        g_string_append(out, "<dl>\n");
    }
    tag(out, "<dt>", term, "</dt>");
    tag(out, "<dd>", text, "</dd>");
}

static void html_para(GString *out, const char *text)
{
    end_list(out);
    tag(out, "<p>", text, "</p>");
}

static void html_end(GString *out)
{
    end_list(out);
    g_string_append(out, "</html>\n");
}

static const SysDocForm html_form = { "html", html_begin, html_chapter, html_section, html_heading, html_item,
                                      html_para, html_end };

const SysDocForm *const sys_doc_forms[] = { &text_form, &man_form, &html_form, NULL };
