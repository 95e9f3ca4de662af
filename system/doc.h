/* SPDX-License-Identifier: BSD-2-Clause */
/* The hardware manual, written from the same rows that the devices run by. */
#ifndef SYSTEM_DOC_H
#define SYSTEM_DOC_H

#include "dev/dev.h"

/* A form of the manual.  Each function appends to out; text is plain. */
typedef struct SysDocForm {
    const char *name;
    void (*begin)(GString *out, const char *title);
    void (*chapter)(GString *out, const char *title);
    void (*section)(GString *out, const char *name, const char *text);
    void (*heading)(GString *out, const char *title);
    void (*item)(GString *out, const char *term, const char *text);
    void (*para)(GString *out, const char *text);
    void (*end)(GString *out);
} SysDocForm;

extern const SysDocForm *const sys_doc_forms[];     /* text, man, html; ended by NULL */

/* The whole manual: devices by group, buses, character and block back ends. */
void sys_doc_manual(GString *out, const SysDocForm *form);

/* One type's section; FALSE with an error that suggests the nearest name. */
gboolean sys_doc_type(GString *out, const SysDocForm *form, const char *name, GError **err);

/* Checks every type that is in the manual; the first error says which row has no sentence. */
gboolean sys_doc_check(GError **err);

#endif
