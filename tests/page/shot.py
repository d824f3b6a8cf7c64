#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
shot.py PAGE OUT.png [KEY...]   a picture of a page, after some keys: docs/walk-page.png is made so

    tests/page/shot.py build/walk/fork/index.html docs/walk-page.png 'find:clone' f

KEY is a key by its name (ArrowRight, f, Shift+ArrowRight), `find:TEXT`, which goes to the first match, or
`at:EVENT`. --size 1280x900, --dark, --scale 1 say how large and which colours.
"""
import argparse
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from webdriver import Browser                           # noqa: E402


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("page")
    p.add_argument("out")
    p.add_argument("keys", nargs="*")
    p.add_argument("--size", default="1280x900")
    p.add_argument("--scale", type=float, default=1)
    p.add_argument("--timeline", type=int, help="its height in pixels")
    p.add_argument("--dark", action="store_true")
    opts = p.parse_args()
    with Browser(*map(int, opts.size.split("x")), scale=opts.scale) as b:
        b.prefer("dark" if opts.dark else "light")
        b.open("file://" + os.path.abspath(opts.page))
        b.wait("document.documentElement.dataset.ready")
        if opts.timeline:
            b.js("document.body.style.setProperty('--timeline', arguments[0] + 'px')", opts.timeline)
        for key in opts.keys:
            if key.startswith("find:"):
                b.js("walk.select(walk.find(arguments[0])[0])", key[5:])
            elif key.startswith("at:"):
                b.js("walk.select(arguments[0])", int(key[3:]))
            else:
                b.press(key)
        time.sleep(0.6)
        b.shot(opts.out)
        print("%s: %d KB" % (opts.out, os.path.getsize(opts.out) // 1000))
        for line in b.errors():
            print(line)


if __name__ == "__main__":
    main()
