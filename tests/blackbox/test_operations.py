"""Section 12 of the protocol: health, metrics, and the orderly end."""

import re
import signal
import sqlite3
import time
import unittest

from harness.case import RallyCase
from harness.http_client import ConnectionEnded, Http, RawConnection, request_bytes
from harness.player import play
from harness.server import Server, eventually

METRICS = {
    "rally_build_info": "gauge", "rally_http_requests_total": "counter", "rally_http_request_duration_seconds": "histogram",
    "rally_ws_connections": "gauge", "rally_ws_messages_total": "counter", "rally_ws_closes_total": "counter",
    "rally_rooms": "gauge", "rally_room_tick_lateness_seconds": "histogram",
    "rally_room_tick_duration_seconds": "histogram", "rally_room_tick_slips_total": "counter",
    "rally_room_snapshots_conflated_total": "counter", "rally_queue_tickets": "gauge",
    "rally_store_commit_duration_seconds": "histogram", "rally_store_batch_size": "histogram",
    "rally_worker_queue_depth": "gauge", "rally_password_hash_duration_seconds": "histogram",
    "rally_password_hash_queue_depth": "gauge",
}
LABELS = {
    "rally_http_requests_total": {"route", "method", "status"}, "rally_http_request_duration_seconds": {"route"},
    "rally_ws_messages_total": {"direction"}, "rally_ws_closes_total": {"code"}, "rally_rooms": {"state"},
    "rally_queue_tickets": {"mode"},
}
SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(.*)\})? (-?[0-9.]+(?:[eE][+-]?[0-9]+)?|[+-]Inf|NaN)$')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(?:,|$)')


def parse_metrics(text):
    """Prometheus text format: ({family: type}, [(name, labels, value)]). Any line outside the format is an error."""
    families, samples = {}, []
    assert text.endswith("\n"), "the last line has no end"
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in families, f"two types for {name}"
            assert kind in ("counter", "gauge", "histogram", "summary", "untyped"), line
            families[name] = kind
        elif line.startswith("# HELP ") or not line:
            continue
        else:
            found = SAMPLE.match(line)
            assert found, f"not a sample: {line!r}"
            labels = dict(LABEL.findall(found.group(3) or ""))
            assert LABEL.sub("", found.group(3) or "") == "", f"bad labels: {line!r}"
            samples.append((found.group(1), labels, float(found.group(4))))
    return families, samples


class Health(RallyCase):
    def test_the_health_routes_say_so_without_a_token(self):
        for path in ("/livez", "/readyz", "/health"):
            with self.subTest(path=path):
                self.answer(self.http.get(path), 200)
        self.assertEqual(self.http.get("/health").json()["status"], "healthy")

    def test_the_addresses_that_were_printed_are_the_ones_that_answer(self):
        self.assertRegex(self.server.output, rf"(?m)^listening on http://127\.0\.0\.1:{self.server.port}$")
        self.assertRegex(self.server.output, rf"(?m)^admin on http://127\.0\.0\.1:{self.server.admin_port}$")


