/* SPDX-License-Identifier: BSD-2-Clause */
/* Short words for an ABI's table of registers and their types, for abi/<isa>/regs.c only.
 * [GDB manual, G.2 Target Description Format] */
#ifndef LU_GDB_REGS_H
#define LU_GDB_REGS_H

#include "gdb.h"

#define VECTOR(id, type, count) "<vector id=\"" id "\" type=\"" type "\" count=\"" count "\"/>"
#define FIELD(name, type) "<field name=\"" name "\" type=\"" type "\"/>"

/* Rows F(a), F(b), ... */
#define EIGHT(F, a, b, c, d, e, f, g, h) F(a), F(b), F(c), F(d), F(e), F(f), F(g), F(h)

#endif
