"""Shuts down the connections of a process to a unix socket, as if somebody had cut them: `cut_connections.py PID PATH`. Prints how many."""

import ctypes
import os
import select
import socket
import sys

SYS_PIDFD_GETFD = 438  # the same on every architecture


def cut(pid: int, path: str) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    pidfd = os.pidfd_open(pid)
    count = 0
    for name in descriptors(pid, pidfd):
        descriptor = libc.syscall(SYS_PIDFD_GETFD, pidfd, int(name), 0)
        if descriptor < 0:
            continue
        try:
            connection = socket.socket(fileno=descriptor)
        except OSError:
            os.close(descriptor)
            continue
        with connection:
            try:
                is_meant = connection.family == socket.AF_UNIX and connection.getpeername() == path
            except OSError:
                continue
            if is_meant:
                connection.shutdown(socket.SHUT_RDWR)
                count += 1
    return count


def descriptors(pid: int, pidfd: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{pid}/fd")
    except PermissionError:
        # Of its own process that is ending, the kernel refuses this to everybody but root.
        if select.select([pidfd], [], [], 5)[0]:
            return []
        raise


if __name__ == "__main__":
    try:
        print(cut(int(sys.argv[1]), sys.argv[2]))
    except (ProcessLookupError, FileNotFoundError):
        # The process has ended, and its connections with it.
        print(0)
