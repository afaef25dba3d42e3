"""The web client as a browser fetches it: static files, their caching, and the headers that keep a page safe."""

import gzip
import re
import unittest

from harness.case import RallyCase

POLICY = {"default-src": "'none'", "base-uri": "'none'", "form-action": "'self'", "frame-ancestors": "'none'"}


class Page(RallyCase):
    def setUp(self):
        super().setUp()
        self.page = self.http.get("/")
        if self.page.status == 404:
            self.skipTest("the web client is not built")

    def assets(self):
        text = self.page.body.decode()
        return re.findall(r'(?:src|href)="(/[^"]+\.(?:js|css|wasm|svg))"', text)

    def test_a_file_that_is_not_there_is_404(self):
        for path in ("/assets/nothing.js", "/assets/", "/index.htm", "/assets/../index.html", "/.git/config"):
            with self.subTest(path=path):
                self.assertIn(self.http.get(path).status, (400, 401, 404))

    def test_the_page_is_html_without_inline_script_or_foreign_addresses(self):
        self.assertTrue(self.page.header("Content-Type").startswith("text/html"))
        text = self.page.body.decode()
        self.assertNotRegex(text, r"<script(?![^>]*\bsrc=)[^>]*>\s*\S")
        self.assertNotRegex(text, r'(?:src|href)="(?:https?:)?//')
        self.assertNotRegex(text, r"\son[a-z]+=")

    def test_the_page_carries_every_protecting_header(self):
        policy = dict(part.strip().partition(" ")[::2] for part in self.page.header("Content-Security-Policy").split(";") if part.strip())
        for name, value in POLICY.items():
            self.assertEqual(policy.get(name), value, policy)
        self.assertEqual(set(policy["script-src"].split()), {"'self'", "'wasm-unsafe-eval'"})
        self.assertEqual(policy["style-src"], "'self'")
        self.assertNotIn("unsafe-inline", str(policy))
        self.assertIn("require-trusted-types-for", policy)
        for name, value in (("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
                            ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin")):
            self.assertEqual(self.page.header(name), value)
        self.assertTrue(self.page.header("Permissions-Policy"))

    def test_an_etag_saves_the_second_fetch(self):
        etag = self.page.header("ETag")
        self.assertTrue(etag)
        again = self.http.get("/", headers={"If-None-Match": etag})
        self.assertEqual((again.status, again.body), (304, b""))
        self.assertEqual(self.http.get("/", headers={"If-None-Match": '"other"'}).status, 200)
        self.assertEqual(self.http.get("/", headers={"If-None-Match": f'"other", {etag}'}).status, 304)

    def test_assets_are_named_by_content_and_kept_for_ever(self):
        self.assertTrue(self.assets())
        for path in self.assets():
            if path.endswith((".js", ".css")):
                with self.subTest(path=path):
                    reply = self.answer(self.http.get(path), 200)
                    self.assertIn("immutable", reply.header("Cache-Control"))
                    self.assertTrue(reply.header("X-Content-Type-Options"))

    def test_assets_come_compressed_when_the_browser_can_and_plain_when_not(self):
        for path in self.assets():
            if not path.endswith(".js"):
                continue
            with self.subTest(path=path):
                plain, packed = self.http.get(path), self.http.get(path, headers={"Accept-Encoding": "gzip"})
                refused = self.http.get(path, headers={"Accept-Encoding": "gzip;q=0"})
                self.assertIsNone(plain.header("Content-Encoding"))
                self.assertIsNone(refused.header("Content-Encoding"))
                self.assertEqual(packed.header("Content-Encoding"), "gzip")
                self.assertEqual(gzip.decompress(packed.body), plain.body)
                self.assertIn("accept-encoding", (packed.header("Vary") or "").lower())
                self.assertNotEqual(packed.header("ETag"), plain.header("ETag"))

    def test_the_first_load_is_under_60_kb_compressed(self):
        total = len(self.http.get("/", headers={"Accept-Encoding": "gzip"}).body)
        for path in self.assets():
            total += len(self.http.get(path, headers={"Accept-Encoding": "gzip"}).body)
        self.assertLess(total, 60_000)

    def test_head_of_a_file_tells_its_length(self):
        head = self.http.request("HEAD", "/")
        self.assertEqual((head.status, head.header("Content-Length")), (200, str(len(self.page.body))))


if __name__ == "__main__":
    unittest.main()
