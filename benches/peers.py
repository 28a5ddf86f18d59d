"""What extraction costs beside others, on the same pages in one run, a core each.

    python3 benches/peers.py LIST [--rounds 3] [--sizes] "NAME=COMMAND" ...

COMMAND reads the files named in the list `{list}`. Each is run in turn, over the list and over an
empty one; a round's figure is the CPU time of the first less that of the second, so that neither
the start of a program counts nor what else the machine does meanwhile. `COMMAND` may be `py:NAME`
for one of the Python extractors below. With `--sizes` then the smallest, the middle and the largest
fifth of the files apart.
"""

import argparse
import contextlib
import os
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile


def resiliparse(html):
    from resiliparse.extract.html2text import extract_plain_text

    return extract_plain_text(html, main_content=True)


def trafilatura(html):
    import trafilatura

    return trafilatura.bare_extraction(html, with_metadata=True)


def trafilatura_fast(html):
    import trafilatura

    return trafilatura.bare_extraction(html, with_metadata=True, fast=True)


def readability(html):
    import readability

    return readability.Document(html).summary()


def newspaper(html):
    import newspaper

    article = newspaper.Article("http://x.example/", fetch_images=False)
    article.download(input_html=html)
    article.parse()
    return article.text


def run_python(name, listed):
    extract = globals()[name]
    paths = open(listed).read().splitlines()
    # What it imports is its start, which an empty list takes, too.
    with contextlib.suppress(Exception):
        extract("<html><body><p>One.</p></body></html>")
    failed = []
    for path in paths:
        html = open(path, "rb").read().decode("utf-8", "replace")
        try:
            extract(html)
        except Exception as error:
            failed.append(f"{path}: {error!r}")
    # A page or two that a peer cannot read are no news; one that reads none, a part of it missing, would be the quickest.
    if 10 * len(failed) > len(paths):
        sys.exit(f"{name} failed on {len(failed)} of {len(paths)} pages, the last: {failed[-1]}")


def cpu_seconds(command, listed):
    if command.startswith("py:"):
        args = [sys.executable, __file__, "--python", command[3:], listed]
    else:
        args = [part.replace("{list}", listed) for part in shlex.split(command)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = subprocess.run(args, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if ran.returncode != 0:
        sys.exit(f"{command}: code {ran.returncode}: {ran.stderr.decode(errors='replace')[-1000:].strip()}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(paths, commands, count):
    """Prints a table of what the commands took, and how many times the first one's time."""
    megabytes = sum(os.path.getsize(path) for path in paths) / 1e6
    rounds = {name: [] for name in commands}
    with tempfile.NamedTemporaryFile("w") as empty, tempfile.NamedTemporaryFile("w") as listed:
        listed.write("".join(path + "\n" for path in paths))
        listed.flush()
        for _ in range(count):
            for name, command in commands.items():
                seconds = cpu_seconds(command, listed.name) - cpu_seconds(command, empty.name)
                rounds[name].append(seconds)
    first = next(iter(commands))
    print(f"{len(paths)} pages, {megabytes:.1f} MB, {count} rounds, the middle one\n")
    print("| | ms a page | pages/s | MB/s | times | rounds, ms a page |")
    print("| --- | ---: | ---: | ---: | ---: | --- |")
    for name, seconds in rounds.items():
        middle = statistics.median(seconds)
        ratios = [own / other for own, other in zip(rounds[first], seconds)]
        each = ", ".join(f"{1e3 * s / len(paths):.2f}" for s in seconds)
        print(
            f"| {name} | {1e3 * middle / len(paths):.2f} | {len(paths) / middle:.0f} "
            f"| {megabytes / middle:.1f} | {statistics.median(ratios) ** -1:.2f} | {each} |",
            flush=True,
        )


def main():
    if sys.argv[1:2] == ["--python"]:
        run_python(sys.argv[2], sys.argv[3])
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("list")
    parser.add_argument("commands", nargs="+")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", action="store_true")
    options = parser.parse_args()
    paths = open(options.list).read().splitlines()
    commands = dict(command.split("=", 1) for command in options.commands)
    measure(paths, commands, options.rounds)
    if not options.sizes:
        return
    paths.sort(key=os.path.getsize)
    fifth = len(paths) // 5
    for name, start in ("smallest", 0), ("middle", 2 * fifth), ("largest", 4 * fifth):
        print(f"\nThe {name} fifth: ", end="")
        measure(paths[start : start + fifth], commands, options.rounds)


main()
