# SPDX-License-Identifier: BSD-2-Clause
noinst_LTLIBRARIES += libtcg/libtcg.la
libtcg_libtcg_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/libtcg/include -I$(top_srcdir)/libtcg \
	-I$(top_srcdir)/lib/include -I$(top_builddir)/libtcg
libtcg_libtcg_la_SOURCES = \
	libtcg/ir/block.h libtcg/ir/build.c libtcg/ir/structures.c \
	libtcg/ir/dump.c \
	libtcg/ir/eval.h libtcg/ir/eval.c \
	libtcg/ir/fold.h libtcg/ir/flush.c libtcg/ir/flush.h libtcg/ir/fold.c \
	libtcg/ir/ops.c \
	libtcg/ir/verify.c \
	libtcg/run/atomic.h libtcg/run/atomic.c \
	libtcg/run/cache.h libtcg/run/cache.c \
	libtcg/run/code-pages.c \
	libtcg/run/fault.c \
	libtcg/run/interp.c \
	libtcg/run/kept.h libtcg/run/kept.c \
	libtcg/run/wanted.h libtcg/run/wanted.c \
	libtcg/run/machine.c \
	libtcg/run/op-crypto.c libtcg/run/sm4.c libtcg/run/sm4.h \
	libtcg/run/op-fp.c \
	libtcg/run/op-int.c \
	libtcg/run/op-vec.c \
	libtcg/run/op-vec-fp.c libtcg/run/bfloat.c libtcg/run/bfloat.h \
	libtcg/run/op-vec-move.c \
	libtcg/run/op-fn.h libtcg/run/ops.c \
	libtcg/run/rseq.h libtcg/run/rseq.c libtcg/run/run.c \
	libtcg/run/host.h libtcg/run/soft.h libtcg/run/thread.h \
	libtcg/run/tlb.c \
	libtcg/host/x86_64/alloc.c \
	libtcg/host/x86_64/code.h libtcg/host/x86_64/code.c \
	libtcg/host/x86_64/emit.h libtcg/host/x86_64/enc.h \
	libtcg/host/x86_64/emit-flow.c libtcg/host/x86_64/emit-fp.c libtcg/host/x86_64/emit-int.c \
	libtcg/host/x86_64/emit-fp.h libtcg/host/x86_64/emit-fp-half.c libtcg/host/x86_64/emit-mem.h libtcg/host/x86_64/emit-mem.c \
	libtcg/host/x86_64/emit-mem-mask.c libtcg/host/x86_64/emit-vec.c \
	libtcg/host/x86_64/emit-crypto.c libtcg/host/x86_64/emit-vec.h libtcg/host/x86_64/emit-vec-fp.c libtcg/host/x86_64/emit-vec-estimate.c \
	libtcg/host/x86_64/emit-vec-bfloat.c \
	libtcg/host/x86_64/emit-vec-int.c libtcg/host/x86_64/emit-soft.c \
	libtcg/host/x86_64/emit-soft-atomic.c \
	libtcg/host/x86_64/features.c \
	libtcg/host/x86_64/flags.c libtcg/host/x86_64/fp-state.c libtcg/host/x86_64/host.c \
	libtcg/host/x86_64/liveness.c libtcg/host/x86_64/pins.c libtcg/host/x86_64/rseq.c \
	libtcg/host/x86_64/stubs.h libtcg/host/x86_64/stubs.c

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
EXTRA_DIST += libtcg/ir/ops.def libtcg/include/tcg/build.h libtcg/include/tcg/cpu-aarch64.h \
	libtcg/include/tcg/cpu-riscv.h libtcg/include/tcg/env.h libtcg/include/tcg/exec.h libtcg/include/tcg/guest.h \
	libtcg/include/tcg/hart-riscv.h libtcg/include/tcg/ir.h libtcg/include/tcg/mem.h libtcg/include/tcg/rseq.h
EXTRA_DIST += libtcg/README.md libtcg/gen/README.md libtcg/host/x86_64/README.md lib/README.md

# --- aarch64 guest ---------------------------------------------------------------------------------------
A64_ISA = $(A64_DIR)/base.isa $(A64_DIR)/mem.isa $(A64_DIR)/crypto.isa $(A64_DIR)/fp.isa \
	$(A64_DIR)/simd-fp.isa $(A64_DIR)/simd.isa $(A64_DIR)/sve-fp.isa $(A64_DIR)/sve-mem.isa \
	$(A64_DIR)/sve.isa $(A64_DIR)/sve2.isa $(A64_DIR)/sme.isa
