"""Starts a Python kernel, or the zygote from which kernels are forked."""

import sys

from caisson_kernel import context, zygote

# User code sees what it would see in a notebook: the working directory first, and nothing of ours.
sys.path[0] = ""
mode = sys.argv.pop()
if mode == "zygote":
    zygote.serve()
else:
    context.serve()