class Metrics(RallyCase):
    def metrics(self):
        admin = Http(self.server.admin_host, self.server.admin_port, check=False)
        reply = admin.get("/metrics")
        admin.close()
        self.assertEqual(reply.status, 200)
        self.assertTrue(reply.header("Content-Type").startswith("text/plain"))
        return parse_metrics(reply.body.decode("utf-8"))

    def value(self, name, **labels):
        return sum(value for found, own, value in self.metrics()[1]
                   if found == name and all(own.get(key) == wanted for key, wanted in labels.items()))

    def test_the_public_listener_has_no_metrics(self):
        self.assertEqual(self.http.get("/metrics", token=self.guest().token).status, 404)

    def test_every_promised_name_is_there_with_its_type_and_labels(self):
        self.rally()
        self.register()
        families, samples = self.metrics()
        for name, kind in METRICS.items():
            with self.subTest(name=name):
                self.assertEqual(families.get(name), kind)
                wanted = LABELS.get(name, set())
                rows = [(found, labels) for found, labels, _ in samples
                        if found == name or found in (f"{name}_bucket", f"{name}_sum", f"{name}_count")]
                self.assertTrue(rows, f"{name} has no sample")
                if name != "rally_build_info":
                    for _, labels in rows:
                        self.assertEqual(set(labels) - {"le"}, wanted)

    def test_every_family_has_a_type_and_every_counter_ends_in_total(self):
        families, samples = self.metrics()
        for name, labels, value in samples:
            family = name if name in families else re.sub(r"_(bucket|sum|count)$", "", name)
            self.assertIn(family, families)
            if families[family] == "counter":
                self.assertTrue(family.endswith("_total"), family)
                self.assertGreaterEqual(value, 0)

    def test_histograms_are_cumulative_and_end_at_their_count(self):
        self.countdown()
        families, samples = self.metrics()
        for family in (name for name, kind in families.items() if kind == "histogram"):
            series = {}
            for name, labels, value in samples:
                if name == f"{family}_bucket":
                    key = tuple(sorted((k, v) for k, v in labels.items() if k != "le"))
                    series.setdefault(key, []).append((float(labels["le"].replace("+Inf", "inf")), value))
            counts = {tuple(sorted(labels.items())): value for name, labels, value in samples if name == f"{family}_count"}
            self.assertTrue(series, family)
            for key, buckets in series.items():
                with self.subTest(family=family, labels=key):
                    self.assertEqual(buckets, sorted(buckets))
                    self.assertEqual([value for _, value in buckets], sorted(value for _, value in buckets))
                    self.assertEqual(buckets[-1][0], float("inf"))
                    self.assertEqual(buckets[-1][1], counts[key])

    def test_no_label_carries_an_id_or_a_name(self):
        game_id, one, _ = self.countdown()
        one.player.get(f"/v1/profile/{one.player.username}")
        one.player.get(f"/game/{game_id}/info/")
        self.http.get("/some/path/that/is/not/there", token=one.player.token)
        for name, labels, _ in self.metrics()[1]:
            for value in labels.values():
                self.assertNotIn(str(game_id), value)
                self.assertNotIn(one.player.username, value)
                self.assertNotIn("some/path", value)

    def test_requests_sockets_and_rooms_are_counted(self):
        before = self.value("rally_http_requests_total", status="401")
        sockets = self.value("rally_ws_connections")
        self.http.get("/v1/profile/me")
        eventually(lambda: self.value("rally_http_requests_total", status="401") == before + 1)
        player = self.guest()
        with player.queue_socket() as socket:
            eventually(lambda: self.value("rally_ws_connections") == sockets + 1)
            socket.send({"type": "join_queue"})
            socket.expect("success")
            eventually(lambda: self.value("rally_queue_tickets", mode="quick") == 1)
            player.post("/game/leave/")
            eventually(lambda: self.value("rally_queue_tickets", mode="quick") == 0)
        eventually(lambda: self.value("rally_ws_connections") == sockets)
        rooms = self.value("rally_rooms", state="running")
        _, one, two = self.rally()
        eventually(lambda: self.value("rally_rooms", state="running") == rooms + 1)
        one.action("resign")
        one.expect("game_over")
        eventually(lambda: self.value("rally_rooms", state="running") == rooms)


