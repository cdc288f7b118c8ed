"""One context: a kernel that keeps its variables from cell to cell."""

import _signal
import os
import signal
import sys

from . import display, figures, images, plain
from .channel import Channel, flush
from .environment import replaced


def make_shell():
    """IPython when it can be imported, else our own small one."""
    try:
        from . import ipython
    except ImportError:
        return plain.PlainShell()
    return ipython.make_shell()


def serve():
    figures.prefer_inline()
    images.watch()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    run(make_shell())


def run(shell):
    """Takes cells until the daemon closes the channel."""
    channel = Channel()
    start = channel.receive()
    channel.nonce = start["nonce"].encode()
    if "env" in start:
        os.environ.clear()
        os.environ.update(start["env"])
    os.chdir(start["cwd"])
    _use_own_streams()
    sink = display.Sink(channel)
    figures.sink = sink
    shell.attach(sink)
    channel.send("ready")
    while (command := channel.receive()) is not None:
        with replaced(command.get("env") or {}):
            _run_cell(shell, command["code"], sink)
        if os.getpid() != channel.owner:
            # A child that user code forked and did not end.
            flush()
            os._exit(0)
        channel.end()
    os._exit(0)


def _run_cell(shell, code, sink):
    try:
        # The handler of C Python, since one of ours would show in tracebacks. Set directly: `signal.signal` looks up what there was before, in a slow way.
        _signal.signal(_signal.SIGINT, _signal.default_int_handler)
        try:
            shell.run(code, sink)
            figures.show_open()
        finally:
            _signal.signal(_signal.SIGINT, _signal.SIG_IGN)
    except KeyboardInterrupt:
        sink.error("KeyboardInterrupt", "", "KeyboardInterrupt: the cell was interrupted")
    except BaseException as error:  # noqa: BLE001 -- whatever it is, the kernel goes on.
        message = display.message_of(error)
        sink.error(type(error).__name__, message, f"{type(error).__name__}: {message}")


def _use_own_streams():
    """Text goes out line by line, and as it is if it is not UTF-8. There is nobody to answer a question."""
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        stream = open(descriptor, "w", encoding="utf-8", errors="surrogateescape", buffering=1, closefd=False)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
