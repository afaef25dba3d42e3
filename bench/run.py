#!/usr/bin/python3
"""Runs the benches and prints one table: figure, value, bar, ratio, met.

    bench/run.py [section ...] [--quick] [--passes 6] [--json FILE] [--rallyd PATH]

Sections: rooms, capacity, upgrades, memory, profile, durable, ready. Without any, all of them.
The server runs on core 0 and the generator on core 1; Rally, the limit server and nginx are
measured in turn in the same run and the table shows medians. --quick is a smoke pass: small, short,
the figures mean nothing, but every program and every section runs. README.md says what each figure
is and how to read it. Everything listens on loopback, lives in one temporary folder, and is ended
by its process id.
"""
import argparse
import contextlib
import ctypes
import json
import os
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SERVER_CORE = 0
LOAD_CORE = 1
# Set by --nice and --fifo: both sides of a measurement go before other work of a shared machine.
NICE = 0
FIFO = False
FLUSH_US = 1400  # a flush of the stated disk; see slow_disk.c
SECTIONS = ["ready", "memory", "upgrades", "profile", "durable", "rooms", "capacity"]

# Every size and duration of a run, so that the quick pass is the same code with smaller numbers.
FULL = dict(passes=6, rooms=1000, warm_s=3, measure_s=6, capacity_first=600, capacity_step=200,
            capacity_top=3200, capacity_fine=100, capacity_measure_s=3, sockets=2000,
            upgrades=5000, profile=20000, grouped=8000, single=300, ready=9)
QUICK = dict(passes=1, rooms=20, warm_s=1, measure_s=1, capacity_first=10, capacity_step=10,
             capacity_top=20, capacity_fine=10, capacity_measure_s=1, sockets=50, upgrades=100,
             profile=500, grouped=200, single=20, ready=2)


class BenchError(Exception):
    """A run that cannot give a figure."""