class OrderlyEnd(RallyCase):
    own_server = True
    settings = {"RALLY_DRAIN_TIMEOUT": "3s", "RALLY_RULESET_CLASSIC_WIN": "1"}

    def setUp(self):
        self.server = Server(**self.settings).start()
        self.addCleanup(self.server.remove)  # These tests end the server themselves.
        self.http = Http(self.server.host, self.server.port)
        self.addCleanup(self.http.close)

    def terminate(self):
        self.server.process.send_signal(signal.SIGTERM)

    def test_sigterm_without_players_ends_at_once_with_0(self):
        began = time.monotonic()
        self.terminate()
        self.assertEqual(self.server.wait(10), 0)
        self.assertLess(time.monotonic() - began, 3)

    def test_sigint_is_the_same(self):
        self.server.process.send_signal(signal.SIGINT)
        self.assertEqual(self.server.wait(10), 0)

    def test_sockets_hear_server_draining_and_then_1012(self):
        queue = self.guest().queue_socket()
        _, one, two = self.countdown()
        self.terminate()
        for socket in (queue, one, two):
            draining = socket.expect("server_draining")
            self.assertTrue(0 < draining["deadline_ms"])
        for seat in (queue, one, two):
            seat.expect_close(1012, within=8)
        self.assertEqual(self.server.wait(10), 0)

    def test_while_draining_readyz_is_503_and_nobody_new_is_taken(self):
        player = self.guest()
        _, one, two = self.countdown()
        self.terminate()
        one.expect("server_draining")
        reply = player.get("/readyz")
        self.assertEqual(reply.status, 503, reply)
        self.assertTrue(reply.header("Retry-After"))
        self.assertEqual(player.post("/game/join/").status, 503)
        one.action("resign")
        one.expect("game_over")

    def test_a_game_under_way_may_end_and_its_result_is_kept(self):
        game_id, one, two = self.countdown()
        self.terminate()
        one.expect("server_draining")
        one.action("resign")
        for seat in (one, two):
            over = seat.expect("game_over")
            self.assertEqual(over["reason"], "resign")
        began = time.monotonic()
        self.assertEqual(self.server.wait(10), 0)
        self.assertLess(time.monotonic() - began, 3.5)
        self.server.start()
        one.player.move_to(self.server)
        rows = one.player.get("/game/history/").json()["matches"]
        self.assertEqual([row["game_id"] for row in rows], [game_id])
        self.assertEqual(one.player.mmr(), one.over["rating"]["after"])

    def test_a_game_that_outlasts_the_drain_is_resumed_after_the_restart_and_nobody_forfeits(self):
        game_id, one, two = self.rally()
        began = time.monotonic()
        self.terminate()
        play([one, two], lambda: one.ws.close_code and two.ws.close_code or one.over, 10, skills={one: "track", two: "track"})
        self.assertEqual((one.ws.close_code, two.ws.close_code), (1012, 1012))
        self.assertEqual(self.server.wait(10), 0)
        self.assertLess(time.monotonic() - began, 8)
        self.server.start()
        for seat in (one, two):
            seat.player.move_to(self.server)
        again = [seat.player.match_socket(game_id) for seat in (one, two)]
        play(again, lambda: all(seat.over for seat in again), 60)
        self.assertEqual(again[0].over["reason"], "score")

    def test_a_second_signal_ends_at_once_still_with_0_and_still_flushed(self):
        _, one, two = self.countdown()
        began = time.monotonic()
        self.terminate()
        one.expect("server_draining")
        self.terminate()
        self.assertEqual(self.server.wait(10), 0)
        self.assertLess(time.monotonic() - began, 2.5)
        code, output = self.server.audit()
        self.assertEqual(code, 0, output)

    def test_a_request_under_way_is_answered(self):
        """A login takes its time to hash. The reply to /livez, sent in the same packet, says that its bytes were read."""
        body = b'{"username":"nobody-here","password":"any password"}'
        connection = RawConnection(self.server.host, self.server.port)
        connection.send(request_bytes("GET", "/livez") +
                        request_bytes("POST", "/v1/auth/login", [("Content-Type", "application/json")], body))
        self.assertEqual(connection.read_response().status, 200)
        self.terminate()
        try:
            self.assertIn(connection.read_response().status, (401, 503))
        except ConnectionEnded:
            self.fail("the request was dropped without an answer")
        self.assertEqual(self.server.wait(10), 0)


class Audit(RallyCase):
    own_server = True
    settings = {"RALLY_RULESET_CLASSIC_WIN": "1"}

    def test_a_clean_store_passes_the_audit_with_the_server_running(self):
        _, one, two = self.countdown()
        one.action("resign")
        one.expect("game_over"), two.expect("game_over")
        code, output = self.server.audit()
        self.assertEqual(code, 0, output)

    def test_a_store_that_was_tampered_with_fails_the_audit_with_a_line(self):
        one, two = self.two_guests()
        _, seat, other = self.countdown(players=(one, two))
        seat.action("resign")
        seat.expect("game_over"), other.expect("game_over")
        self.server.stop()
        database = sqlite3.connect(self.server.data_dir / "rally.db")
        names = [row[0] for row in database.execute("select name from sqlite_master where type='table' and name like '%rating%'")]
        changed = 0
        for name in names:
            columns = [row[1] for row in database.execute(f"pragma table_info({name})")]
            for column in ("mmr", "rating", "rating_micro", "mu"):
                if column in columns and "event" not in name:
                    changed += database.execute(f"update {name} set {column} = {column} + 777").rowcount
        database.commit()
        database.close()
        self.assertTrue(changed, f"no stored rating found in {names}")
        code, output = self.server.audit()
        self.assertEqual(code, 1, output)
        self.assertTrue(output.strip())
        self.server.start()


if __name__ == "__main__":
    unittest.main()
