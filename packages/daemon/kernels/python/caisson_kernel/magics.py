"""`!command`, `%magic` and `%%magic` for the plain shell: the few that notebooks use most."""

import os
import re
import shlex
import subprocess
import sys

LINE = re.compile(r"^(\s*)(?:([A-Za-z_][\w, ]*?)\s*=\s*)?([!%])(?!=)(.*)$")


def translate(code):
    """The cell as plain Python. A cell that is Python already stays as it is."""
    first, _, rest = code.lstrip("\n").partition("\n")
    if first.startswith("%%"):
        return f"__import__({__name__!r}, fromlist=['x']).cell({first[2:].strip()!r}, {rest!r})"
    if not any(mark in code for mark in "!%") or _compiles(code):
        return code
    return "\n".join(_translate_line(line) for line in code.split("\n"))


def _compiles(code):
    import ast

    try:
        compile(code, "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except SyntaxError:
        return False
    return True


def _translate_line(line):
    match = LINE.match(line)
    if match is None:
        return line
    indent, target, kind, text = match.groups()
    module = f"__import__({__name__!r}, fromlist=['x'])"
    call = "magic" if kind == "%" else "output" if target else "system"
    before = f"{target} = " if target else ""
    after = "" if target else ";"
    return f"{indent}{before}{module}.{call}({text.strip()!r}){after}"


def system(command):
    sys.stdout.flush()
    return subprocess.run(command, shell=True, stdin=subprocess.DEVNULL, check=False).returncode


def output(command):
    return subprocess.run(command, shell=True, stdout=subprocess.PIPE, text=True, check=False).stdout.splitlines()


def magic(text):
    name, _, rest = text.partition(" ")
    rest = rest.strip()
    if name == "pip":
        return system(f"{shlex.quote(sys.executable)} -m pip {rest}")
    if name == "cd":
        os.chdir(os.path.expanduser(rest or "~"))
        return print(os.getcwd())
    if name == "pwd":
        return os.getcwd()
    if name in ("env", "set_env"):
        key, _, value = rest.replace("=", " ", 1).partition(" ")
        if not value:
            return os.environ.get(key) if key else dict(os.environ)
        os.environ[key] = value.strip()
        return None
    if name in ("matplotlib", "autoreload", "load_ext", "config", "reload_ext"):
        return None
    raise NameError(f"%{name} needs IPython, which this sandbox does not have")


def cell(head, body):
    name = head.split(" ")[0]
    if name in ("bash", "sh"):
        sys.stdout.flush()
        code = subprocess.run([name, "-c", body], stdin=subprocess.DEVNULL, check=False).returncode
        if code != 0:
            raise subprocess.CalledProcessError(code, name)
        return
    if name == "writefile":
        with open(os.path.expanduser(head.split(" ", 1)[1].strip()), "w", encoding="utf-8") as file:
            file.write(body)
        return
    raise NameError(f"%%{name} needs IPython, which this sandbox does not have")