class Process:
    """A server under measurement: pinned, bound to this program's life, ended by its id."""

    def __init__(self, command, environment, folder, core=SERVER_CORE):
        self.output_path = os.path.join(folder, "server.out")
        self.started = time.monotonic()
        # Files, not pipes: a pipe that nobody drains would stop a server that logs.
        with open(self.output_path, "wb") as output, \
                open(os.path.join(folder, "server.log"), "wb") as log:
            self.child = subprocess.Popen(command, cwd=folder, env=environment,
                                          stdin=subprocess.DEVNULL, stdout=output, stderr=log,
                                          preexec_fn=lambda: prepare_child(core))
        self.pid = self.child.pid

    def wait_for_line(self, word, timeout_s=15):
        """The first line of output that contains the word."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline and self.child.poll() is None:
            with open(self.output_path, encoding="utf-8", errors="replace") as output:
                for line in output:
                    if word in line and line.endswith("\n"):
                        return line.strip()
            time.sleep(0.005)
        with open(self.output_path.replace(".out", ".log"), encoding="utf-8",
                  errors="replace") as log:
            raise BenchError(f"the server did not print '{word}': {log.read()[-300:].strip()}")

    def stop(self, timeout_s=20):
        """SIGTERM, then SIGKILL. Returns the exit code."""
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait(5)
        return self.child.returncode


def prepare_child(core):
    """Between fork and exec: one core, enough descriptors, and death with the parent."""
    os.sched_setaffinity(0, {core})
    with contextlib.suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)
    if FIFO:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    elif NICE:
        priority_set()


def priority_set():
    """With autogroups a nice value weighs only inside its session: the session gets one as well."""
    os.setpriority(os.PRIO_PROCESS, 0, NICE)
    os.setsid()
    with contextlib.suppress(OSError), open("/proc/self/autogroup", "w", encoding="ascii") as file:
        file.write(str(NICE))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Bench:
    """Paths, sizes and the collected rows of one run."""

    def __init__(self, options, folder):
        self.sizes = dict(QUICK if options.quick else FULL)
        if options.passes:
            self.sizes["passes"] = options.passes
        if options.top:
            self.sizes["capacity_top"] = options.top
        self.rallyd = options.rallyd or os.path.join(options.build, "rallyd")
        self.programs = os.path.join(options.build, "bench")
        self.folder = folder
        self.rows = []
        self.raw = {}
        self.notes = []
        self.template = None
        self.tokens = os.path.join(folder, "tokens")

    def __getattr__(self, name):
        try:
            return self.__dict__["sizes"][name]
        except KeyError:
            raise AttributeError(name) from None

    # --- servers -----------------------------------------------------------------------------

    def new_folder(self, name):
        return tempfile.mkdtemp(prefix=name + "-", dir=self.folder)

    def rally_start(self, data=None, wait=True, extra=None):
        """A rallyd on a copy of the prepared data (or on an empty folder)."""
        folder = self.new_folder("rally")
        if data:
            shutil.copytree(data, os.path.join(folder, "data"))
        port, metrics = free_port(), free_port()
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith("RALLY_")}
        environment.update({
            "RALLY_HTTP_LISTEN": f"127.0.0.1:{port}", "RALLY_ADMIN_LISTEN": f"127.0.0.1:{metrics}",
            "RALLY_DATA_DIR": os.path.join(folder, "data"), "RALLY_REACTORS": "1",
            "RALLY_RATE_LIMITS": "off", "RALLY_RULESET_CLASSIC_WIN": "100",
            "RALLY_READY_TIMEOUT": "900s", "RALLY_NO_SHOW_TIMEOUT": "900s",
            "RALLY_ACCESS_TTL": "12h", "RALLY_DRAIN_TIMEOUT": "1s"})
        if not data and not wait:
            # The ready time is that of a server as a newcomer starts it.
            for key in list(environment):
                if key.startswith("RALLY_") and "LISTEN" not in key and key != "RALLY_DATA_DIR":
                    del environment[key]
        environment.update(extra or {})
        server = Process([self.rallyd], environment, folder)
        server.folder, server.port, server.metrics = folder, port, metrics
        if wait:
            server.wait_for_line("listening on http://")
        return server

    def rally_stop(self, server):
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)

    def limit_start(self):
        folder = self.new_folder("limit")
        server = Process([os.path.join(self.programs, "limit")], dict(os.environ), folder)
        server.folder, server.metrics = folder, 0
        server.port = int(server.wait_for_line("listening on http://").rsplit(":", 1)[1])
        return server

    def nginx_start(self, body):
        folder = self.new_folder("nginx")
        os.chmod(folder, 0o755)
        port = free_port()
        temporary = "".join(f"  {kind}_temp_path {folder}/{kind};\n" for kind in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(os.path.join(folder, "nginx.conf"), "w", encoding="ascii") as file:
            file.write(f"daemon off;\nworker_processes 1;\npid {folder}/pid;\n"
                       f"error_log {folder}/error.log;\nevents {{ worker_connections 4096; }}\n"
                       f"http {{\n  access_log off;\n  default_type application/json;\n{temporary}"
                       f"  server {{\n    listen 127.0.0.1:{port};\n"
                       f"    location / {{ return 200 '{body}'; }}\n  }}\n}}\n")
        server = Process(["nginx", "-p", folder, "-c", f"{folder}/nginx.conf"],
                         dict(os.environ), folder)
        server.folder, server.port, server.metrics = folder, port, 0
        wait_for_answer(port, "/", 5)
        return server

    def template_make(self):
        """Guests for all sections, made once; every pass starts on a copy of their database."""
        if self.template:
            return
        count = max(2 * self.rooms, 2 * self.capacity_top, self.sockets, self.upgrades, 512)
        say(f"preparing {count} guests")
        server = self.rally_start(data=None)
        try:
            with open(self.tokens, "wb") as file:
                self.program("guests", "--server", server.port, "--count", count, out=file)
        finally:
            code = server.stop()
        if code != 0:
            self.notes.append(f"rallyd ended with exit code {code} after SIGTERM")
        self.template = os.path.join(server.folder, "data")

    # --- programs ----------------------------------------------------------------------------

    def program(self, name, *arguments, out=None, timeout_s=600):
        """Runs one bench program on the generator's core; returns its lines of JSON."""
        command = [os.path.join(self.programs, name)] + [str(argument) for argument in arguments]
        child = subprocess.Popen(command, stdout=out or subprocess.PIPE, stdin=subprocess.DEVNULL,
                                 preexec_fn=lambda: prepare_child(LOAD_CORE))
        try:
            text, _ = child.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            raise BenchError(f"{name} did not end in {timeout_s} s") from None
        if child.returncode != 0:
            raise BenchError(f"{name} ended with {child.returncode}")
        return [json.loads(line) for line in text.splitlines()] if text else []

    def load(self, server, rooms, *more, is_rally=True):
        arguments = ["--server", server.port, "--pid", server.pid, "--rooms", rooms,
                     "--server-core", SERVER_CORE, *more]
        if is_rally:
            arguments += ["--tokens", self.tokens, "--metrics", server.metrics]
        lines = self.program("load", *arguments)
        if not lines:
            raise BenchError("the load measured nothing")
        return lines

    # --- rows --------------------------------------------------------------------------------

    def row(self, figure, value, unit, bar=None, at_most=True, digits=2):
        self.rows.append(dict(figure=figure, value=value, unit=unit, bar=bar, at_most=at_most,
                              digits=digits))

    def keep(self, section, name, value):
        self.raw.setdefault(section, {}).setdefault(name, []).append(value)


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def wait_for_answer(port, path, timeout_s):
    """Seconds are the caller's business: returns at the first 200."""
    deadline = time.monotonic() + timeout_s
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as conn:
                conn.sendall(request)
                if conn.recv(4096).startswith(b"HTTP/1.1 200"):
                    return
        except OSError:
            pass
        time.sleep(0.0005)
    raise BenchError(f"no 200 from {path} within {timeout_s} s")


