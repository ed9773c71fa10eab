"""Prints what arrives at a socket, as the service manager of systemd takes it (sd_notify(3))."""

import array
import os
import socket
import sys

receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
print("listening", flush=True)
while True:
    message, ancillary, _, _ = receiver.recvmsg(4096, 4096)
    # A barrier is a descriptor: its sender waits until it was closed.
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            for descriptor in array.array("i", data):
                os.close(descriptor)
    if not message.startswith(b"BARRIER=1"):
        print(message.decode().replace("\n", " "), flush=True)
