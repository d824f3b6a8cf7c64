#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
run.py [PATTERN...]   the page of a walk, in headless Chromium

First what needs no browser (models.py, command.py: a real walk of walked.c), then the page itself, made of a
made-up walk (synthetic.py) and of the real one: that it loads without a word on the console and without the network, steps, zooms, finds, has light and dark, fits 400
pixels, and stays fluent with 200,000 events.  Chromium and its driver are Debian packages, installed when
needed; where they cannot be had, the tests with a browser are skipped, and say so.

    --page FILE     look at this page instead of a made-up one (only that it loads and steps)
    --shots DIR     keep screenshots there
"""
import argparse
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tools"))
sys.path.insert(0, HERE)
import command                                          # noqa: E402
import models                                           # noqa: E402
import synthetic                                        # noqa: E402
import vm as V                                          # noqa: E402
import webdriver                                        # noqa: E402
from models import check                                # noqa: E402
from walkpage import html, model, sources               # noqa: E402
from webdriver import Browser                           # noqa: E402

OUT = os.path.join(V.BUILD, "tests", "page")
MANY = 200_000
READY = "document.documentElement.dataset.ready"


def make_page(events, name):
    path = os.path.join(OUT, name)
    s = sources.Sources(V.VMLINUX, V.TOP) if os.path.exists(V.VMLINUX) else None
    html.write(model.Model(synthetic.text(events).splitlines()), path, s)
    return "file://" + path


def have_browser():
    if not webdriver.installed():
        subprocess.run([os.path.join(V.TOP, "tools", "install-deps.sh"), "page"])
    return webdriver.installed()


def opened(b, url):
    b.open(url)
    b.wait(READY)
    return b


def title(b):
    return b.js("return document.querySelector('#moment h2').textContent")


def settle(b):
    """Until nothing glides and the last frame is drawn."""
    b.wait("walk.V.glide === 0")
    b.js_async("const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()))")


def loads(b, url):
    check(title(b) == "What am I looking at?", "it begins with %r" % title(b))
    used = b.js("return performance.getEntriesByType('resource').map(e => e.name)")
    check(not used, "it fetched %s" % used)
    size = b.js("const c = document.querySelector('canvas'); return [c.width, c.height]")
    check(min(size) > 100, "the canvas has the size %s" % size)
    colours = b.js("""const c = document.querySelector('canvas'), g = c.getContext('2d'), seen = new Set();
        const d = g.getImageData(0, 0, c.width, c.height).data;
        for (let i = 0; i < d.length; i += 4) seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]);
        return seen.size""")
    check(colours > 20, "only %d colours were drawn" % colours)


def steps(b, url):
    b.press("ArrowRight", "ArrowRight")
    check(title(b) == "Into the kernel: newfstat", "the second step is %r" % title(b))
    slots = b.js("return [...document.querySelectorAll('.stack tbody th')].map(e => e.textContent).join(' ')")
    check(slots == "ss sp flags cs ip orig_ax di si dx cx ax r8 r9 r10 r11 bx bp r12 r13 r14 r15", "slots: " + slots)
    changed = b.js("return [...document.querySelectorAll('.regs .changed th')].map(e => e.lastChild.textContent).join(' ')")
    check(changed == "rip rsp rflags cs ss gs base rcx r11", "marked as changed: " + changed)
    source = b.js("return document.querySelector('#source').textContent")
    check("entry_SYSCALL_64" in source and "entry_64.S" in source, "the source beside it: %.200s" % source)
    b.press("ArrowRight")
    check(title(b) == "Back to user mode, by SYSRET", "then " + title(b))
    b.press("ArrowLeft", "Shift+ArrowRight", "Shift+ArrowRight")
    check(title(b) == "__x64_sys_newfstat()", "two events on it is %r" % title(b))
    b.press("ArrowDown")
    check(title(b) == "vfs_fstat()", "the callee is %r" % title(b))
    b.press("ArrowUp")
    check(title(b) == "__x64_sys_newfstat()", "the caller is %r" % title(b))
    b.press("End", "Home")
    check(b.js("return document.querySelector('#where').textContent").startswith("1 of"), "Home is not the first step")
    b.click("#next")
    check(title(b) == "Into the kernel: newfstat", "the button leads to %r" % title(b))
    seen = set()
    for _ in range(40):
        b.press("ArrowRight")
        seen.add(title(b).split(":")[0])
    check({"Into the kernel", "Switch", "Back to user mode, by IRET"} <= seen, "forty steps showed only %s" % seen)


def window(b):
    settle(b)
    return b.js("return [walk.V.a, walk.V.b]")


def zooms(b, url):
    box = b.js("const r = document.querySelector('canvas').getBoundingClientRect(); return [r.left, r.top, r.width, r.height]")
    x, y = box[0] + box[2] * 0.6, box[1] + 80
    a0, b0 = window(b)
    b.wheel(x, y, -300)
    a1, b1 = window(b)
    check(b1 - a1 < (b0 - a0) * 0.9, "the wheel does not zoom: %s" % [a0, b0, a1, b1])
    b.mouse(("move", x, y), ("down",), ("move", x - 60, y), ("move", x - 150, y), ("up",))
    a2, b2 = window(b)
    check(a2 > a1 and abs((b2 - a2) - (b1 - a1)) < 1, "dragging does not move")
    check(b.js("return walk.S.at") == -1, "dragging chose something")
    b.press("+", "+")
    a3, b3 = window(b)
    check(b3 - a3 < b2 - a2, "+ does not zoom")
    b.press("d", "d")
    check(window(b)[0] > a3, "d does not move")
    two_fingers(b, x, y)
    a4, b4 = window(b)
    check(b4 - a4 < (b3 - a3) * 0.8, "two fingers do not zoom: %s" % [a3, b3, a4, b4])
    b.press("0")
    check(window(b)[0] <= 0, "0 does not show all")
    b.press("x")
    check(b.js("return walk.V.steps") is True, "x does not change the scale")
    b.press("x")
    b.mouse(("move", x, y), ("down",), ("up",))
    check(b.js("return walk.S.at") >= 0, "a click chooses nothing")
    b.press("f")
    a5, b5 = window(b)
    check(b5 - a5 < b0 - a0, "f does not zoom to the step")


def two_fingers(b, x, y):
    for kind, d in (("touchStart", 30), ("touchMove", 45), ("touchMove", 70), ("touchMove", 100), ("touchEnd", 0)):
        points = [] if kind == "touchEnd" else [{"x": x - d, "y": y, "id": 1}, {"x": x + d, "y": y, "id": 2}]
        b.cdp("Input.dispatchTouchEvent", type=kind, touchPoints=points)


def finds(b, url):
    b.press("/")
    b.type("copy_mm")
    b.wait("document.querySelector('#tab-found').textContent === 'Found 1'")
    b.press("Enter")
    check(title(b) == "copy_mm()", "Enter leads to %r" % title(b))
    b.press("Escape", "/")
    b.js("document.querySelector('#search').select()")
    b.type("sigchld")
    b.wait("walk.S.matches.length > 1")
    b.press("Enter", "Escape", "n")
    check("SIGCHLD" in b.js("return JSON.stringify(document.querySelector('#moment').textContent)"), "n leads elsewhere")
    b.press("/")
    b.js("document.querySelector('#search').select()")
    b.type("qqq")
    b.wait("document.querySelector('#found').textContent === 'nothing found'")
    b.press("Escape", "1")
    b.js("[...document.querySelectorAll('#rows .row')].find(r => r.textContent.includes('wait4')).click()")
    check(title(b) == "Into the kernel: wait4", "the list leads to %r" % title(b))


LUMINANCE = """
const rgb = (s) => s.match(/[\\d.]+/g).map(Number);
const lum = (c) => { const f = c.slice(0, 3).map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * f[0] + 0.7152 * f[1] + 0.0722 * f[2]; };
const ground = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0.99) return c; } return [255, 255, 255]; };
const poor = [];
for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!own || !e.offsetParent || e.closest('.unseen, script, style, :disabled')) continue;
    const a = lum(rgb(getComputedStyle(e).color)), b = lum(ground(e)), k = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (k < 4.5) poor.push(e.tagName + '.' + e.className + ' ' + k.toFixed(2) + ' ' + e.textContent.slice(0, 20));
}
return poor"""


def themes(b, url):
    for scheme in ("light", "dark"):
        b.prefer(scheme)
        opened(b, url)
        check(b.js("return document.documentElement.dataset.theme") == scheme, "the system's %s is not taken" % scheme)
        for keys in ([], ["ArrowRight"] * 2, ["ArrowRight"] * 9, ["Shift+ArrowRight"] * 6):
            b.press(*keys) if keys else None
            poor = b.js(LUMINANCE)
            check(not poor, "%s: too little contrast: %s" % (scheme, poor[:6]))
    b.press("t")
    check(b.js("return document.documentElement.dataset.theme") == "light", "t does not change it")
    opened(b, url)
    check(b.js("return document.documentElement.dataset.theme") == "light", "the choice is not remembered")
    b.js("localStorage.clear()")


def keyboard_and_names(b, url):
    b.press("?")
    check(b.js("return document.querySelector('#help').open"), "? shows no help")
    b.press("Escape")
    check(not b.js("return document.querySelector('#help').open"), "Escape leaves it open")
    unnamed = b.js("""return [...document.querySelectorAll('button, input, select, [tabindex="0"]')].filter(e =>
        !e.textContent.trim() && !e.getAttribute('aria-label') && !(e.labels && e.labels.length)).map(e => e.outerHTML)""")
    check(not unnamed, "without a name: %s" % unnamed)
    seen = []
    for _ in range(14):
        b.press("Tab")
        seen.append(b.js("""const e = document.activeElement, s = getComputedStyle(e);
            return [e.id || e.textContent, s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0]"""))
    check(all(visible for _, visible in seen), "focus cannot be seen: %s" % [n for n, v in seen if not v])
    check(any(n == "canvas" for n, _ in seen), "Tab does not reach the timeline: %s" % seen)
    check(b.js("return document.querySelector('#said').getAttribute('aria-live')") == "polite", "steps are not said")


def narrow(b, url):
    b.resize(400, 800)
    opened(b, url)
    for pane in ("list", "moment", "source"):
        b.js("document.querySelector('#pane-' + arguments[0]).click()", pane)
        for n in range(3):
            b.press("ArrowRight")
            wide = b.js("return [document.documentElement.scrollWidth, innerWidth]")
            check(wide[0] <= wide[1], "%s, step %d: %d wide in %d" % (pane, n, *wide))
            shown = b.js("return ['list', 'moment', 'source'].filter(p => document.getElementById(p).offsetParent)")
            check(shown == [pane], "shown: %s instead of %s" % (shown, pane))
    small = b.js("""return [...document.querySelectorAll('.steps button')].filter(e => e.getBoundingClientRect().height < 24)
        .map(e => e.id)""")
    check(not small, "too small for a finger: %s" % small)
    b.resize(1280, 800)


FRAMES = """
const done = arguments[0], all = walk.whole(), gaps = [], work = [];
let n = 0, last = performance.now();
const frame = (now) => {
    gaps.push(now - last); last = now;
    const k = 0.5 * (1 + Math.cos(n / 18)) * 0.995 + 0.005, at = 0.35 + 0.3 * Math.sin(n / 31);
    walk.setWindow(all * at * (1 - k), all * at * (1 - k) + all * k);
    if (n) work.push(walk.cost.last);
    if (++n < 150) return requestAnimationFrame(frame);
    const sorted = (a) => [...a].sort((x, y) => x - y), g = sorted(gaps.slice(2)), w = sorted(work);
    done({ gap: [g[g.length >> 1], g[Math.floor(g.length * .95)]], draw: [w[w.length >> 1], w[Math.floor(w.length * .95)]] });
};
requestAnimationFrame(frame);"""


def many_events(b, url):
    path = make_page(MANY, "many.html")
    start = time.monotonic()
    opened(b, path)
    took = time.monotonic() - start
    n = b.js("return walk.D.n")
    check(n >= MANY, "only %d events" % n)
    f = b.js_async(FRAMES)
    step = b.js("const t = performance.now(); for (let i = 0; i < 40; i++) walk.select(50000 + 1111 * i); return (performance.now() - t) / 40")
    look = b.js("const t = performance.now(); walk.find('do_wait'); return performance.now() - t")
    size = os.path.getsize(path[7:])
    print("      %s events, %.1f MB: shown after %.2f s (%.0f ms of it the page's own work); zooming, a frame takes "
          "%.1f ms to draw (95 %%: %.1f) and comes every %.1f ms (95 %%: %.1f); a step %.1f ms; a search %.0f ms" % (
              format(n, ","), size / 1e6, took, b.js("return walk.ready"), *f["draw"], *f["gap"], step, look), flush=True)
    # Far above what an idle machine needs: the tests share theirs.
    check(took < 20 and f["draw"][0] < 60 and f["gap"][0] < 120, "too slow")
    b.press("ArrowRight", "ArrowRight", "/")
    b.type("do_wait")
    b.wait("walk.S.matches.length > 100")
    b.press("Escape", "2")
    b.js("const r = document.querySelector('#rows'); r.scrollTop = r.scrollHeight")
    b.wait("[...document.querySelectorAll('#rows .row')].some(r => r.textContent.includes('the end'))")


def real_page(b, url):
    path = os.path.join(command.REAL, "index.html")
    if not os.path.exists(path):
        return "there is no walk of walked.c"
    opened(b, "file://" + path)
    seen = set()
    for _ in range(b.js("return walk.D.crossings.length")):
        b.press("ArrowRight")
        seen.add(title(b).split(":")[0])
    check({"Into the kernel", "Switch", "Back to user mode, by IRET", "Back to user mode, by SYSRET"} <= seen, "saw only %s" % seen)
    b.js("walk.select(walk.find('copy_process')[0])")
    source = b.js("return document.querySelector('#source').textContent")
    check("kernel/fork.c" in source, "copy_process shows %.100s" % source)
    own = b.js("return walk.D.user.functions.map(f => f.name).join(' ')")
    check("main" in own, "the program's own lines are not known: " + own)
    return None


BROWSER = [("loads, without the network", loads), ("steps", steps), ("zooms and moves", zooms), ("finds", finds),
           ("light and dark, contrast", themes), ("keyboard, names, focus", keyboard_and_names),
           ("400 pixels", narrow), ("a real walk", real_page), ("200,000 events", many_events)]


def given_page(b, url):
    loads(b, url)
    for _ in range(30):
        b.press("ArrowRight")
    check(b.js("return document.querySelectorAll('#moment h2').length") == 1, "no step is shown")


def main():
    V.exit_on_signals()
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("pattern", nargs="*")
    p.add_argument("--page")
    p.add_argument("--shots")
    opts = p.parse_args()
    os.makedirs(OUT, exist_ok=True)
    wanted = lambda name: not opts.pattern or any(x in name for x in opts.pattern)
    counts = {"PASS": 0, "FAIL": 0, "SKIP": 0}

    def one(name, run):
        try:
            why = run()
            verdict = "SKIP" if why else "PASS"
        except (AssertionError, webdriver.BrowserError, model.WalkError, OSError) as e:
            verdict, why = "FAIL", str(e) or repr(e)
        counts[verdict] += 1
        print("%-48s %s" % (name, verdict), flush=True)
        if why:
            print("      " + why.replace("\n", "\n      "), flush=True)

    for name, test in models.TESTS + command.TESTS if not opts.page else []:
        if wanted(name):
            one(name, lambda: test(OUT))
    chosen = [(n, t) for n, t in BROWSER if wanted(n)] if not opts.page else [("the page given", given_page)]
    if chosen and not have_browser():
        for name, _ in chosen:
            one(name, lambda: "no chromium and chromedriver here, and they cannot be installed")
    elif chosen:
        url = "file://" + os.path.abspath(opts.page) if opts.page else make_page(0, "small.html")
        with Browser(1280, 800) as b:
            for name, test in chosen:
                def run():
                    b.prefer("light")
                    opened(b, url)
                    b.errors()
                    skipped = test(b, url)
                    said = b.errors()
                    check(not said, "on the console: %s" % said)
                    return skipped
                one(name, run)
                if opts.shots:
                    os.makedirs(opts.shots, exist_ok=True)
                    b.shot(os.path.join(opts.shots, name.split()[0].strip(",") + ".png"))
    print("%d passed, %d failed" % (counts["PASS"], counts["FAIL"]) +
          (", %d skipped" % counts["SKIP"] if counts["SKIP"] else ""))
    return 1 if counts["FAIL"] or not counts["PASS"] else 0


if __name__ == "__main__":
    sys.exit(main())