def median_of(results, key):
    return statistics.median(result[key] for result in results)


# --- sections --------------------------------------------------------------------------------


def section_rooms(bench):
    """CPU per room, lateness and echo at 1,000 rooms, beside the limit."""
    bench.template_make()
    limits, rallies = [], []
    for number in range(bench.passes):
        for kind in ("limit", "rally") if number % 2 == 0 else ("rally", "limit"):
            say(f"rooms: pass {number + 1}/{bench.passes}, {kind}")
            server = bench.limit_start() if kind == "limit" else bench.rally_start(bench.template)
            try:
                result = bench.load(server, bench.rooms, "--warm-s", bench.warm_s, "--measure-s",
                                    bench.measure_s, is_rally=kind == "rally")[-1]
            finally:
                bench.rally_stop(server)
            (limits if kind == "limit" else rallies).append(result)
            bench.keep("rooms", kind, result)
    rooms_rows(bench, limits, rallies)


def rooms_rows(bench, limits, rallies):
    name = f"{bench.rooms:,} rooms: "
    limit_us = median_of(limits, "cpu_us_per_room_s")
    rally_us = median_of(rallies, "cpu_us_per_room_s")
    bench.row(name + "limit, CPU per room and second", limit_us, "us", digits=1)
    bench.row(name + "rally, CPU per room and second", rally_us, "us", digits=1)
    bench.row(name + "CPU per room, times the limit", rally_us / limit_us, "x", 1.3)
    bench.row(name + "CPU per frame: limit", median_of(limits, "cpu_ns_per_frame"), "ns", digits=0)
    bench.row(name + "CPU per frame: rally", median_of(rallies, "cpu_ns_per_frame"), "ns", digits=0)
    bench.row(name + "frames received per room and second",
              median_of(rallies, "frames_per_s") / bench.rooms, "")
    bench.row(name + "limit, snapshot jitter p99", median_of(limits, "late_p99_ms"), "ms")
    bench.row(name + "snapshot jitter p50", median_of(rallies, "late_p50_ms"), "ms")
    bench.row(name + "snapshot jitter p99", median_of(rallies, "late_p99_ms"), "ms", 3)
    bench.row(name + "snapshot interval error p99", median_of(rallies, "interval_p99_ms"), "ms")
    bench.row(name + "input to echo p50", median_of(rallies, "echo_p50_ms"), "ms", 18)
    bench.row(name + "input to echo p99", median_of(rallies, "echo_p99_ms"), "ms", 36)
    bench.row(name + "slipped ticks, worst pass", max(r["slips"] for r in rallies), "", 0, digits=0)
    bench.row(name + "messages lost, worst pass",
              max(r["lost"] + r["disorder"] for r in rallies), "", 0, digits=0)
    closed = max(2 * r["rooms"] - r["players_open"] for r in rallies)
    bench.row(name + "sockets lost, worst pass", closed, "", 0, digits=0)
    bench.row(name + "private memory per socket in a game",
              median_of(rallies, "private_per_socket"), "B", 4096, digits=0)
    noise(bench, "rooms", limits + rallies)


