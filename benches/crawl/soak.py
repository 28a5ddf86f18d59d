#!/usr/bin/env python3
"""Runs a command and notes the resident memory of its process every so many seconds.

    soak.py [--every 10] [--lines FILE] COMMAND...

FILE is the output that grows by a line a page. A line a sample: seconds, pages, MB, CPU seconds.
"""

import argparse
import os
import pathlib
import subprocess
import time


def lines_in(path, seen):
    """Counts on from (bytes, lines)."""
    try:
        with open(path, "rb") as file:
            file.seek(seen[0])
            while piece := file.read(1 << 20):
                seen = (seen[0] + len(piece), seen[1] + piece.count(b"\n"))
    except OSError:
        pass
    return seen


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=float, default=10)
    parser.add_argument("--lines", type=pathlib.Path)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    begin, seen = time.monotonic(), (0, 0)
    child = subprocess.Popen(args.command)
    print("seconds\tpages\tMB\tCPU s", flush=True)
    while True:
        done, _, usage = os.wait4(child.pid, os.WNOHANG)
        if done:
            break
        seen = lines_in(args.lines, seen) if args.lines else seen
        stat = pathlib.Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()
        cpu = (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
        memory = int(stat[21]) * os.sysconf("SC_PAGE_SIZE") / 1e6
        print(f"{time.monotonic() - begin:.0f}\t{seen[1]}\t{memory:.0f}\t{cpu:.1f}", flush=True)
        time.sleep(args.every)
    seen = lines_in(args.lines, seen) if args.lines else seen
    print(f"end after {time.monotonic() - begin:.0f} s: {seen[1]} pages, peak {usage.ru_maxrss / 1e3:.0f} MB, "
          f"{usage.ru_utime + usage.ru_stime:.0f} CPU s ({usage.ru_stime:.0f} system)")


if __name__ == "__main__":
    main()
