"""The shell of a context where IPython is installed."""

import subprocess
import sys
import warnings

from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from . import direct, figures
from .channel import flush
from .display import message_of
from .unchanged import Unchanged

# In the classes below, plain attributes stand where IPython has traits that every cell sets or gets: a few of those take longer than running a short cell.


class Hook(DisplayHook):
    """Sends the value of a cell's last expression."""

    exec_result = None

    def start_displayhook(self):
        pass

    def write_output_prompt(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        self.formats = format_dict

    def log_output(self, format_dict):
        pass

    def finish_displayhook(self):
        pass

    def __call__(self, result=None):
        self.formats = {}
        super().__call__(result)
        if self.formats:
            self.shell.sink.result(result, self.formats, True)


class Publisher(DisplayPublisher):
    """Sends what is displayed on the way."""

    def publish(self, data, metadata=None, source=None, *, transient=None, update=False, **_options):
        self.shell.sink.result(None, data, False)

    def clear_output(self, wait=False):
        pass


class History(HistoryManager):
    """Keeps what this context has run, for `In` and `_i`, and nothing beyond it."""

    _i00 = _i = _ii = _iii = ""


class Compiler(CachingCompiler):
    """Names cells, for tracebacks."""

    def get_code_name(self, raw_code, transformed_code, number):
        # As IPython does, but that what tells two cells of one number apart need not be a cryptographic hash.
        return f"<ipython-input-{number}-{hash(transformed_code) & 0xFFFFFFFFFFFF:012x}>"


class Shell(InteractiveShell):
    compiler_class = Compiler
    execution_count = 1
    last_execution_succeeded = True
    last_execution_result = None
    display_trap = history_manager = magics_manager = prefilter_manager = None

    def init_history(self):
        self.history_manager = History(shell=self, parent=self)
        self.configurables.append(self.history_manager)
        # Else a database and a thread for it, which must not be there when a kernel forks.
        self.history_manager.enabled = False

    def transform_cell(self, raw_cell):
        cell = self.unchanged.cell_of(raw_cell)
        return super().transform_cell(raw_cell) if cell is None else cell

    def should_run_async(self, raw_cell, **options):
        # To find that out takes a compilation, and is needed for one of these words only.
        return ("await" in raw_cell or "async" in raw_cell) and super().should_run_async(raw_cell, **options)

    def _showtraceback(self, etype, evalue, stb):
        self.sink.error(getattr(etype, "__name__", str(etype)), message_of(evalue), "\n".join(stb))

    def system(self, command):
        flush()
        command = self.var_expand(command, depth=1)
        self.user_ns["_exit_code"] = subprocess.run(command, shell=True, stdin=subprocess.DEVNULL, check=False).returncode

    system_piped = system_raw = system

    def enable_matplotlib(self, gui=None):
        # Figures go to the daemon whatever a notebook asks for: there is no screen.
        import matplotlib

        matplotlib.use(figures.BACKEND)
        return "inline", figures.BACKEND

    def ask_exit(self):
        pass

    def attach(self, sink):
        self.sink = sink

    def run(self, code, sink):
        cell = self.unchanged.cell_of(code)
        if cell is None or not direct.run(self, code, cell):
            self.run_cell(code, store_history=True)


def make_shell():
    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    # Nobody waits to write it out.
    config.HistoryManager.db_cache_size = sys.maxsize
    config.InteractiveShell.colors = "NoColor"
    config.InteractiveShell.cache_size = 100
    config.PlainTextFormatter.max_seq_length = 0
    shell = Shell.instance(config=config, displayhook_class=Hook, display_pub_class=Publisher)
    formatter = shell.display_formatter
    formatter.active_types = formatter.format_types
    formatter.formatters["image/png"].for_type_by_name("matplotlib.figure", "Figure", figures.png_of)
    warnings.filterwarnings("ignore", message="To exit: use", category=UserWarning)
    shell.unchanged = Unchanged(shell)
    # For good: IPython would change the builtins for every cell, and all that Python has learned about where functions find theirs would be void.
    shell.builtin_trap.__enter__()
    return shell