def noise(bench, section, results):
    other = 100 * median_of(results, "core_other")
    steal = 100 * median_of(results, "core_steal")
    busy = 100 * max(result["own_cpu_share"] for result in results)
    bench.notes.append(f"{section}: others used {other:.0f} % of the server's core, the hypervisor "
                       f"kept {steal:.0f} % (medians); the generator was busy {busy:.0f} % at most")


def capacity_steps(bench, best):
    if best is None:
        steps = range(bench.capacity_first, bench.capacity_top + 1, bench.capacity_step)
    else:
        first = max(bench.capacity_fine, int(best * 0.8) // bench.capacity_fine * bench.capacity_fine)
        steps = range(first, min(bench.capacity_top, int(best * 1.5)) + 1, bench.capacity_fine)
    return list(steps)[:60]


def capacity_probe(bench, kind, best):
    """The highest number of rooms that held; 0 when not even the first step did."""
    steps = capacity_steps(bench, best)
    server = bench.limit_start() if kind == "limit" else bench.rally_start(bench.template)
    try:
        results = bench.load(server, ",".join(map(str, steps)), "--tries", 2, "--stop-late-ms", 10,
                             "--warm-s", 1, "--measure-s", bench.capacity_measure_s,
                             is_rally=kind == "rally")
    finally:
        bench.rally_stop(server)
    bench.keep("capacity", kind, results)
    return max((r["rooms"] for r in results if room_holds(r, kind)), default=0), results


def room_holds(result, kind):
    is_whole = result["lost"] == 0 and result["disorder"] == 0
    is_whole = is_whole and result["players_open"] == 2 * result["rooms"]
    if kind == "limit":
        is_whole = is_whole and result["missing"] == 0
    return is_whole and result["late_p99_ms"] < 10


def section_capacity(bench):
    """Rooms sustained on one core with p99 jitter under 10 ms and no loss, beside the limit."""
    bench.template_make()
    best = {"limit": None, "rally": None}
    found = {"limit": [], "rally": []}
    results = []
    for number in range(bench.passes):
        for kind in ("limit", "rally") if number % 2 == 0 else ("rally", "limit"):
            rooms, measured = capacity_probe(bench, kind, best[kind])
            say(f"capacity: pass {number + 1}/{bench.passes}, {kind}: {rooms} rooms")
            results += measured
            found[kind].append(rooms)
            if rooms == capacity_steps(bench, best[kind])[-1]:
                bench.notes.append(f"capacity: {kind} held {rooms} rooms, the most it was given: "
                                   "its true figure is higher and the ratio says less")
            best[kind] = max(rooms, bench.capacity_first)
    limit, rally = statistics.median(found["limit"]), statistics.median(found["rally"])
    bench.row("rooms sustained on one core: limit", limit, "", digits=0)
    bench.row("rooms sustained on one core: rally", rally, "", digits=0)
    bench.row("rooms sustained, of the limit's", rally / limit if limit else 0, "x", 0.75, False)
    noise(bench, "capacity", results)


def section_memory(bench):
    """Private memory that 2,000 idle sockets add."""
    bench.template_make()
    sizes = []
    for _ in range(bench.passes):
        server = bench.rally_start(bench.template)
        try:
            # A few connections first, so that one-time allocations are not counted.
            bench.program("upgrades", "--server", server.port, "--tokens", bench.tokens,
                          "--count", 50)
            result = bench.program("upgrades", "--server", server.port, "--pid", server.pid,
                                   "--tokens", bench.tokens, "--count", bench.sockets, "--hold")[0]
        finally:
            bench.rally_stop(server)
        require(result["refused"] == 0, "idle sockets were refused")
        bench.keep("memory", "rally", result)
        sizes.append(result["bytes_each"])
    bench.row(f"private memory per idle socket at {bench.sockets:,}", statistics.median(sizes), "B",
              4096, digits=0)


def section_upgrades(bench):
    """Token-checked upgrades a second: first sight of each token, then known tokens."""
    bench.template_make()
    found = {"first": [], "known": []}
    for number in range(bench.passes):
        say(f"upgrades: pass {number + 1}/{bench.passes}")
        server = bench.rally_start(bench.template)
        try:
            for kind in ("first", "known"):
                result = bench.program("upgrades", "--server", server.port, "--pid", server.pid,
                                       "--tokens", bench.tokens, "--count", bench.upgrades)[0]
                require(result["refused"] == 0, "upgrades were refused")
                bench.keep("upgrades", kind, result)
                found[kind].append(result)
        finally:
            bench.rally_stop(server)
    for kind, text in (("first", "token not seen before"), ("known", "token seen before")):
        bench.row(f"upgrades a second, {text}", median_of(found[kind], "per_s"), "/s", 10000, False,
                  digits=0)
        bench.row(f"CPU per upgrade, {text}", median_of(found[kind], "cpu_us_each"), "us", digits=1)


def profile_size(bench, server):
    with open(bench.tokens, encoding="ascii") as file:
        token = file.readline().strip()
    with socket.create_connection(("127.0.0.1", server.port), 5) as conn:
        conn.sendall((f"GET /v1/profile/me HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                      f"Authorization: Bearer {token}\r\n\r\n").encode())
        reply = b""
        while piece := conn.recv(65536):
            reply += piece
    require(reply.startswith(b"HTTP/1.1 200"), f"no profile: {reply[:200]!r}")
    return len(reply.split(b"\r\n\r\n", 1)[1])


def section_profile(bench):
    """GET /v1/profile/me against nginx's constant answer of the same size."""
    bench.template_make()
    found = {"nginx": [], "rally": []}
    rally = bench.rally_start(bench.template)
    nginx = None
    try:
        size = profile_size(bench, rally)
        nginx = bench.nginx_start('{"fill":"' + "x" * max(0, size - 11) + '"}')
        time.sleep(0.2)
        workers = children_of(nginx.pid)
        common = ["--count", bench.profile, "--connections", 32]
        for _ in range(bench.passes):
            runs = {"nginx": ["--server", nginx.port, "--pids",
                              ",".join(map(str, [nginx.pid] + workers)), "--path", "/"],
                    "rally": ["--server", rally.port, "--pids", rally.pid, "--path",
                              "/v1/profile/me", "--tokens", bench.tokens]}
            for kind, arguments in runs.items():
                result = bench.program("requests", *arguments, *common)[0]
                require(result["unexpected"] == 0, f"{kind} answered something else")
                bench.keep("profile", kind, result)
                found[kind].append(result)
    finally:
        if nginx:
            bench.rally_stop(nginx)
        bench.rally_stop(rally)
    nginx_us = median_of(found["nginx"], "cpu_us_per_request")
    rally_us = median_of(found["rally"], "cpu_us_per_request")
    bench.row("nginx, CPU per constant answer", nginx_us, "us")
    bench.row("GET /v1/profile/me, CPU per request", rally_us, "us")
    bench.row("GET /v1/profile/me, times nginx", rally_us / nginx_us, "x", 2.5)
    bench.row("GET /v1/profile/me, requests a second", median_of(found["rally"], "per_s"), "/s",
              digits=0)


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def plain_commits_per_s(bench, extra):
    """One small update per transaction at synchronous=FULL: what the disk allows ungrouped."""
    script = """
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA journal_mode=WAL")
db.execute("PRAGMA synchronous=FULL")
db.execute("CREATE TABLE player(id INTEGER PRIMARY KEY, name TEXT)")
db.execute("INSERT INTO player VALUES (1, 'n')")
before = time.monotonic()
for number in range(int(sys.argv[2])):
    db.execute("UPDATE player SET name = ? WHERE id = 1", (f"n{number}",))
print(int(sys.argv[2]) / (time.monotonic() - before))
"""
    path = os.path.join(bench.new_folder("plain"), "plain.db")
    done = subprocess.run([sys.executable, "-c", script, path, str(bench.single)], check=True,
                          env={**os.environ, **extra}, stdout=subprocess.PIPE, timeout=60)
    return float(done.stdout)


def durable_pass(bench, extra, found):
    server = bench.rally_start(bench.template, extra=extra)
    try:
        for kind, connections, count in (("single", 1, bench.single),
                                         ("grouped", 256, bench.grouped)):
            result = bench.program("requests", "--server", server.port, "--pids", server.pid,
                                   "--method", "PATCH", "--path", "/v1/profile/me", "--body",
                                   '{"display_name":"n#"}', "--tokens", bench.tokens,
                                   "--connections", connections, "--count", count)[0]
            require(result["unexpected"] == 0, "a write was refused")
            found[kind].append(result["per_s"])
            found[kind + "_cpu_us"].append(result["cpu_us_per_request"])
    finally:
        bench.rally_stop(server)
    found["plain"].append(plain_commits_per_s(bench, extra))


def section_durable(bench):
    """PATCH /v1/profile/me by many at once against one after another, on two disks."""
    bench.template_make()
    slow = {"LD_PRELOAD": os.path.join(bench.programs, "slow_disk.so"),
            "BENCH_FLUSH_US": str(FLUSH_US)}
    disks = {"this disk": {}, f"{FLUSH_US / 1000} ms flush": slow}
    for disk, extra in disks.items():
        found = {kind: [] for kind in ("single", "grouped", "plain", "single_cpu_us",
                                       "grouped_cpu_us")}
        for number in range(bench.passes):
            say(f"durable: pass {number + 1}/{bench.passes}, {disk}")
            durable_pass(bench, extra, found)
        bench.keep("durable", disk, found)
        durable_rows(bench, disk, {kind: statistics.median(values)
                                   for kind, values in found.items()})


def durable_rows(bench, disk, found):
    name = f"durable writes, {disk}: "
    bench.row(name + "bare SQLite, ungrouped (beside)", found["plain"], "/s", digits=0)
    bench.row(name + "one after another", found["single"], "/s", digits=0)
    bench.row(name + "256 at once", found["grouped"], "/s", digits=0)
    bench.row(name + "CPU each, 256 at once", found["grouped_cpu_us"], "us", digits=1)
    bench.row(name + "times the ungrouped rate", found["grouped"] / found["single"], "x", 10, False)


def section_ready(bench):
    """From exec to the first 200 of /readyz on an empty folder, and memory when idle."""
    times, sizes = [], []
    for _ in range(bench.ready):
        server = bench.rally_start(wait=False)
        try:
            wait_for_answer(server.port, "/readyz", 10)
            times.append(1000 * (time.monotonic() - server.started))
            time.sleep(1)
            sizes.append(rss_size(server.pid))
        finally:
            bench.rally_stop(server)
    bench.raw["ready"] = {"ms": times, "rss": sizes}
    bench.row("ready on an empty directory", statistics.median(times), "ms", 150, digits=1)
    bench.row("idle memory (RSS)", statistics.median(sizes) / 1e6, "MB", 20)


def rss_size(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        for line in file:
            if line.startswith("Rss:"):
                return int(line.split()[1]) * 1024
    raise BenchError("no Rss line")


def require(condition, sentence):
    if not condition:
        raise BenchError(sentence)


# --- the table -------------------------------------------------------------------------------


def number_show(value, digits):
    return f"{value:,.{digits}f}"


def row_cells(row):
    value = f"{number_show(row['value'], row['digits'])} {row['unit']}".strip()
    if row["bar"] is None:
        return [row["figure"], value, "", "", ""]
    sign = "<=" if row["at_most"] else ">="
    met = row["value"] <= row["bar"] if row["at_most"] else row["value"] >= row["bar"]
    ratio = f"{row['value'] / row['bar']:.2f}" if row["bar"] else ""
    row["met"] = met
    return [row["figure"], value, f"{sign} {row['bar']:,g} {row['unit']}".strip(), ratio,
            "yes" if met else "NO"]


def table_print(rows):
    cells = [["figure", "value", "bar", "value/bar", "met"]] + [row_cells(row) for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(5)]
    for number, line in enumerate(cells):
        print("  ".join([line[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in
                                                      zip(line[1:], widths[1:])]).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))


def programs_build(build):
    """The bench programs are no part of the default build."""
    subprocess.run(["cmake", "--build", build, "--target", "bench_programs"], check=True,
                   stdout=subprocess.DEVNULL)


def options_parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("sections", nargs="*", metavar="section",
                        help="of " + ", ".join(SECTIONS) + " (default: all)")
    parser.add_argument("--quick", action="store_true", help="smoke pass; figures mean nothing")
    parser.add_argument("--passes", type=int, help="interleaved passes (6)")
    parser.add_argument("--top", type=int, help="most rooms the capacity section tries")
    parser.add_argument("--json", help="also write rows and raw results to this file")
    parser.add_argument("--build", default=os.path.join(ROOT, "build"), help="build folder")
    parser.add_argument("--rallyd", help="server to measure (default: the build folder's)")
    parser.add_argument("--nice", type=int, default=0,
                        help="priority of servers and generators, such as -15 on a shared machine")
    parser.add_argument("--fifo", action="store_true",
                        help="real-time priority for both: other work on the two cores stands still")
    parser.add_argument("--no-build", action="store_true", help="the programs are built already")
    options = parser.parse_args()
    for section in options.sections:
        if section not in SECTIONS:
            parser.error(f"no section '{section}'")
    return options


def main():
    options = options_parse()
    if os.cpu_count() < 2:
        raise BenchError("two cores are needed: one for the server, one for the generator")
    if not options.no_build:
        programs_build(options.build)
    global NICE, FIFO
    NICE, FIFO = options.nice, options.fifo
    os.sched_setaffinity(0, {LOAD_CORE})
    started = time.monotonic()
    status = 0
    with tempfile.TemporaryDirectory(prefix="rally-bench-") as folder:
        bench = Bench(options, folder)
        for section in [name for name in SECTIONS if name in options.sections or
                        not options.sections]:
            try:
                globals()["section_" + section](bench)
            except (BenchError, OSError, subprocess.SubprocessError) as error:
                bench.notes.append(f"{section}: NOT MEASURED: {error}")
                status = 1
        table_print(bench.rows)
        for note in bench.notes:
            print("note:", note)
        print(f"{time.monotonic() - started:.0f} s, {bench.passes} passes, medians")
        if options.json:
            with open(options.json, "w", encoding="utf-8") as file:
                json.dump(dict(rows=bench.rows, notes=bench.notes, raw=bench.raw), file, indent=1)
    return status


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BenchError as problem:
        sys.exit(f"bench: {problem}")
