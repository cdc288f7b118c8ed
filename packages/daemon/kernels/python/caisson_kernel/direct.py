"""Runs a cell as IPython's `run_cell` does where nothing is out of the ordinary, which takes half of the time for a short one."""

import IPython
from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult

# Later ones keep more of each cell, earlier ones less.
IS_KNOWN = (8, 5) <= IPython.version_info[:2] < (9, 0)
# Cells with these words are run in an event loop, or not kept.
WORDS = ("async", "await", "paste")


def run(shell, code, cell):
    """Runs `cell`, which is what becomes of `code`. False when IPython has to do it: nothing has happened then."""
    if not IS_KNOWN or not _is_ordinary(shell, code):
        return False
    compiler = shell.compile
    count = shell.execution_count
    name = compiler.cache(cell, count, raw_code=code)
    try:
        tree = compiler.ast_parse(cell, filename=name)
    except Exception:  # noqa: BLE001 -- IPython finds it, too, and tells it in its own way.
        return False
    info = ExecutionInfo(code, True, False, True, None)
    result = ExecutionResult(info)
    result.execution_count = count
    events = shell.events
    try:
        events.trigger("pre_execute")
        events.trigger("pre_run_cell", info)
        shell.history_manager.store_inputs(count, cell, code)
        _execute(shell, tree, name, result)
        shell.history_manager.store_output(count)
        shell.execution_count += 1
    except BaseException as error:  # noqa: BLE001 -- an interrupt that came between two statements.
        result.error_in_exec = error
        shell.showtraceback(running_compiled_code=True)
    finally:
        events.trigger("post_execute")
        events.trigger("post_run_cell", result)
    return True


def _is_ordinary(shell, code):
    if not code or code.isspace() or any(word in code for word in WORDS):
        return False
    return not (shell.ast_transformers or shell.trio_runner or shell.logger.log_active)


def _execute(shell, tree, name, result):
    displayhook = shell.displayhook
    with shell.display_trap:
        displayhook.exec_result = result
        running = shell.run_ast_nodes(tree.body, name, shell.ast_node_interactivity, shell.compile, result)
        shell.last_execution_succeeded = not _finish(running)
        shell.last_execution_result = result
        displayhook.exec_result = None


def _finish(coroutine):
    """What a coroutine returns that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise RuntimeError("the cell waits for something")
