"""Code as E2B's users have it, with nothing of Caisson in it: E2B_API_KEY, E2B_API_URL and E2B_SANDBOX_URL say where it runs."""

import pathlib

from e2b_code_interpreter import Sandbox

data = pathlib.Path(__file__).parent.parent / "data" / "seattle-weather.csv"

with Sandbox.create() as sandbox:
    sandbox.files.write("weather.csv", data.read_text())
    print("lines", sandbox.commands.run("wc -l < weather.csv").stdout.strip())
    sandbox.run_code('import csv\nrows = list(csv.DictReader(open("weather.csv")))')
    execution = sandbox.run_code('max(float(row["temp_max"]) for row in rows)')
    print("warmest", execution.text, execution.error or "no error")
    failed = sandbox.run_code('rows[0]["no such column"]')
    print("error", failed.error.name if failed.error else None)
