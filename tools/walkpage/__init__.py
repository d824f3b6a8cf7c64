# SPDX-License-Identifier: MIT
"""
What tools/walk.py is made of: from a program to three views of its run.

    machine.py  packs an archive, boots it, takes the walk out of the machine      -> walk.jsonl, walk.txt
    model.py    lines -> events, lanes, function trees, the list of system calls
    chrome.py   model -> trace.json, for Perfetto and chrome://tracing
    sources.py  functions -> the text of their source, by DWARF
    html.py     model and sources -> index.html, with page.html, page.css and js/*.js inlined
"""