A64_DIR = $(top_srcdir)/libtcg/guest/aarch64
libtcg/guest/aarch64/aarch64-isa.h: $(A64_ISA) $(ISAGEN)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(ISAGEN) --header=$@ $(A64_ISA)
libtcg/guest/aarch64/aarch64-isa.c: $(A64_ISA) $(ISAGEN)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(ISAGEN) --source=$@ --include=guest/aarch64/aarch64-isa.h $(A64_ISA)
BUILT_SOURCES += libtcg/guest/aarch64/aarch64-isa.h
CLEANFILES += libtcg/guest/aarch64/aarch64-isa.h libtcg/guest/aarch64/aarch64-isa.c
EXTRA_DIST += libtcg/guest/aarch64/README.md libtcg/guest/aarch64/base.isa libtcg/guest/aarch64/mem.isa \
	libtcg/guest/aarch64/fp.isa libtcg/guest/aarch64/simd.isa libtcg/guest/aarch64/simd-fp.isa \
	libtcg/guest/aarch64/crypto.isa libtcg/guest/aarch64/sve.isa libtcg/guest/aarch64/sve-mem.isa \
	libtcg/guest/aarch64/sve-fp.isa libtcg/guest/aarch64/sve2.isa libtcg/guest/aarch64/sme.isa
nodist_libtcg_libtcg_la_SOURCES = libtcg/guest/aarch64/aarch64-isa.c
libtcg_libtcg_la_SOURCES += \
	libtcg/guest/aarch64/bti.c \
	libtcg/guest/aarch64/cpu.c \
	libtcg/guest/aarch64/ext.def libtcg/guest/aarch64/ext.h \
	libtcg/guest/aarch64/flags.c \
	libtcg/guest/aarch64/format.c \
	libtcg/guest/aarch64/format-simd.c \
	libtcg/guest/aarch64/helper-crypto.c \
	libtcg/guest/aarch64/helper-fp.c \
	libtcg/guest/aarch64/helper-simd.def libtcg/guest/aarch64/helper-simd.c \
	libtcg/guest/aarch64/helper-sve.def libtcg/guest/aarch64/helper-sve.c \
	libtcg/guest/aarch64/helper-sve-fp.c libtcg/guest/aarch64/helper-sve-int.c \
	libtcg/guest/aarch64/helper-sve-mem.c libtcg/guest/aarch64/helper-sve-perm.c \
	libtcg/guest/aarch64/helper-sve-pred.c libtcg/guest/aarch64/helper-sve2.c \
	libtcg/guest/aarch64/insn-sve.h libtcg/guest/aarch64/insn-sve.c \
	libtcg/guest/aarch64/insn-sve-full.c libtcg/guest/aarch64/insn-sve-width.c libtcg/guest/aarch64/insn-sve-mem.c \
	libtcg/guest/aarch64/insn-sve-pred.c libtcg/guest/aarch64/format-sve.c \
	libtcg/guest/aarch64/sve.def libtcg/guest/aarch64/sve.h libtcg/guest/aarch64/sve-kernels.h \
	libtcg/guest/aarch64/insn-crypto.c \
	libtcg/guest/aarch64/insn-fp.c \
	libtcg/guest/aarch64/insn-simd.h libtcg/guest/aarch64/insn-simd.c \
	libtcg/guest/aarch64/insn-simd-fp.c \
	libtcg/guest/aarch64/insn-simd-mem.c \
	libtcg/guest/aarch64/insn-simd-misc.c \
	libtcg/guest/aarch64/insn-simd-move.c \
	libtcg/guest/aarch64/insn-simd-same.c \
	libtcg/guest/aarch64/insn-simd-shift.c \
	libtcg/guest/aarch64/insn-simd-wide.c \
	libtcg/guest/aarch64/guest.c \
	libtcg/guest/aarch64/helper.def libtcg/guest/aarch64/helper.c \
	libtcg/guest/aarch64/format.h libtcg/guest/aarch64/insn.h \
	libtcg/guest/aarch64/insn-atomic.c \
	libtcg/guest/aarch64/insn-branch.c \
	libtcg/guest/aarch64/insn-cond.c \
	libtcg/guest/aarch64/insn-int.c \
	libtcg/guest/aarch64/insn-mem.c \
	libtcg/guest/aarch64/insn-pauth.c \
	libtcg/guest/aarch64/insn-sys.c \
	libtcg/guest/aarch64/pauth.c

