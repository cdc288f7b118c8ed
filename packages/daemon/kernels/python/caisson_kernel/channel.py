"""The way to the daemon: commands come in on one pipe, events go out on another, text goes through the standard streams."""

import json
import os
import sys
import threading

COMMANDS = 3
EVENTS = 4
OVER = b'{"event":"end"}\n'


class Channel:
    def __init__(self):
        self.owner = os.getpid()
        self.nonce = b""
        self._rest = b""
        self._lock = threading.RLock()
        # Programs that user code starts get neither. The marks go to the pipes even when user code has put something else in their place.
        os.set_inheritable(COMMANDS, False)
        os.set_inheritable(EVENTS, False)
        self._texts = (os.dup(1), os.dup(2))

    def receive(self):
        """The next command, or None when the daemon is gone."""
        while b"\n" not in self._rest:
            part = os.read(COMMANDS, 1 << 16)
            if not part:
                return None
            self._rest += part
        line, self._rest = self._rest.split(b"\n", 1)
        return json.loads(line)

    def send(self, kind, **fields):
        """Tells the daemon something that comes after all text written so far: a mark in both streams says how far that is."""
        if os.getpid() != self.owner:
            return
        flush()
        line = json.dumps({"event": kind, **fields}, default=str).encode() + b"\n"
        mark = b"\0\0" + self.nonce + b"\0"
        with self._lock:
            for text in self._texts:
                _write(text, mark)
            _write(EVENTS, line)


    def end(self):
        """Tells the daemon that a cell is over. No text of it can follow, so that nothing need be marked."""
        flush()
        with self._lock:
            _write(EVENTS, OVER)


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            # User code may have closed or replaced it.
            pass


def _write(descriptor, data):
    while data:
        data = data[os.write(descriptor, data) :]
