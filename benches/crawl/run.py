#!/usr/bin/env python3
"""Runs commands in turn, several rounds, and prints a table of what each took.

    run.py --pages 10000 --rounds 3 [--json FILE] NAME=COMMAND ...

Every command is a shell line; `{out}` in it is a fresh folder. CPU seconds are user and system of
the whole process tree; memory is the largest sum of resident sets over the tree, looked at ten
times a second. The middle round counts, by CPU seconds.
"""

import argparse
import json
import os
import pathlib
import shlex
import shutil
import statistics
import subprocess
import tempfile
import threading
import time


def tree(root):
    """The processes below `root`, itself too."""
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo.extend(parents.get(pid, []))
    return found


def resident(pid):
    try:
        return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def measure(command):
    out = tempfile.mkdtemp(prefix="crawlbench-")
    begin = time.monotonic()
    child = subprocess.Popen(["sh", "-c", "exec " + command.replace("{out}", shlex.quote(out))],
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    talk = []
    reader = threading.Thread(target=lambda: talk.append(child.stderr.read()))
    reader.start()
    peak, done = 0, 0
    while not done:
        peak = max(peak, sum(map(resident, tree(child.pid))))
        time.sleep(0.1)
        done, status, usage = os.wait4(child.pid, os.WNOHANG)
    wall = time.monotonic() - begin
    reader.join()
    shutil.rmtree(out)
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "system": usage.ru_stime,
            "peak": peak, "code": os.waitstatus_to_exitcode(status),
            "talk": talk[0].decode(errors="replace")[-400:]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("commands", nargs="+", metavar="NAME=COMMAND")
    args = parser.parse_args()
    commands = dict(line.split("=", 1) for line in args.commands)
    runs = {name: [] for name in commands}
    for number in range(args.rounds):
        for name, command in commands.items():
            run = measure(command)
            runs[name].append(run)
            print(f"# round {number + 1}, {name}: {run['wall']:.1f} s, {run['cpu']:.1f} CPU s, code {run['code']}"
                  + (f": {run['talk']}" if run["code"] not in (0, 1) else ""), flush=True)
    if args.json:
        args.json.write_text(json.dumps(runs, indent=1))
    print("| | pages/s | pages/CPU s | CPU ms a page | peak MB | rounds, CPU ms a page |\n| --- | ---: | ---: | ---: | ---: | --- |")
    for name, all_runs in runs.items():
        middle = sorted(all_runs, key=lambda run: run["cpu"])[len(all_runs) // 2]
        peak = statistics.median(run["peak"] for run in all_runs)
        each = ", ".join(f"{run['cpu'] / args.pages * 1000:.2f}" for run in all_runs)
        print(f"| {name} | {args.pages / middle['wall']:.0f} | {args.pages / middle['cpu']:.0f} | "
              f"{middle['cpu'] / args.pages * 1000:.2f} | {peak / 1e6:.0f} | {each} |")


if __name__ == "__main__":
    main()
