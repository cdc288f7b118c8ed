"""The shell of a context where IPython is installed."""

import subprocess
import sys
import warnings

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from . import figures
from .channel import flush


class Hook(DisplayHook):
    """Sends the value of a cell's last expression."""

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


class Shell(InteractiveShell):
    def init_history(self):
        # A database and a thread for it, which must not be there when a kernel forks.
        super().init_history()
        self.history_manager.enabled = False

    def _showtraceback(self, etype, evalue, stb):
        self.sink.error(getattr(etype, "__name__", str(etype)), str(evalue), "\n".join(stb))

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
        self.run_cell(code, store_history=True)


def make_shell():
    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    config.InteractiveShell.colors = "NoColor"
    config.InteractiveShell.cache_size = 100
    config.PlainTextFormatter.max_seq_length = 0
    shell = Shell.instance(config=config, displayhook_class=Hook, display_pub_class=Publisher)
    formatter = shell.display_formatter
    formatter.active_types = formatter.format_types
    formatter.formatters["image/png"].for_type_by_name("matplotlib.figure", "Figure", figures.png_of)
    warnings.filterwarnings("ignore", message="To exit: use", category=UserWarning)
    return shell
