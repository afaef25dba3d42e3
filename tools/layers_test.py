#!/usr/bin/python3
"""Proves that each kind of rule in layers.txt can fail, and says which rule it was."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import layers_check  # noqa: E402

RULES = (pathlib.Path(__file__).resolve().parent / "layers.txt").read_text()


def broken_in(files):
    """What the check says about a tree of these {path: text}."""
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            place = pathlib.Path(folder) / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        return layers_check.check_tree(folder, RULES)[0]


class Layers(unittest.TestCase):
    def assertBroken(self, files, *words):
        broken = broken_in(files)
        self.assertEqual(1, len(broken), broken)
        for word in words:
            self.assertIn(word, broken[0])

    def test_a_clean_tree_is_silent(self):
        self.assertEqual([], broken_in({
            "lib/base/a.h": "#include <stdint.h>\n",
            "lib/core/b.h": '#include "lib/base/a.h"\n',
            "games/pong/c.c": '#include "lib/core/b.h"\n',
            "services/profile/d.c": '#include "services/role.h"\n',
            "services/role.h": "",
            "apps/rallyd.c": '#include "services/profile/d.c"\n'}))

    def test_a_lower_layer_includes_a_higher_one(self):
        self.assertBroken({"lib/base/a.c": '#include "lib/wire/b.h"\n', "lib/wire/b.h": ""},
                          "lib/base/a.c:1", "layer 1 lib/wire is not below layer 0 lib/base")

    def test_neighbours_in_a_layer_are_apart(self):
        self.assertBroken({"lib/kv/a.c": '#include "lib/bus/b.h"\n', "lib/bus/b.h": ""},
                          "layer 3 lib/bus is not below layer 3 lib/kv")

    def test_a_peer_goes_one_way_only(self):
        self.assertBroken({"lib/core/a.c": '#include "games/b.h"\n', "games/b.h": ""},
                          "layer 1 games")

    def test_a_role_includes_another_role(self):
        self.assertBroken({"services/lobby/a.c": '#include "services/profile/b.h"\n',
                           "services/profile/b.h": ""}, "apart services", "never calls another")

    def test_a_shared_file_includes_a_role(self):
        self.assertBroken({"services/reply.c": '#include "services/profile/b.h"\n',
                           "services/profile/b.h": ""}, "apart services")

    def test_a_vendor_header_outside_its_place(self):
        for path, header in {"services/a.c": "uv.h", "lib/store/a.c": "sqlite3.h",
                             "services/profile/a.c": "sodium.h", "lib/net/http_conn.c":
                             "openssl/ssl.h", "lib/wire/a.c": "pthread.h", "apps/a.c": "cmocka.h",
                             "services/session/a.c": "sys/socket.h"}.items():
            with self.subTest(header):
                self.assertBroken({path: f"#include <{header}>\n"}, f"<{header}>", "vendor ")

    def test_a_vendor_header_in_its_place_is_fine(self):
        self.assertEqual([], broken_in({"lib/net/tls_bio.c": "#include <openssl/ssl.h>\n"}))

    def test_an_unknown_header_has_no_place(self):
        self.assertBroken({"apps/a.c": "#include <curl/curl.h>\n"}, "neither `system` nor `vendor`")

    def test_the_core_reads_a_clock(self):
        self.assertBroken({"lib/core/a.c": "#include <time.h>\n"}, "pure lib/core")

    def test_a_cycle(self):
        self.assertBroken({"lib/base/a.h": '#include "lib/base/b.h"\n',
                           "lib/base/b.h": '#include "lib/base/a.h"\n'},
                          "lib/base/a.h -> lib/base/b.h -> lib/base/a.h", "no include cycle")

    def test_an_include_relative_to_the_file(self):
        self.assertBroken({"lib/base/a.c": '#include "b.h"\n', "lib/base/b.h": ""},
                          "written from the root")
        self.assertBroken({"lib/base/a.c": '#include "lib/base/../base/b.h"\n',
                           "lib/base/b.h": ""}, "without ..")

    def test_a_banned_function(self):
        self.assertBroken({"apps/a.c": "int f(char *a)\n{\n    return atoi(a);\n}\n"},
                          "apps/a.c:3", "banned atoi")

    def test_a_banned_name_in_a_comment_or_text_is_fine(self):
        self.assertEqual([], broken_in({"apps/a.c": '/* strcpy(a) */ // gets(\nchar *a = "system(";'}))
        self.assertEqual([], broken_in({"apps/a.c": '/*\n#include <uv.h>\n*/\n'}))

    def test_a_file_in_no_layer(self):
        self.assertBroken({"lib/misc/a.c": ""}, "lies in no layer")

    def test_an_unknown_word_in_the_rules_is_an_error(self):
        with self.assertRaises(ValueError):
            layers_check.Rules("layr 1 lib/base\n")


if __name__ == "__main__":
    result = unittest.main(exit=False).result
    bad = len(result.failures) + len(result.errors)
    print(f"{max(result.testsRun - bad, 0)} passed, {bad} failed", file=sys.stderr)
    sys.exit(1 if bad else 0)
