#!/usr/bin/env python3
"""A site farm of saved pages on the loopback, served packed by nginx, and a list of its URLs.

    farm.py PAGES OUT --hosts 200 --urls 10000 [--port 8300] [--ids FILE]

PAGES is a folder of HTML files. OUT gets the packed pages, `nginx.conf`, `urls.txt` and
`pages.txt` (the files in the order of the URLs). Start it with `nginx -c OUT/nginx.conf`, end it
with `nginx -c OUT/nginx.conf -s quit`. The hosts are addresses 127.x.y.z, so that no name needs to
be known; each page is there under any number of URLs: /v7/0042.html is page 0042.
"""

import argparse
import gzip
import os
import pathlib

CONF = """\
worker_processes 1;
pid {out}/nginx.pid;
error_log {out}/error.log;
worker_rlimit_nofile 20000;
events {{ worker_connections 8000; }}
http {{
    access_log off;
    sendfile on;
    keepalive_timeout 60s;
    keepalive_requests 100000;
    client_body_temp_path {out}/temp; proxy_temp_path {out}/temp; fastcgi_temp_path {out}/temp;
    uwsgi_temp_path {out}/temp; scgi_temp_path {out}/temp;
    open_file_cache max=5000 inactive=600s;
    server {{
        listen {port} backlog=4096;
        root {out}/www;
        location = /robots.txt {{ return 404; }}
        location / {{
            rewrite ^/v\\d+(/.*)$ $1 break;
            default_type "text/html";
            gzip_static always;
            etag on;
        }}
    }}
}}
"""


def host(number, port):
    """The hosts lie in different networks, as those of many sites do."""
    return f"127.{1 + number % 100}.{number // 100 % 250}.1:{port}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--hosts", type=int, default=200)
    parser.add_argument("--urls", type=int, default=10_000)
    parser.add_argument("--port", type=int, default=8300)
    parser.add_argument("--ids", type=pathlib.Path, help="a file of names without .html; else all pages")
    args = parser.parse_args()
    out = args.out.resolve()
    os.makedirs(out / "www", exist_ok=True)
    os.makedirs(out / "temp", exist_ok=True)
    names = sorted(path.stem for path in args.pages.glob("*.html"))
    if args.ids:
        wanted = set(args.ids.read_text().split())
        names = [name for name in names if name in wanted]
    for name in names:
        packed = out / "www" / f"{name}.html.gz"
        if not packed.exists():
            packed.write_bytes(gzip.compress((args.pages / f"{name}.html").read_bytes(), 6))
    (out / "nginx.conf").write_text(CONF.format(out=out, port=args.port))
    with open(out / "urls.txt", "w") as urls, open(out / "pages.txt", "w") as pages:
        for n in range(args.urls):
            name = names[n % len(names)]
            urls.write(f"http://{host(n % args.hosts, args.port)}/v{n // len(names)}/{name}.html\n")
            pages.write(f"{(args.pages / name).resolve()}.html\n")
    print(f"{len(names)} pages, {args.urls} URLs on {args.hosts} hosts")


if __name__ == "__main__":
    main()
