# SPDX-License-Identifier: MIT
"""
A small WebDriver client (https://www.w3.org/TR/webdriver2/): as much as the page's tests need, over plain
HTTP to Debian's chromedriver.

    with Browser(width=1280, height=800) as b:
        b.open("file:///...")
        b.js("return document.title")
        b.press("ArrowRight")
        b.shot("/tmp/page.png")

Chromium and the driver never outlive the block or the Python process.
"""
import base64
import ctypes
import json
import os
import re
import signal
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

KEYS = {"ArrowLeft": "\ue012", "ArrowUp": "\ue013", "ArrowRight": "\ue014", "ArrowDown": "\ue015", "Home": "\ue011",
        "End": "\ue010", "Enter": "\ue007", "Escape": "\ue00c", "Tab": "\ue004", "Shift": "\ue008",
        "PageDown": "\ue00f", "PageUp": "\ue00e"}
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class BrowserError(Exception):
    pass


def installed():
    return bool(shutil.which("chromium") and shutil.which("chromedriver"))


class Browser:
    def __init__(self, width=1280, height=800, dark=False, scale=1):
        self.size, self.dark, self.scale = (width, height), dark, scale
        self.proc = self.session = self.home = None

    def __enter__(self):
        self.home = tempfile.mkdtemp(prefix="vitrix-page-")
        libc = ctypes.CDLL(None)

        def child():
            libc.prctl(1, signal.SIGKILL)
            os.setsid()

        # The driver takes a free port itself, and says which.
        self.proc = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                     preexec_fn=child, env=dict(os.environ, HOME=self.home, TMPDIR=self.home))
        self.port = None
        for line in self.proc.stdout:
            if m := re.search(rb"started successfully on port (\d+)", line):
                self.port = int(m.group(1))
                break
        if not self.port:
            self.__exit__()
            raise BrowserError("chromedriver does not start")
        args = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                "--disable-background-networking", "--no-first-run", "--user-data-dir=" + os.path.join(self.home, "profile"),
                "--window-size=%d,%d" % self.size, "--force-device-scale-factor=%g" % self.scale]
        if self.dark:
            args.append("--force-dark-mode")
        try:
            answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
                "goog:loggingPrefs": {"browser": "ALL"}, "goog:chromeOptions": {"args": args}}}})
            self.session = answer["sessionId"]
            self.resize(*self.size)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            if self.session:
                self.call("DELETE", "/session/" + self.session)
        except (BrowserError, OSError):
            pass
        try:
            os.killpg(self.proc.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.proc.wait()
        self.proc.stdout.close()
        shutil.rmtree(self.home, ignore_errors=True)

    def call(self, method, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        req = urllib.request.Request("http://127.0.0.1:%d%s" % (self.port, path), data, method=method,
                                     headers={"Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(req, timeout=120) as r:
                return json.load(r)["value"]
        except urllib.error.HTTPError as e:
            raise BrowserError(json.load(e)["value"]["message"].split("\n")[0]) from None

    def s(self, method, path, body=None):
        return self.call(method, "/session/%s%s" % (self.session, path), body)

    def cdp(self, cmd, **params):
        """A command of the DevTools protocol."""
        return self.s("POST", "/goog/cdp/execute", {"cmd": cmd, "params": params})

    def resize(self, width, height):
        """The size of the page, not of the window: windows have a least width."""
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=self.scale,
                 mobile=width < 600)

    def prefer(self, scheme):
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, url):
        self.s("POST", "/url", {"url": url})

    def js(self, script, *args):
        return self.s("POST", "/execute/sync", {"script": script, "args": list(args)})

    def js_async(self, script, *args):
        """The script calls its last argument with the answer."""
        return self.s("POST", "/execute/async", {"script": script, "args": list(args)})

    def wait(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while not (value := self.js("return " + condition)):
            if time.monotonic() > end:
                raise BrowserError("not within %d s: %s" % (seconds, condition))
            time.sleep(0.03)
        return value

    def press(self, *keys):
        """One key after the other; "Shift+x" holds Shift."""
        acts = []
        for key in keys:
            held = key.split("+") if len(key) > 1 and "+" in key[1:] else [key]
            codes = [KEYS.get(k, k) for k in held]
            acts += [{"type": "keyDown", "value": k} for k in codes]
            acts += [{"type": "keyUp", "value": k} for k in reversed(codes)]
        self.s("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": acts}]})

    def type(self, text):
        self.press(*text)

    def mouse(self, *acts):
        """("move", x, y), ("down",), ("up",), in the page's coordinates."""
        out = []
        for act in acts:
            if act[0] == "move":
                out.append({"type": "pointerMove", "x": int(act[1]), "y": int(act[2]), "duration": 20})
            else:
                out.append({"type": {"down": "pointerDown", "up": "pointerUp"}[act[0]], "button": 0})
        self.s("POST", "/actions", {"actions": [{"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"},
                                                 "actions": out}]})

    def wheel(self, x, y, dy, dx=0):
        self.s("POST", "/actions", {"actions": [{"type": "wheel", "id": "wheel", "actions": [
            {"type": "scroll", "x": int(x), "y": int(y), "deltaX": int(dx), "deltaY": int(dy)}]}]})

    def click(self, selector):
        found = self.s("POST", "/element", {"using": "css selector", "value": selector})
        self.s("POST", "/element/%s/click" % found[ELEMENT], {})

    def shot(self, path):
        with open(path, "wb") as f:
            f.write(base64.b64decode(self.s("GET", "/screenshot")))

    def errors(self):
        """What the page wrote to the console since the last call: warnings and errors."""
        log = self.s("POST", "/se/log", {"type": "browser"})
        return [e["message"] for e in log if e["level"] in ("WARNING", "SEVERE")]
