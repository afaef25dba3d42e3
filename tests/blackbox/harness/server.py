"""Starts the real `rallyd`, learns its addresses from what it prints, and ends exactly that process.

A `Server` owns one data folder and at most one process at a time. `kill()` is kill -9 and `start()` may follow it on
the same folder: that is how the crash tests work. Everything the process prints is kept, because a test reads it for
secrets afterwards.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
RALLYD = os.environ.get("RALLYD", str(ROOT / "build" / "rallyd"))
RALLY = os.environ.get("RALLY", str(pathlib.Path(RALLYD).parent / "rally"))

START_SECONDS = 15.0
STOP_SECONDS = 15.0


class ServerFailed(AssertionError):
    """The process ended, or never said that it listens."""


class Server:
    def __init__(self, **settings):
        """`settings` are environment variables of the server; None removes a default of this harness."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rally-blackbox-"))
        self.data_dir = self.folder / "data"
        self.settings = {
            "RALLY_HTTP_LISTEN": "127.0.0.1:0",
            "RALLY_ADMIN_LISTEN": "127.0.0.1:0",
            "RALLY_DATA_DIR": str(self.data_dir),
            "RALLY_RATE_LIMITS": "off",
            "RALLY_REACTORS": "2",
        }
        self.settings.update(settings)
        self.process = None
        self.lines = []
        self.host = self.port = self.admin_host = self.admin_port = None
        self._reader = None

    # -- life ---------------------------------------------------------------------------------------------------

    def environment(self):
        env = {key: value for key, value in os.environ.items()
               if not key.startswith(("RALLY_", "OTEL_")) and key not in OTHER_SETTINGS}
        env.update({key: str(value) for key, value in self.settings.items() if value is not None})
        return env

    def start(self, arguments=()):
        assert self.process is None, "this server runs already"
        self._heard = {}
        self._changed = threading.Condition()
        self.process = subprocess.Popen(
            [RALLYD, *arguments], cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        self._reader = threading.Thread(target=self._read, args=(self.process,), daemon=True)
        self._reader.start()
        self.host, self.port = self._address("listening")
        self.admin_host, self.admin_port = self._address("admin")
        return self

    def _read(self, process):
        for line in process.stdout:
            self.lines.append(line)
            found = re.match(r"(listening|admin) on https?://(\[[^]]*\]|[^:/]+):(\d+)", line)
            with self._changed:
                if found:
                    self._heard[found.group(1)] = (found.group(2).strip("[]"), int(found.group(3)))
                self._changed.notify_all()
        with self._changed:
            self._heard["end"] = True
            self._changed.notify_all()

    def _address(self, name):
        with self._changed:
            self._changed.wait_for(lambda: name in self._heard or "end" in self._heard, START_SECONDS)
            if name not in self._heard:
                raise ServerFailed(f"rallyd did not say '{name} on http://...': {''.join(self.lines[-20:])}")
            return self._heard[name]

    def kill(self):
        """kill -9: nothing is flushed, nobody is told."""
        self.process.send_signal(signal.SIGKILL)
        self._reap()

    def stop(self):
        """SIGTERM, twice if need be: the quick and orderly end between tests. Returns the exit code."""
        if self.process is None:
            return None
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(0.3)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGTERM)
        return self.wait(STOP_SECONDS)

    def wait(self, seconds):
        """The exit code; a process that does not end in time is killed and reported."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise ServerFailed(f"rallyd did not end within {seconds} s of the signal") from None
        code = self.process.returncode
        self._reap()
        return code

    def _reap(self):
        self.process.wait()
        self._reader.join(5)
        self.process.stdout.close()
        self.process = None

    def remove(self):
        if self.process is not None:
            self.kill()
        if not os.environ.get("KEEP_DATA"):
            shutil.rmtree(self.folder, ignore_errors=True)

    # -- what can be seen from outside ----------------------------------------------------------------------------

    @property
    def output(self):
        return "".join(self.lines)

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def resident_kib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1))

    def descriptor_count(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def is_sanitized(self):
        maps = pathlib.Path(f"/proc/{self.process.pid}/maps").read_text()
        return any(name in maps for name in ("libasan", "libtsan", "libclang_rt"))

    def audit(self):
        """Runs `rally audit` on the data folder: (exit code, what it printed)."""
        done = subprocess.run([RALLY, "audit"], cwd=self.folder, env=self.environment(), timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout


OTHER_SETTINGS = ("DATABASE_URL", "REDIS_URL", "NATS_URL", "USER_MANAGEMENT_URL", "API_KEY")


def make_signing_key(folder, mode=0o600):
    """An Ed25519 private key in PEM, as production wants one: the path of the file."""
    path = pathlib.Path(folder) / "signing.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(path)], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    path.chmod(mode)
    return str(path)


def run_rallyd(arguments=(), settings=None, folder=None, seconds=20):
    """Runs `rallyd` to its own end (for --print-config and refused settings): (exit code, output)."""
    own = Server(**(settings or {}))
    try:
        done = subprocess.run([RALLYD, *arguments], cwd=folder or own.folder, env=own.environment(), timeout=seconds,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        output = late.stdout or b""
        raise ServerFailed(f"rallyd kept running instead of refusing its settings: {output[-2000:]}") from None
    finally:
        own.remove()


def eventually(check, within=5.0, every=0.02, says="the condition never came true"):
    """Asks again until `check()` is true. For facts that nobody announces (memory, files); never instead of a message."""
    end = time.monotonic() + within
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{says} (last value {value!r})")
        time.sleep(every)
