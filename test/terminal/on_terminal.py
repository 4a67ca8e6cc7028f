"""Runs a command on a pseudo-terminal, and presses Ctrl-C once a text was shown and nothing follows it.

usage: on_terminal.py <columns> <text> <command> [argument …]

Writes what the terminal received to stdout, and ends with the exit code of the command.
"""

import fcntl
import os
import pty
import select
import struct
import sys
import termios

ROWS = 24
CTRL_C = b"\x03"
# Ctrl-C discards what the terminal has not read yet, so the rest of a screen must have arrived.
QUIET_SECONDS = 0.3


def is_quiet(terminal: int) -> bool:
    readable, _, _ = select.select([terminal], [], [], QUIET_SECONDS)
    return not readable


def main() -> int:
    columns, text, *command = sys.argv[1:]
    child, terminal = pty.fork()
    if child == 0:
        size = struct.pack("HHHH", ROWS, int(columns), 0, 0)
        fcntl.ioctl(sys.stdout.fileno(), termios.TIOCSWINSZ, size)
        os.execvp(command[0], command)
    received = b""
    is_pressed = False
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            piece = b""
        if not piece:
            break
        received += piece
        if not is_pressed and text.encode() in received and is_quiet(terminal):
            is_pressed = True
            os.write(terminal, CTRL_C)
    sys.stdout.buffer.write(received)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


sys.exit(main())
