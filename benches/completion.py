#!/usr/bin/env python3
"""What Tab costs: the places of repl/tests/it/completion.rs, asked of a built huntql, many times over.

    python3 benches/completion.py target/release/huntql

Prints the median, the 99th percentile and the longest time in milliseconds, and the text that took longest. The first look at the
values of a column reads rows; every later one is remembered.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

ROUNDS = 20


def places(source):
    body = source[source.index("const PLACES") : source.index("#[test]")]
    pattern = r'\(\s*("(?:[^"\\]|\\.)*"),\s*&\['
    return [json.loads(found) for found in re.findall(pattern, body)]


def main():
    binary = os.path.abspath(sys.argv[1])
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "../repl/tests/it/completion.rs"), encoding="utf-8") as file:
        source = file.read()
    texts = places(source)
    events = re.search(r'r#"(.*?)"#', source, re.S).group(1)
    lines = "".join(f".complete {text}\n" for text in texts) * ROUNDS
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "events.ndjson"), "w", encoding="utf-8") as file:
            file.write(events)
        ran = subprocess.run(
            [binary, "--data", "DeviceNetworkEvents=events.ndjson"],
            input=lines,
            capture_output=True,
            text=True,
            cwd=folder,
            env={**os.environ, "XDG_STATE_HOME": folder},
            check=True,
        )
    times = [float(time) for time in re.findall(r"^([\d.]+) ms$", ran.stderr, re.M)]
    if len(times) != len(texts) * ROUNDS:
        sys.exit(f"{len(times)} times for {len(texts) * ROUNDS} texts")
    ordered = sorted(times)
    longest = times.index(ordered[-1]) % len(texts)
    print(f"{len(texts)} places, {len(times)} keypresses")
    print(f"median {ordered[len(ordered) // 2]:.3f} ms")
    print(f"99 %   {ordered[len(ordered) * 99 // 100]:.3f} ms")
    print(f"max    {ordered[-1]:.3f} ms at {texts[longest]!r}")


if __name__ == "__main__":
    main()
