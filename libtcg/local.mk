# SPDX-License-Identifier: BSD-2-Clause

# --- isagen and what it writes ---------------------------------------------------------------------------
noinst_PROGRAMS += libtcg/gen/isagen
libtcg_gen_isagen_SOURCES = \
	libtcg/gen/isagen.c \
	libtcg/gen/isagen.h \
	libtcg/gen/isagen-emit.c \
	libtcg/gen/isagen-read.c \
	libtcg/gen/isagen-report.c \
	libtcg/gen/isagen-tree.c
ISAGEN = libtcg/gen/isagen$(EXEEXT)
EXTRA_DIST += libtcg/gen/README.md
