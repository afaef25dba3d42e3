"""Configuration (section 12): flag before environment before file before default; unknown keys and weak secrets end
the start with a sentence that names the culprit, and a secret is never shown."""

import os
import pathlib
import shutil
import tempfile
import unittest

from harness.server import Server, make_signing_key, run_rallyd

SECRET = "canary-secret-7f3a9d0e55c1b2-canary"


class Configuration(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rally-config-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def config(self, text, name="rally.conf"):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        return str(path)

    def shown(self, arguments=(), **settings):
        """The effective values as `--print-config` shows them."""
        code, output = run_rallyd(["--print-config", *arguments], settings)
        self.assertEqual(code, 0, output)
        values = {}
        for line in output.splitlines():
            name, equals, value = line.partition("=")
            if equals and not line.lstrip().startswith("#"):
                values[name.strip().lower().removeprefix("rally_")] = value.strip()
        return values

    def refused(self, *names, arguments=(), **settings):
        """rallyd ends with an error that names each of `names`."""
        code, output = run_rallyd(arguments, settings)
        self.assertNotEqual(code, 0, output)
        self.assertNotIn("listening on", output)
        for name in names:
            self.assertIn(name.lower().removeprefix("rally_"), output.lower())
        return output

    # -- refused ----------------------------------------------------------------------------------------------------

    def test_an_unknown_key_in_the_environment_is_an_error_that_names_it(self):
        self.refused("RALLY_SNAPSHOT_HERZ", RALLY_SNAPSHOT_HERZ="30")

    def test_an_unknown_key_in_the_file_is_an_error_that_names_it(self):
        path = self.config("queue_grace = 5s\nsnapshot_herz = 30\n")
        self.refused("snapshot_herz", arguments=["--config", path])

    def test_an_unknown_flag_is_an_error_that_names_it(self):
        self.refused("--snapshot-herz", arguments=["--snapshot-herz", "30"])

    def test_a_config_file_that_is_not_there_is_an_error(self):
        self.refused("nothing.conf", arguments=["--config", str(self.folder / "nothing.conf")])

    def test_a_value_that_cannot_be_read_is_an_error_that_names_the_key(self):
        for name, value in (("RALLY_RECONNECT_GRACE", "soon"), ("RALLY_RECONNECT_GRACE", "30 parsecs"),
                            ("RALLY_RECONNECT_GRACE", "-1s"), ("RALLY_SNAPSHOT_HZ", "9"), ("RALLY_SNAPSHOT_HZ", "61"),
                            ("RALLY_SNAPSHOT_HZ", "many"), ("RALLY_HTTP_LISTEN", "nonsense"),
                            ("RALLY_HTTP_LISTEN", "127.0.0.1:70000"), ("RALLY_ENV", "prod"),
                            ("RALLY_RATE_LIMITS", "perhaps"), ("RALLY_REACTORS", "0"),
                            ("RALLY_RULESET_CLASSIC_WIN", "0"), ("RALLY_ACCESS_TTL", "99999999999999999999s")):
            with self.subTest(name=name, value=value):
                self.refused(name, **{name: value})

    def test_a_port_in_use_is_an_error_that_names_it(self):
        server = Server()
        try:
            server.start()
            self.refused(str(server.port), RALLY_HTTP_LISTEN=f"127.0.0.1:{server.port}")
        finally:
            server.stop()
            server.remove()

    def test_two_servers_on_one_data_folder_are_refused(self):
        server = Server()
        try:
            server.start()
            self.refused(RALLY_DATA_DIR=str(server.data_dir))
        finally:
            server.stop()
            server.remove()

    # -- production -------------------------------------------------------------------------------------------------

    def signing_key(self, mode=0o600):
        return make_signing_key(self.folder, mode)

    def test_production_refuses_a_generated_signing_key(self):
        self.refused("RALLY_SIGNING_KEY", RALLY_ENV="production")

    def test_production_refuses_a_world_readable_signing_key(self):
        path = self.signing_key(0o644)
        self.refused("RALLY_SIGNING_KEY", RALLY_ENV="production", RALLY_SIGNING_KEY_FILE=path)

    def test_production_refuses_short_and_default_secrets_and_does_not_repeat_them(self):
        path = self.signing_key()
        for name in ("RALLY_JWT_HS256_SECRET", "RALLY_SERVER_KEY"):
            for weak in ("short-but-odd", "changeme", "secret", "a" * 40):
                with self.subTest(name=name, weak=weak):
                    output = self.refused(name, RALLY_ENV="production", RALLY_SIGNING_KEY_FILE=path, **{name: weak})
                    if weak not in ("secret",):
                        self.assertNotIn(weak, output)

    def test_a_signing_key_that_is_none_is_refused_in_every_mode(self):
        path = self.config("not a key\n", "broken.pem")
        self.refused("RALLY_SIGNING_KEY", RALLY_SIGNING_KEY_FILE=path)

    def test_production_starts_with_proper_secrets(self):
        server = Server(RALLY_ENV="production", RALLY_SIGNING_KEY_FILE=self.signing_key(),
                        RALLY_JWT_HS256_SECRET=SECRET)
        try:
            server.start()
            self.assertEqual(server.stop(), 0)
            self.assertNotIn(SECRET, server.output)
        finally:
            server.remove()

    # -- precedence, units, files -------------------------------------------------------------------------------------

    def test_a_secret_may_come_from_a_file_and_a_missing_file_is_an_error(self):
        path = self.config(SECRET + "\n", "secret")
        self.assertNotIn(SECRET, str(self.shown(RALLY_JWT_HS256_SECRET_FILE=path)))
        self.refused("RALLY_JWT_HS256_SECRET", RALLY_JWT_HS256_SECRET_FILE=str(self.folder / "gone"))

    def test_print_config_redacts_secrets_and_shows_the_rest(self):
        code, output = run_rallyd(["--print-config"], {
            "RALLY_JWT_HS256_SECRET": SECRET, "RALLY_SERVER_KEY": SECRET + "2", "RALLY_RESULT_WEBHOOK_KEY": SECRET + "3",
            "RALLY_QUEUE_GRACE": "7s"})
        self.assertEqual(code, 0, output)
        self.assertNotIn("canary", output)
        self.assertIn("queue_grace", output.lower())
        self.assertIn("7s", output)

    def test_the_defaults_are_those_of_the_table(self):
        values = self.shown(RALLY_HTTP_LISTEN=None, RALLY_ADMIN_LISTEN=None, RALLY_DATA_DIR=None, RALLY_RATE_LIMITS=None,
                            RALLY_REACTORS=None)
        for name, value in (("http_listen", "127.0.0.1:8080"), ("admin_listen", "127.0.0.1:9090"), ("data_dir", "./data"),
                            ("env", "development"), ("rate_limits", "on"), ("reconnect_grace", "30s"),
                            ("ready_timeout", "30s"), ("queue_grace", "30s"), ("snapshot_hz", "30"), ("roles", "all"),
                            ("access_ttl", "15m"), ("refresh_ttl", "30d"), ("drain_timeout", "30s"), ("workers", "8")):
            with self.subTest(name=name):
                self.assertEqual(values.get(name), value)

    def test_flag_beats_environment_beats_file_beats_default(self):
        path = self.config("# a comment\n\nqueue_grace = 11s\nready_timeout = 12s  \n  drain_timeout=13s\n")
        values = self.shown(["--config", path, "--queue-grace", "31s"], RALLY_QUEUE_GRACE="21s", RALLY_READY_TIMEOUT="22s")
        self.assertEqual((values["queue_grace"], values["ready_timeout"], values["drain_timeout"],
                          values["reconnect_grace"]), ("31s", "22s", "13s", "30s"))

    def test_units_are_understood(self):
        for value in ("1500ms", "2s", "3m", "1h"):
            with self.subTest(value=value):
                self.assertTrue(self.shown(RALLY_QUEUE_GRACE=value)["queue_grace"])

    def test_a_generated_key_is_used_again(self):
        server = Server()
        try:
            server.start()
            keys = sorted(os.listdir(server.data_dir))
            server.stop()
            server.start()
            self.assertLessEqual(set(key for key in keys if "rally.db" not in key), set(os.listdir(server.data_dir)))
        finally:
            server.stop()
            server.remove()


if __name__ == "__main__":
    unittest.main()
