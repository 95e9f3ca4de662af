# SPDX-License-Identifier: BSD-2-Clause
EXTRA_DIST += tests/bench/README.md tests/bench/bench.py tests/bench/int-hash.c tests/bench/int-sort.c tests/bench/int-lz.c \
	tests/bench/int-table.c tests/bench/int-big.c tests/bench/call-fib.c tests/bench/call-virtual.c \
	tests/bench/call-switch.c tests/bench/fp-fft.c tests/bench/fp-libm.c tests/bench/fp-linpack.c tests/bench/fp-mandel.c \
	tests/bench/fp-nbody.c tests/bench/fp-ray.c tests/bench/simd-dot.c tests/bench/simd-filter.c tests/bench/simd-matrix.c \
	tests/bench/simd-pixels.c tests/bench/simd-strings.c tests/bench/vec-bytes.c tests/bench/vec-loops.c tests/bench/fork-wait.c \
	tests/bench/start-hello.c tests/bench/peak.c \
	tests/bench/disk-read.c tests/bench/machine-init tests/bench/machines.py
bench: $(bin_PROGRAMS)
	$(top_srcdir)/tests/bench/bench.py $(top_builddir) $(top_srcdir) $(BENCH)
.PHONY: bench
