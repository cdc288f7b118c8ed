"""A process that has imported what kernels need, and forks one in milliseconds."""

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import warnings

from . import context, figures, images

SOCKET = 3
EVENTS = 4
# Every kernel's descriptors, in this order: standard streams, commands, events.
TARGETS = (1, 2, 3, 4)
# What data work needs, imported one by one so that nobody waits long for a fork.
LIBRARIES = ("numpy", "pandas", "matplotlib", "matplotlib.pyplot", "caisson_kernel.backend")


def serve():
    figures.prefer_inline()
    images.watch()
    os.set_inheritable(SOCKET, False)
    os.set_inheritable(EVENTS, False)
    control = socket.socket(fileno=SOCKET)
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker)
    shell = context.make_shell()
    warm(shell)
    pending = []
    while True:
        ready, _, _ = select.select([control, woken], [], [], 0 if pending else None)
        if woken in ready:
            os.read(woken, 4096)
            report_ended()
        if control in ready:
            message, descriptors, _, _ = socket.recv_fds(control, 256, len(TARGETS))
            if not message:
                os._exit(0)
            for word in message.decode().split():
                if word == "preload":
                    pending = list(LIBRARIES)
                elif word == "fork" and fork(descriptors, control, (woken, waker)):
                    return context.run(shell)
        elif pending:
            preload(pending.pop(0))


def warm(shell):
    """The first cell of a shell is slow: this one is nobody's."""
    if hasattr(shell, "run_cell"):
        shell.run_cell("None", store_history=False, silent=True)
    gc.collect()
    gc.freeze()


def preload(name):
    try:
        importlib.import_module(name)
    except Exception:  # noqa: BLE001 -- kernels do without it.
        return
    gc.collect()
    gc.freeze()


def fork(descriptors, control, pipe):
    """True in the child, which is a kernel with its descriptors in place."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pid = os.fork()
    except OSError as error:
        tell(error=str(error))
        pid = None
    if pid != 0:
        for descriptor in descriptors:
            os.close(descriptor)
        if pid is not None:
            tell(forked=pid)
        return False
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    control.detach()
    for descriptor in pipe:
        os.close(descriptor)
    # Out of the way first, because they may lie where they have to go.
    moved = [os.dup(descriptor) for descriptor in descriptors]
    for target, descriptor in zip(TARGETS, moved):
        os.dup2(descriptor, target)
    for descriptor in {*descriptors, *moved} - set(TARGETS):
        os.close(descriptor)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        # Else all kernels would draw the same random numbers.
        numpy.random.seed()
    return True


def report_ended():
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        tell(ended=pid, code=os.waitstatus_to_exitcode(status))


def tell(**fields):
    os.write(EVENTS, json.dumps(fields).encode() + b"\n")
