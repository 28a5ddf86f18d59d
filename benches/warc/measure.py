#!/usr/bin/env python3
"""What cleaning archives costs beside bare reading of them, and what memory it takes.

    measure.py [--chaffinch PATH] [--threads 2] [--rounds 3] [--watch] ARCHIVE...

In turn, so that what else the machine does meets both alike: fastwarc reads all responses with their
HTTP heads and throws the bodies away, a process a core, each with its share of the archives; `chaffinch
clean` does all that it does. Figures are the CPU time, which other work on the machine changes least, and the
time on the clock. `--watch` prints the resident memory of `clean` every few seconds instead.

Needs `pip install fastwarc`.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time

READ = """
import sys
from fastwarc.warc import ArchiveIterator, WarcRecordType
records = size = 0
for path in sys.argv[1:]:
    for record in ArchiveIterator(open(path, "rb"), record_types=WarcRecordType.response, parse_http=True):
        size += len(record.reader.read())
        records += 1
print(records, size)
"""


def timed(commands):
    """CPU and clock seconds of commands that run at once, the largest peak of memory in MB, their outputs."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) for command in commands]
    out, peak = [], 0
    for process in running:
        out.append(process.stdout.read().decode())
        _, _, usage = os.wait4(process.pid, 0)
        peak = max(peak, usage.ru_maxrss / 1024)
    clock = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, clock, peak, out


def clean(args):
    return [args.chaffinch, "clean", "-q", "--threads", str(args.threads), "-o", "/dev/null", *args.archives]


def watch(args):
    process = subprocess.Popen(clean(args), stderr=subprocess.DEVNULL)
    start, peak = time.monotonic(), 0
    while process.poll() is None:
        with open(f"/proc/{process.pid}/status") as status:
            sizes = {line.split()[0]: int(line.split()[1]) // 1024 for line in status if line.startswith("Vm")}
        if "VmRSS:" not in sizes:
            break
        peak = max(peak, sizes["VmHWM:"])
        print(f"{time.monotonic() - start:8.0f} s {sizes['VmRSS:']:6} MB, peak {sizes['VmHWM:']} MB", flush=True)
        time.sleep(args.every)
    print(f"code {process.wait()}, peak {peak} MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archives", nargs="+")
    parser.add_argument("--chaffinch", default="target/release/chaffinch")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--watch", action="store_true")
    parser.add_argument("--every", type=float, default=5)
    args = parser.parse_args()
    if args.watch:
        return watch(args)
    shares = [args.archives[n :: args.threads] for n in range(args.threads)]
    readers = [[sys.executable, "-c", READ, *share] for share in shares if share]
    # What starting Python costs.
    start = statistics.median(timed([[sys.executable, "-c", READ]])[0] for _ in range(3)) * len(readers)
    ratios = []
    for _ in range(args.rounds):
        cpu, clock, _, out = timed(readers)
        records = sum(int(line.split()[0]) for line in out)
        size = sum(int(line.split()[1]) for line in out)
        cpu -= start
        ours, our_clock, peak, _ = timed([clean(args)])
        ratios.append(cpu / ours)
        print(
            f"{records} responses, {size / 1e6:.0f} MB; fastwarc {cpu:.2f} CPU s ({cpu / records * 1e3:.3f} ms each), {clock:.1f} s; "
            f"clean {ours:.2f} CPU s ({ours / records * 1e3:.3f} ms each), {our_clock:.1f} s, peak {peak:.0f} MB; {cpu / ours:.0%}"
        )
    print(f"clean is {statistics.median(ratios):.0%} as fast as bare reading")


if __name__ == "__main__":
    main()