# --- riscv guest -----------------------------------------------------------------------------------------
RV_DIR = $(top_srcdir)/libtcg/guest/riscv
RV_ISA = $(RV_DIR)/base.isa $(RV_DIR)/fp.isa $(RV_DIR)/compressed.isa $(RV_DIR)/priv.isa $(RV_DIR)/rvv.isa \
	$(RV_DIR)/rvvk.isa
libtcg/guest/riscv/riscv-isa.h: $(RV_ISA) $(ISAGEN)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(ISAGEN) --header=$@ $(RV_ISA)
libtcg/guest/riscv/riscv-isa.c: $(RV_ISA) $(ISAGEN)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(ISAGEN) --source=$@ --include=guest/riscv/riscv-isa.h $(RV_ISA)
BUILT_SOURCES += libtcg/guest/riscv/riscv-isa.h
CLEANFILES += libtcg/guest/riscv/riscv-isa.h libtcg/guest/riscv/riscv-isa.c
EXTRA_DIST += libtcg/guest/riscv/README.md libtcg/guest/riscv/base.isa libtcg/guest/riscv/fp.isa libtcg/guest/riscv/compressed.isa \
	libtcg/guest/riscv/priv.isa libtcg/guest/riscv/rvv.isa libtcg/guest/riscv/rvvk.isa
nodist_libtcg_libtcg_la_SOURCES += libtcg/guest/riscv/riscv-isa.c
libtcg_libtcg_la_SOURCES += \
	libtcg/guest/riscv/ext.def libtcg/guest/riscv/ext.h \
	libtcg/guest/riscv/format.c \
	libtcg/guest/riscv/guest.c \
	libtcg/guest/riscv/csr.c \
	libtcg/guest/riscv/hart.c \
	libtcg/guest/riscv/helper.def libtcg/guest/riscv/helper.c \
	libtcg/guest/riscv/helper-priv.def libtcg/guest/riscv/helper-priv.c \
	libtcg/guest/riscv/insn-priv.c \
	libtcg/guest/riscv/mmu.c \
	libtcg/guest/riscv/pmp.c \
	libtcg/guest/riscv/priv.h \
	libtcg/guest/riscv/trap.c \
	libtcg/guest/riscv/helper-v.c libtcg/guest/riscv/helper-v.h \
	libtcg/guest/riscv/helper-v-crypto.c \
	libtcg/guest/riscv/helper-v-fixed.c \
	libtcg/guest/riscv/helper-v-fp.c \
	libtcg/guest/riscv/helper-v-int.c \
	libtcg/guest/riscv/helper-v-mem.c \
	libtcg/guest/riscv/helper-v-move.c \
	libtcg/guest/riscv/insn.h \
	libtcg/guest/riscv/insn-c.c \
	libtcg/guest/riscv/insn-flow.c \
	libtcg/guest/riscv/insn-fp.c \
	libtcg/guest/riscv/insn-int.c \
	libtcg/guest/riscv/insn-mem.c \
	libtcg/guest/riscv/insn-v.c libtcg/guest/riscv/insn-v.h \
	libtcg/guest/riscv/insn-v-context.c \
	libtcg/guest/riscv/insn-v-fixed.c \
	libtcg/guest/riscv/insn-v-crypto.c \
	libtcg/guest/riscv/insn-v-full.c libtcg/guest/riscv/insn-v-full.h \
	libtcg/guest/riscv/insn-v-lanes.c libtcg/guest/riscv/insn-v-mask.c \
	libtcg/guest/riscv/insn-v-mem.c \
	libtcg/guest/riscv/insn-v-move.c \
	libtcg/guest/riscv/insn-v-reduce.c \
	libtcg/guest/riscv/insn-v-wide.c \
	libtcg/guest/riscv/model.c \
	libtcg/guest/riscv/options.c \
	libtcg/guest/riscv/rvv.def \
	libtcg/guest/riscv/v.h libtcg/guest/riscv/v-kernels.h \
	libtcg/guest/riscv/v-rules.c
