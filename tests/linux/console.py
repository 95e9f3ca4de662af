#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""console.py SCRIPT LOG SECONDS COMMAND...: types to a machine whose serial console is COMMAND's standard input and output.

Lines of SCRIPT: "< REGEX" waits until the console shows it behind what was matched before; "> TEXT" types TEXT and
Return; "#" begins a comment. What the console shows goes to LOG. Exit status: that of COMMAND at its
end; 100 if a line's time is over or the console ended first, with the line on standard error."""
import os
import pty
import re
import select
import subprocess
import sys
import time

script, log, limit = sys.argv[1], sys.argv[2], float(sys.argv[3])
ours, theirs = pty.openpty()
child = subprocess.Popen(sys.argv[4:], stdin=theirs, stdout=theirs, close_fds=True)
os.close(theirs)
shown = b""
CONTROL = re.compile(rb"\r|\x1b\[[0-9;?!]*[a-zA-Z]")
out = open(log, "wb", buffering=0)


def give_up(why):
    print(f"console.py: {why}", file=sys.stderr)
    child.kill()
    child.wait()
    sys.exit(100)


def read(seconds):
    """More of what the console shows; False at its end."""
    global shown
    if select.select([ours], [], [], seconds)[0]:
        try:
            piece = os.read(ours, 65536)
        except OSError:         # the other side was closed
            return False
        out.write(piece)
        shown += piece
    return True


def wait_for(pattern, line):
    expression = re.compile(pattern.encode(), re.M)
    end = time.monotonic() + limit

    def found():
        """What is matched of the text without carriage returns and control sequences is gone."""
        global shown
        text = CONTROL.sub(b"", shown)
        match = expression.search(text)
        shown = text[match.end():] if match else shown
        return match

    while True:
        if found():
            return
        left = end - time.monotonic()
        if left <= 0:
            give_up(f"{line}: not seen in {limit:.0f} seconds")
        if not read(min(left, 1.0)) and not found():
            give_up(f"{line}: the console ended")


for line in open(script, encoding="utf-8"):
    line = line.rstrip("\n")
    if line.startswith("< "):
        wait_for(line[2:], line)
    elif line.startswith("> "):
        os.write(ours, line[2:].encode() + b"\r")
    elif line and not line.startswith("#"):
        give_up(f"{line}: not a line of a script")
end = time.monotonic() + limit
while child.poll() is None:
    if time.monotonic() > end:
        give_up("it does not end")
    if not read(0.2):
        time.sleep(0.05)
while select.select([ours], [], [], 0)[0] and read(0):
    pass
sys.exit(child.returncode)
