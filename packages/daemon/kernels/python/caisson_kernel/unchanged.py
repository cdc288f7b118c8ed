"""Which cells IPython would leave as they are. To ask it takes longer than to run a short cell."""

import re

from IPython.core.autocall import IPyAutocall
from IPython.core.macro import Macro

# What may mean something to IPython that it does not mean to Python, and how lines can end otherwise. A cell with too much in here is only slower.
SPECIAL = re.compile(
    r"\A\s|^[ \t]+$|\?|!(?!=)|^\s*[!%,;/]|=\s*[!%]|>>>|^\s*\.\.\.|\bIn\s*\[|# PYTHON-MODE$|[\r\v\f\x1c-\x1e\x85\u2028\u2029]",
    re.MULTILINE,
)
# The beginning of a line that can be the name of a magic or of something that calls itself.
HEAD = re.compile(r"[\w.*]*")


class Unchanged:
    """Knows what transforms cells in a shell that nobody has changed yet."""

    def __init__(self, shell):
        self._shell = shell
        try:
            self._known = self._transforms()
        except AttributeError:
            # An IPython that is put together in another way transforms everything.
            self._known = None

    def cell_of(self, code):
        """What IPython makes of the code, if that is the code itself with a newline at its end, else None."""
        if self._known is None or SPECIAL.search(code) is not None or self._transforms() != self._known:
            return None
        line = code.removesuffix("\n")
        # Only a single line can be a call without parentheses.
        return f"{line}\n" if "\n" in line or self._is_plain_line(line) else None

    def _is_plain_line(self, line):
        shell = self._shell
        head = HEAD.match(line).group()
        if isinstance(shell.user_ns.get(head), (Macro, IPyAutocall)):
            return False
        return not shell.autocall and shell.find_magic(head) is None

    def _transforms(self):
        shell = self._shell
        static = shell.input_transformer_manager
        dynamic = shell.prefilter_manager
        return [
            static,
            *static.cleanup_transforms,
            *static.line_transforms,
            *static.token_transformers,
            *shell.input_transformers_post,
            dynamic,
            *dynamic.transformers,
            *dynamic.checkers,
        ]
