# SPDX-License-Identifier: BSD-2-Clause
noinst_LTLIBRARIES += libtcg/libtcg.la
libtcg_libtcg_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/libtcg/include -I$(top_srcdir)/libtcg \
	-I$(top_srcdir)/lib/include -I$(top_builddir)/libtcg
libtcg_libtcg_la_SOURCES = \
	libtcg/ir/block.h libtcg/ir/build.c \
	libtcg/ir/dump.c \
	libtcg/ir/eval.h libtcg/ir/eval.c \
	libtcg/ir/fold.h libtcg/ir/fold.c \
	libtcg/ir/ops.c \
	libtcg/ir/verify.c \
	libtcg/run/atomic.h libtcg/run/atomic.c \
	libtcg/run/cache.h libtcg/run/cache.c \
	libtcg/run/fault.c \
	libtcg/run/interp.c \
	libtcg/run/op-fn.h libtcg/run/ops.c \
	libtcg/run/run.c \
	libtcg/run/host.h libtcg/run/thread.h \
	libtcg/host/x86_64/fp-state.c libtcg/host/x86_64/host.c
