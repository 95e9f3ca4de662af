#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""peer.py DIR CONSOLE: serves DIR by HTTP on the loopback; when the guest's console says that it listens, talks to it.

Writes "PORT FORWARD" into DIR/port: where it serves, and a free port for the guest's; what the guest says into DIR/said.
"""
import functools
import http.server
import pathlib
import socket
import sys
import threading
import time

directory, console = map(pathlib.Path, sys.argv[1:3])


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(directory)))
threading.Thread(target=server.serve_forever, daemon=True).start()
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    forward = s.getsockname()[1]
(directory / "port.new").write_text(f"{server.server_port} {forward}\n")
(directory / "port.new").rename(directory / "port")

for _ in range(600):
    if console.exists() and b"T: listening" in console.read_bytes():
        break
    time.sleep(0.1)
time.sleep(0.3)
with socket.create_connection(("127.0.0.1", forward), timeout=20) as s:
    s.sendall(b"hello guest\n")
    said = b""
    while b"\n" not in said:
        piece = s.recv(100)
        if not piece:
            break
        said += piece
(directory / "said").write_bytes(said)
time.sleep(60)
