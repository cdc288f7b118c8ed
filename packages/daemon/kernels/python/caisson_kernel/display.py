"""What goes to the daemon: values in all their formats, and errors."""

import base64
import sys

from . import charts, tables

# More than this in one format is left out: the daemon keeps a whole event in memory.
LIMIT = 16 * 1024 * 1024


class Sink:
    """Where a shell puts what a cell yields."""

    def __init__(self, channel):
        self._channel = channel

    def result(self, value, formats, main):
        """Sends a value that a shell has put into formats already."""
        self.bundle({**formats, **_extras(value, formats)}, main)

    def bundle(self, formats, main):
        data = {}
        for mime, content in formats.items():
            if content is None:
                continue
            text = base64.b64encode(content).decode() if isinstance(content, bytes) else content
            if isinstance(text, str) and len(text) > LIMIT:
                print(f"{mime} was left out: it exceeds {LIMIT} bytes", file=sys.stderr)
                continue
            data[mime] = text
        if data:
            self._channel.send("result", main=main, data=data)

    def error(self, name, value, traceback):
        self._channel.send("error", name=name, value=value[:LIMIT], traceback=traceback[:LIMIT])


def message_of(error):
    """What an error says, whatever its class makes of that."""
    try:
        return str(error)
    except BaseException:  # noqa: BLE001 -- it is the user's code.
        return "<exception str() failed>"


def _extras(value, formats):
    """Formats that no shell makes by itself. Nothing is imported for them: a value has its library loaded already."""
    extras = {}
    for make in (_json_of, tables.table_of, charts.chart_of):
        try:
            extras.update(make(value, formats))
        except Exception:  # noqa: BLE001 -- a value that resists still has its other formats.
            continue
    return extras


def _json_of(value, formats):
    if isinstance(value, (dict, list)) and "application/json" not in formats:
        return {"application/json": tables.plain_value(value)}
    return {}
