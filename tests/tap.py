# SPDX-License-Identifier: BSD-2-Clause
"""The Test Anything Protocol for tests in Python, as harness.h is for those in C."""
import sys

count = 0


def ok(good, name, *more):
    """One result; more is told of a failure."""
    global count
    count += 1
    print(f"{'ok' if good else 'not ok'} {count} - {name}", flush=True)
    if not good:
        for m in more:
            print("#", str(m).replace("\n", "\n# ")[:1500], flush=True)


def skip(why):
    """The whole test cannot run here."""
    print(f"1..0 # SKIP {why}", flush=True)
    sys.exit(0)


def done():
    """All results were told."""
    print(f"1..{count}", flush=True)
