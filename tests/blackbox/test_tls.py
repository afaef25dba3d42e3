"""Optional TLS at the edge: the same server over an encrypted line, and a new certificate on SIGHUP without a pause."""

import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import unittest

from harness.http_client import RawConnection, request_bytes
from harness.server import Server, eventually, run_rallyd
from harness.websocket import WebSocket


def make_certificate(folder, name):
    """A self-signed certificate for 127.0.0.1: (certificate file, key file)."""
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-keyout", str(key), "-out", str(certificate)], check=True, stderr=subprocess.DEVNULL)
    key.chmod(0o600)
    return certificate, key


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="rally-tls-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.certificate, cls.key = make_certificate(cls.folder, "first.test")
        cls.server = Server(RALLY_TLS_CERT=str(cls.certificate), RALLY_TLS_KEY=str(cls.key)).start()
        cls.addClassCleanup(cls.server.remove)

    def connect(self, version=None, trust=None):
        context = ssl.create_default_context(cafile=str(trust or self.certificate))
        if version is not None:
            context.minimum_version = context.maximum_version = version
        connection = RawConnection(self.server.host, self.server.port)
        connection.socket = context.wrap_socket(connection.socket, server_hostname="127.0.0.1")
        self.addCleanup(connection.close)
        return connection

    def presented(self):
        connection = ssl.create_default_context()
        connection.check_hostname, connection.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection((self.server.host, self.server.port), 5) as plain:
            with connection.wrap_socket(plain) as secure:
                return secure.getpeercert(True)

    def ask(self, connection, *request):
        connection.send(request_bytes(*request))
        return connection.read_response(request[0])

    def test_plain_http_on_the_tls_port_gets_no_service(self):
        connection = RawConnection(self.server.host, self.server.port)
        connection.send(request_bytes("GET", "/livez"))
        connection.finish_sending()
        self.assertNotIn(b"200 OK", connection.read_to_end())

    def test_tls_1_1_and_older_is_refused(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        with socket.create_connection((self.server.host, self.server.port), 5) as plain:
            with self.assertRaises((ssl.SSLError, OSError)):
                context.wrap_socket(plain)

    def test_a_key_that_does_not_fit_the_certificate_is_an_error_at_start(self):
        other, _ = make_certificate(self.folder, "other.test")
        code, output = run_rallyd(settings={"RALLY_TLS_CERT": str(other), "RALLY_TLS_KEY": str(self.key)})
        self.assertNotEqual(code, 0, output)

    def test_requests_and_pipelines_work_over_1_2_and_1_3(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version=version):
                connection = self.connect(version)
                connection.send(request_bytes("GET", "/livez") * 20)
                self.assertEqual([connection.read_response().status for _ in range(20)], [200] * 20)

    def test_the_refresh_cookie_is_secure_and_host_bound_over_tls(self):
        connection = self.connect()
        connection.send(request_bytes("POST", "/v1/auth/guest", [("Content-Type", "application/json"), ("X-Rally-Web", "1")], b"{}"))
        cookie = connection.read_response().header("Set-Cookie")
        self.assertTrue(cookie.startswith("__Host-rally_rt="), cookie)
        self.assertIn("secure", cookie.lower())

    def test_a_socket_works_over_tls(self):
        connection = self.connect()
        connection.send(request_bytes("POST", "/v1/auth/guest", [("Content-Type", "application/json")], b"{}"))
        token = connection.read_response().json()["access_token"]
        connection.send(WebSocket.handshake_bytes("/ws/queue/", "dGhlIHNhbXBsZSBub25jZQ==",
                                                  [("Authorization", f"Bearer {token}")]))
        self.assertEqual(connection.read_response().status, 101)
        connection.send(b"\x89\x80\0\0\0\0")
        end = time.monotonic() + 5
        while b"\x8a\x00" not in connection.buffer:
            connection._more(end)

    def test_sighup_brings_a_new_certificate_and_keeps_open_connections(self):
        kept = self.connect()
        self.assertEqual(self.ask(kept, "GET", "/livez").status, 200)
        before = self.presented()
        certificate, key = make_certificate(self.folder, "second.test")
        old = self.certificate.read_bytes(), self.key.read_bytes()
        shutil.copyfile(key, self.key)
        shutil.copyfile(certificate, self.certificate)
        try:
            self.server.process.send_signal(signal.SIGHUP)
            eventually(lambda: self.presented() != before, says="the old certificate is still presented")
            self.assertEqual(self.ask(kept, "GET", "/livez").status, 200)
        finally:
            self.certificate.write_bytes(old[0])
            self.key.write_bytes(old[1])
            self.server.process.send_signal(signal.SIGHUP)
            eventually(lambda: self.presented() == before)

    def test_a_broken_certificate_on_sighup_keeps_the_old_one(self):
        before, old = self.presented(), self.certificate.read_bytes()
        self.certificate.write_text("broken")
        try:
            self.server.process.send_signal(signal.SIGHUP)
            for _ in range(10):
                self.assertEqual(self.presented(), before)
        finally:
            self.certificate.write_bytes(old)
        self.assertTrue(self.server.alive())


if __name__ == "__main__":
    unittest.main()
