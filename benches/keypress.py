#!/usr/bin/env python3
"""What a key costs in the shell: from the keypress until the terminal has its answer, and the same for Tab.

    python3 benches/keypress.py target/release/huntql [--schemas schemas.json] [--rounds 5]

The shell runs in a pseudo-terminal. Each key of some hunts is sent by itself; its time ends when the program has written
something and the key can be seen in what the line shows, or, for Tab, when what is offered has come and nothing follows for 30 ms
(which are not counted). With `--schemas` the tables of that file are there too. Prints median, 99th percentile and longest
time in milliseconds, of keys and of Tab, and the same for the processor's time alone (from Linux's schedstat), which other
programs on the machine do not lengthen; ends with 1 when the median or the 99th percentile of that is not below 20 ms.
"""

import argparse
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time

LIMIT_MS = 20.0
SILENCE_S = 0.03

# Typed key by key; `→` is Tab.
HUNTS = [
    "DeviceNetworkEv→ | where Timestamp > ago(7d) | wh→ RemoteP→",
    "DeviceNetworkEvents | where ActionType == \"ConnectionS→",
    "DeviceProcessEvents | where FileName in~ (\"a.exe\", \"b.exe\") | summ→ count() by Dev→",
    "DeviceNetworkEvents | join kind=in→ (DeviceInfo | project DeviceId, OSPlatform) on Dev→",
    "DeviceNetworkEvents | extend F = parse_json(AdditionalFields) | extend H = tostr→",
    "let T = 7d; DeviceLogonEvents | where Timestamp > ago(T) | top 10 by Tim→",
    "union Device→",
    "DeviceFileEvents | where SHA256 has_any (dynamic([\"aa\", \"bb\"])) | project Fi→",
]


class Shell:
    def __init__(self, command, folder):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        environment = {**os.environ, "XDG_STATE_HOME": folder, "TERM": "xterm-256color"}
        environment.pop("PAGER", None)
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, cwd=folder, env=environment, close_fds=True
        )
        os.close(slave)

    def read(self, seconds):
        ready, _, _ = select.select([self.master], [], [], seconds)
        return os.read(self.master, 65536) if ready else b""

    def computed(self):
        """Seconds that all threads have run; None where the system does not tell."""
        folder = f"/proc/{self.process.pid}/task"
        try:
            total = 0
            for task in os.listdir(folder):
                with open(f"{folder}/{task}/schedstat", encoding="ascii") as file:
                    total += int(file.read().split()[0])
            return total / 1e9
        except (OSError, ValueError):
            return None

    def settle(self):
        """Reads until nothing comes."""
        while self.read(SILENCE_S):
            pass

    def await_text(self, text):
        seen = b""
        until = time.monotonic() + 60
        while text not in seen:
            if time.monotonic() > until:
                sys.exit(f"never seen: {text!r}")
            seen += self.read(1)

    def press(self, key):
        """Seconds until the last byte of the answer, and of the processor's."""
        computed = self.computed()
        begun = time.monotonic()
        os.write(self.master, key.encode())
        last = None
        while True:
            read = self.read(5 if last is None else SILENCE_S)
            if not read:
                break
            last = time.monotonic()
        after = self.computed()
        known = computed is not None and after is not None
        return (last or time.monotonic()) - begun, after - computed if known else None


def told(name, presses):
    fine = figures(name, [elapsed for elapsed, _ in presses])
    computed = [computed for _, computed in presses if computed is not None]
    return figures(f"{name}, processor", computed) if computed else fine


def figures(name, times):
    ordered = sorted(time * 1000 for time in times)
    median, high = ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]
    print(f"{name}: {len(ordered)} presses, median {median:.2f} ms, 99 % {high:.2f} ms, max {ordered[-1]:.2f} ms")
    return max(median, high) < LIMIT_MS


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("binary")
    arguments.add_argument("--schemas")
    arguments.add_argument("--rounds", type=int, default=5)
    asked = arguments.parse_args()
    command = [os.path.abspath(asked.binary)]
    if asked.schemas:
        command += ["--schemas", os.path.abspath(asked.schemas)]
    keys, tabs = [], []
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "events.ndjson"), "w", encoding="utf-8") as file:
            for index in range(1000):
                file.write(
                    '{"Timestamp":"2026-03-02T08:00:00Z","DeviceName":"ws-%d.example","ActionType":"%s"}\n'
                    % (index % 50, ["ConnectionSuccess", "ConnectionFailed"][index % 2])
                )
        if not asked.schemas:
            command += ["--data", "DeviceNetworkEvents=events.ndjson"]
        shell = Shell(command, folder)
        shell.await_text(b"huntql> ")
        shell.settle()
        for round_ in range(asked.rounds + 1):
            for hunt in HUNTS:
                for key in hunt:
                    elapsed = shell.press("\t" if key == "→" else key)
                    # The first round reads values of columns for the first time.
                    if round_ > 0:
                        (tabs if key == "→" else keys).append(elapsed)
                os.write(shell.master, b"\x03")
                shell.settle()
        os.write(shell.master, b"\x04")
        shell.process.wait(timeout=60)
    fine = [told("keys", keys), told("Tab ", tabs)]
    sys.exit(0 if all(fine) else 1)


if __name__ == "__main__":
    main()
