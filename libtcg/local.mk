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
	libtcg/host/x86_64/alloc.c \
	libtcg/host/x86_64/code.h libtcg/host/x86_64/code.c \
	libtcg/host/x86_64/emit.h libtcg/host/x86_64/enc.h \
	libtcg/host/x86_64/emit-flow.c libtcg/host/x86_64/emit-fp.c libtcg/host/x86_64/emit-int.c \
	libtcg/host/x86_64/emit-mem.c libtcg/host/x86_64/emit-vec.c \
	libtcg/host/x86_64/flags.c libtcg/host/x86_64/fp-state.c libtcg/host/x86_64/host.c \
	libtcg/host/x86_64/liveness.c libtcg/host/x86_64/pins.c \
	libtcg/host/x86_64/stubs.h libtcg/host/x86_64/stubs.c
