#!/usr/bin/env python3
"""An archive like those of CC-NEWS, made of saved pages.

    make.py PAGES OUT.warc.gz --records 20000 [--harm 0.01] [--seed 1]

PAGES is a folder of HTML files. OUT gets a warcinfo record, and a request and a response for each of so
many pages, a gzip member a record, as StormCrawler writes CC-NEWS: the content encoding undone and named in
`X-Crawl-Content-Encoding`. One in four keeps its body as it came instead: packed with gzip or deflate, or
in chunks. A share of them is harmed (`--harm`): cut by the crawler (`WARC-Truncated`), with a length that is
not true, with broken bytes, or without an HTTP head; then come a redirect, a page that is gone, a picture
and a revisit for each hundred. `--cut` ends the file in the middle of its last member.
"""

import argparse
import gzip
import pathlib
import random
import uuid
import zlib

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def record(kind, url, block, second, fields=(), lie=0):
    head = [
        "WARC/1.0",
        f"WARC-Type: {kind}",
        f"WARC-Date: 2026-11-{1 + second // 86400 % 28:02}T{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}Z",
        f"WARC-Record-ID: <urn:uuid:{uuid.UUID(int=random.getrandbits(128), version=4)}>",
    ]
    if url:
        head.append(f"WARC-Target-URI: {url}")
    head += fields
    head.append(f"Content-Length: {len(block) + lie}")
    return "\r\n".join(head).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def chunks(body):
    pieces = [body[at : at + 8192] for at in range(0, len(body), 8192)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def response(body, kind, second):
    lines = [
        "HTTP/1.1 200 OK",
        f"Date: Mon, {1 + second // 86400 % 28:02} {MONTHS[10]} 2026 07:30:00 GMT",
        "Server: nginx",
        "Content-Type: text/html" + random.choice(["", "; charset=utf-8", "; charset=UTF-8"] if utf8(body) else [""]),
        "Cache-Control: max-age=60, public",
        'ETag: W/"%x"' % random.getrandbits(48),
        "Vary: Accept-Encoding",
        "X-Frame-Options: SAMEORIGIN",
        "Strict-Transport-Security: max-age=31536000",
    ]
    if kind == "gzip":
        body = gzip.compress(body, 6, mtime=0)
        lines.append("Content-Encoding: gzip")
    elif kind == "deflate":
        body = zlib.compress(body, 6)
        lines.append("Content-Encoding: deflate")
    elif kind == "chunked":
        body = chunks(body)
        lines.append("Transfer-Encoding: chunked")
    else:
        lines += ["X-Crawl-Content-Encoding: gzip", f"X-Crawl-Content-Length: {len(body) // 5}"]
    if kind != "chunked":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def utf8(body):
    try:
        body.decode()
        return True
    except UnicodeDecodeError:
        return False


class Archive:
    def __init__(self, path):
        self.file = open(path, "wb")

    def add(self, bytes_, break_=False):
        member = bytearray(gzip.compress(bytes_, 6, mtime=0))
        if break_:
            middle = len(member) // 2
            member[middle : middle + 16] = bytes(random.getrandbits(8) for _ in range(16))
        self.file.write(member)


def others(archive, url, second):
    """What is no page."""
    http = ["Content-Type: application/http; msgtype=response"]
    moved = b"HTTP/1.1 301 Moved Permanently\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    gone = b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n<h1>Not found</h1>"
    picture = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n" + bytes(random.getrandbits(8) for _ in range(4096))
    archive.add(record("response", url + "?moved", moved, second, http))
    archive.add(record("response", url + "?gone", gone, second, http))
    archive.add(record("response", url + "?picture", picture, second, http))
    profile = ["WARC-Profile: http://netpreserve.org/warc/1.0/revisit/identical-payload-digest", *http]
    archive.add(record("revisit", url, b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", second, profile))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--harm", type=float, default=0.01)
    parser.add_argument("--cut", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    random.seed(args.seed)
    pages = [path.read_bytes() for path in sorted(args.pages.rglob("*.html"))]
    archive = Archive(args.out)
    info = b"software: benches/warc/make.py\r\nformat: WARC File Format 1.0\r\n"
    archive.add(record("warcinfo", None, info, 0, ["Content-Type: application/warc-fields"]))
    harmed = dict.fromkeys(["truncated", "length", "bytes", "head"], 0)
    unpacked = 0
    for n in range(args.records):
        body = pages[n % len(pages)]
        url = f"https://www.site-{n % 997}.example/news/{n}.html"
        request = f"GET /news/{n}.html HTTP/1.1\r\nHost: www.site-{n % 997}.example\r\nUser-Agent: CCBot/2.0\r\n\r\n"
        archive.add(record("request", url, request.encode(), n, ["Content-Type: application/http; msgtype=request"]))
        kind = random.choice(["gzip", "deflate", "chunked", "gzip"]) if random.random() < 0.25 else ""
        harm = random.choice(list(harmed)) if random.random() < args.harm else None
        fields = ["WARC-IP-Address: 192.0.2.1", "Content-Type: application/http; msgtype=response"]
        if harm:
            harmed[harm] += 1
        if harm == "truncated":
            body = body[: len(body) // 2]
            fields.append("WARC-Truncated: length")
        block = response(body, kind, n)
        if harm == "head":
            block = block[len(block) // 2 :]
        unpacked += len(block)
        made = record("response", url, block, n, fields, lie=10_000 if harm == "length" else 0)
        archive.add(made, break_=harm == "bytes")
        if n % 100 == 99:
            others(archive, url, n)
    size = archive.file.tell()
    if args.cut:
        archive.file.truncate(size - 100)
    print(f"{args.records} pages of {len(pages)}, {size / 1e6:.0f} MB packed, {unpacked / 1e6:.0f} MB unpacked; harmed: {harmed}")


if __name__ == "__main__":
    main()
