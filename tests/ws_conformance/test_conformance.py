"""WebSocket conformance (RFC 6455) against the live server, each case whole and octet by octet.

The product has no echo socket. `/ws/queue/` shows what the codec decided just as well: a JSON command is answered with
the same message however it was framed, a ping with its pong, and a framing fault with the RFC's own close code (1002
protocol, 1003 unsupported data, 1007 not UTF-8, 1009 too big). Where a command's payload has to be of a certain
size, it is padded with spaces, which mean nothing in JSON.

A case is (name, bytes, what must follow). What may follow:
    ANSWER            the reply to the command, once
    answers(n)        n of them
    pong(payload...)  these pongs, in this order
    closed(code...)   a close frame with one of these codes, then the end of TCP; before it `pongs`, and perhaps an
                      `error` that explains
    silence           nothing; the connection still answers a ping
"""

import struct
import time
import unittest

from harness.case import RallyCase
from harness.http_client import request_bytes
from harness.player import Player
from harness.websocket import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, NothingHeard, SocketClosed, close_payload,
                               frame)

COMMAND = b'{"type":"leave_queue"}'
LIMIT = 16384
MASK = b"\x37\xfa\x21\x3d"


def padded(size):
    return COMMAND + b" " * (size - len(COMMAND))


def fragments(payload, *cuts):
    """The payload as a text message cut at these places."""
    edges = [0, *cuts, len(payload)]
    parts = [payload[a:b] for a, b in zip(edges, edges[1:])]
    return b"".join(frame(TEXT if number == 0 else CONTINUATION, part, fin=number == len(parts) - 1)
                    for number, part in enumerate(parts))


class Expected:
    def __init__(self, answers=0, pongs=(), codes=None):
        self.answers, self.pongs, self.codes = answers, list(pongs), codes


def answers(count):
    return Expected(answers=count)


def pong(*payloads, and_answers=0):
    return Expected(pongs=payloads, answers=and_answers)


def closed(*codes, pongs=()):
    return Expected(codes=codes, pongs=pongs)


ANSWER = answers(1)
silence = Expected()


def sizes():
    for size in (22, 125, 126, 127, 128, 255, 256, 1023, 1024, 4095, 4096, 8191, 8192, LIMIT - 1, LIMIT):
        yield f"1 sizes: a text message of {size} bytes", frame(TEXT, padded(size)), ANSWER
    for size in (LIMIT + 1, 65535, 65536, 1 << 20):
        yield f"1 sizes: a text message of {size} bytes is too big", frame(TEXT, padded(size)), closed(1009)
    for size in (0, 1, 125, 126, 16384):
        yield f"1 sizes: a binary message of {size} bytes is not supported", frame(BINARY, bytes(size)), closed(1003)


def masking():
    yield "2 masking: a text frame without a mask", frame(TEXT, COMMAND, mask=None), closed(1002)
    yield "2 masking: an empty frame without a mask", frame(TEXT, b"", mask=None), closed(1002)
    yield "2 masking: a ping without a mask", frame(PING, b"x", mask=None), closed(1002)
    yield "2 masking: a close frame without a mask", frame(CLOSE, close_payload(1000), mask=None), closed(1002)
    yield "2 masking: a continuation without a mask", \
        frame(TEXT, COMMAND[:5], fin=False) + frame(CONTINUATION, COMMAND[5:], mask=None), closed(1002)
    for mask in (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x01\x02\x03\x04"):
        yield f"2 masking: the key {mask.hex()}", frame(TEXT, COMMAND, mask=mask), ANSWER
    yield "2 masking: another key for each fragment", \
        frame(TEXT, COMMAND[:7], fin=False, mask=b"abcd") + frame(CONTINUATION, COMMAND[7:], mask=b"wxyz"), ANSWER


def lengths():
    yield "3 lengths: 22 written in 16 bits", frame(TEXT, COMMAND, length_form=16), closed(1002)
    yield "3 lengths: 22 written in 64 bits", frame(TEXT, COMMAND, length_form=64), closed(1002)
    yield "3 lengths: 125 written in 16 bits", frame(TEXT, padded(125), length_form=16), closed(1002)
    yield "3 lengths: 126 written in 64 bits", frame(TEXT, padded(126), length_form=64), closed(1002)
    yield "3 lengths: 65535 written in 64 bits", frame(TEXT, b"", declared=65535, length_form=64), closed(1002, 1009)
    yield "3 lengths: 0 written in 16 bits", frame(TEXT, b"", length_form=16), closed(1002)
    yield "3 lengths: the highest bit set", \
        bytes([0x81, 0xFF]) + struct.pack("!Q", 1 << 63) + MASK, closed(1002, 1009)
    yield "3 lengths: 2^40 is refused before its bytes", frame(TEXT, b"", declared=1 << 40), closed(1009)
    yield "3 lengths: 16385 is refused before its bytes", frame(TEXT, b"", declared=LIMIT + 1), closed(1009)
    yield "3 lengths: fragments that add up to too much", \
        frame(TEXT, padded(LIMIT), fin=False) + frame(CONTINUATION, b" "), closed(1009)


def control_frames():
    for payload in (b"", b"hello", bytes(range(125)), b"\xff\xfe\x00", b"x" * 125):
        yield f"4 control: a ping of {len(payload)} bytes from {payload[:3]!r}", frame(PING, payload), pong(payload)
    yield "4 control: a ping of 126 bytes", frame(PING, b"x" * 126), closed(1002)
    yield "4 control: a ping of 65536 bytes", frame(PING, b"x" * 65536), closed(1002)
    yield "4 control: a fragmented ping", frame(PING, b"x", fin=False) + frame(CONTINUATION, b"y"), closed(1002)
    yield "4 control: a fragmented close", frame(CLOSE, close_payload(1000), fin=False), closed(1002)
    yield "4 control: a pong nobody asked for", frame(PONG, b""), silence
    yield "4 control: a pong with a payload nobody asked for", frame(PONG, b"unasked"), silence
    yield "4 control: a pong of 126 bytes", frame(PONG, b"x" * 126), closed(1002)
    yield "4 control: ten pings", b"".join(frame(PING, b"%d" % n) for n in range(10)), pong(*(b"%d" % n for n in range(10)))
    yield "4 control: pong, ping, pong", frame(PONG, b"a") + frame(PING, b"b") + frame(PONG, b"c"), pong(b"b")
    yield "4 control: a ping and a command", frame(PING, b"p") + frame(TEXT, COMMAND), pong(b"p", and_answers=1)


def reserved_bits():
    for bits in range(1, 8):
        yield f"5 reserved bits: {bits:03b} on text", frame(TEXT, COMMAND, rsv=bits), closed(1002)
    yield "5 reserved bits: on a ping", frame(PING, b"x", rsv=4), closed(1002)
    yield "5 reserved bits: on a close", frame(CLOSE, close_payload(1000), rsv=1), closed(1002)
    yield "5 reserved bits: on a continuation", \
        frame(TEXT, COMMAND[:5], fin=False) + frame(CONTINUATION, COMMAND[5:], rsv=4), closed(1002)
    yield "5 reserved bits: after a good ping", frame(PING, b"p") + frame(TEXT, COMMAND, rsv=2), closed(1002, pongs=[b"p"])


def opcodes():
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        yield f"6 opcodes: {opcode} is reserved", frame(opcode, b""), closed(1002)
    yield "6 opcodes: 3 with a payload", frame(3, b"abc"), closed(1002)
    yield "6 opcodes: 11 with a payload", frame(11, b"abc"), closed(1002)
    yield "6 opcodes: 5 inside a fragmented message", frame(TEXT, b"{", fin=False) + frame(5, b""), closed(1002)
    yield "6 opcodes: 3 after a good ping", frame(PING, b"p") + frame(3, b""), closed(1002, pongs=[b"p"])


def fragmentation():
    yield "7 fragments: two", fragments(COMMAND, 9), ANSWER
    yield "7 fragments: one for each byte", fragments(COMMAND, *range(1, len(COMMAND))), ANSWER
    yield "7 fragments: an empty first", fragments(COMMAND, 0), ANSWER
    yield "7 fragments: an empty last", fragments(COMMAND, len(COMMAND)), ANSWER
    yield "7 fragments: empty ones everywhere", fragments(COMMAND, 0, 0, 5, 5, 5, 9, 9, len(COMMAND)), ANSWER
    yield "7 fragments: two of 8 KiB", fragments(padded(LIMIT), 8192), ANSWER
    yield "7 fragments: sixty-four", fragments(padded(640), *range(10, 640, 10)), ANSWER
    yield "7 fragments: a thousand", fragments(padded(1000), *range(1, 1000)), closed(1002, 1008, 1009)
    yield "7 fragments: five thousand empty ones", \
        frame(TEXT, b"", fin=False) + frame(CONTINUATION, b"", fin=False) * 5000, closed(1002, 1008, 1009)
    yield "7 fragments: a ping between", \
        frame(TEXT, COMMAND[:9], fin=False) + frame(PING, b"mid") + frame(CONTINUATION, COMMAND[9:]), pong(b"mid", and_answers=1)
    yield "7 fragments: a pong between", \
        frame(TEXT, COMMAND[:9], fin=False) + frame(PONG, b"mid") + frame(CONTINUATION, COMMAND[9:]), ANSWER
    yield "7 fragments: five pings between", \
        frame(TEXT, COMMAND[:9], fin=False) + frame(PING, b"") * 5 + frame(CONTINUATION, COMMAND[9:]), \
        pong(*[b""] * 5, and_answers=1)
    yield "7 fragments: a close between", \
        frame(TEXT, COMMAND[:9], fin=False) + frame(CLOSE, close_payload(1000)), closed(1000)
    yield "7 fragments: a continuation of nothing", frame(CONTINUATION, COMMAND), closed(1002)
    yield "7 fragments: an unfinished continuation of nothing", frame(CONTINUATION, b"", fin=False), closed(1002)
    yield "7 fragments: a continuation after a whole message", \
        frame(TEXT, b"{}") + frame(PING, b"p") + frame(CONTINUATION, b""), closed(1002, pongs=[b"p"])
    yield "7 fragments: a new text inside", frame(TEXT, b"{", fin=False) + frame(TEXT, COMMAND), closed(1002)
    yield "7 fragments: a new unfinished text inside", frame(TEXT, b"{", fin=False) + frame(TEXT, b"}", fin=False), closed(1002)
    yield "7 fragments: a binary inside a text", frame(TEXT, b"{", fin=False) + frame(BINARY, b""), closed(1002, 1003)


GOOD_TEXT = ["κόσμε", "é", "€", "𝄞🙂", "\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\ufffd", "\uffff", "\U00010000", "\U0010ffff"]
BAD_TEXT = [
    ("a lone continuation byte", b"\x80"), ("a lone 0xbf", b"\xbf"), ("0xfe", b"\xfe"), ("0xff", b"\xff"),
    ("a first byte without its second", b"\xc3("), ("three bytes cut to two", b"\xe2\x82("),
    ("four bytes cut to three", b"\xf0\x9d\x84("), ("an overlong slash in two", b"\xc0\xaf"),
    ("an overlong slash in three", b"\xe0\x80\xaf"), ("an overlong slash in four", b"\xf0\x80\x80\xaf"),
    ("an overlong NUL", b"\xc0\x80"), ("an overlong U+07FF", b"\xe0\x9f\xbf"), ("an overlong U+FFFF", b"\xf0\x8f\xbf\xbf"),
    ("the surrogate U+D800", b"\xed\xa0\x80"), ("the surrogate U+DFFF", b"\xed\xbf\xbf"),
    ("a pair of surrogates", b"\xed\xa0\xbd\xed\xb9\x82"), ("U+110000", b"\xf4\x90\x80\x80"), ("0xf5", b"\xf5\x80\x80\x80"),
    ("five bytes", b"\xf8\x88\x80\x80\x80"), ("six bytes", b"\xfc\x84\x80\x80\x80\x80"),
]


def utf_8():
    for text in GOOD_TEXT:
        data = text.encode()
        yield f"8 UTF-8: {text!a} is welcome", frame(TEXT, b'"' + data + b'"'), ANSWER
    data = '"κόσμε🙂"'.encode()
    yield "8 UTF-8: a text cut inside its characters", fragments(data, *range(1, len(data))), ANSWER
    yield "8 UTF-8: cut with a ping between", \
        frame(TEXT, b'"\xf0\x9f', fin=False) + frame(PING, b"") + frame(CONTINUATION, b'\x99\x82"'), pong(b"", and_answers=1)
    for what, data in BAD_TEXT:
        yield f"8 UTF-8: {what}", frame(TEXT, b'"' + data + b'"'), closed(1007)
    yield "8 UTF-8: a text that ends inside a character", frame(TEXT, b'"\xe2\x82'), closed(1007)
    yield "8 UTF-8: a message that ends inside a character", \
        frame(TEXT, b'"\xe2', fin=False) + frame(CONTINUATION, b"\x82"), closed(1007)
    yield "8 UTF-8: fails fast, before the message ends", frame(TEXT, b'"abc\xff', fin=False), closed(1007)
    yield "8 UTF-8: fails fast, in a later fragment", \
        frame(TEXT, b'"\xf4', fin=False) + frame(CONTINUATION, b"\x90", fin=False), closed(1007)
    yield "8 UTF-8: a bad pair over two fragments", frame(TEXT, b'"\xed', fin=False) + frame(CONTINUATION, b"\xa0", fin=False), closed(1007)
    yield "8 UTF-8: a ping is not text", frame(PING, b"\xff\xfe"), pong(b"\xff\xfe")


def closing():
    for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 3999, 4000, 4999):
        yield f"9 close: the code {code} is echoed", frame(CLOSE, close_payload(code)), closed(code)
    for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535):
        yield f"9 close: the code {code} may not be sent", frame(CLOSE, close_payload(code)), closed(1002)
    yield "9 close: without a code", frame(CLOSE, b""), closed(1005, 1000)
    yield "9 close: with one byte", frame(CLOSE, b"\x03"), closed(1002)
    yield "9 close: with a reason", frame(CLOSE, close_payload(1000, "schluß".encode())), closed(1000)
    yield "9 close: with the longest reason", frame(CLOSE, close_payload(1000, b"x" * 123)), closed(1000)
    yield "9 close: with too long a reason", frame(CLOSE, close_payload(1000, b"x" * 124)), closed(1002)
    yield "9 close: with a reason that is not UTF-8", frame(CLOSE, close_payload(1000, b"\xff")), closed(1007, 1002)
    yield "9 close: nothing after it is read", \
        frame(CLOSE, close_payload(1000)) + frame(TEXT, COMMAND) + frame(PING, b"late"), closed(1000)
    yield "9 close: twice", frame(CLOSE, close_payload(1000)) * 2, closed(1000)
    yield "9 close: after a ping", frame(PING, b"p") + frame(CLOSE, close_payload(1000)), closed(1000, pongs=[b"p"])


def pipelining():
    yield "10 pipelining: fifteen commands", frame(TEXT, COMMAND) * 15, answers(15)
    yield "10 pipelining: commands and pings", (frame(TEXT, COMMAND) + frame(PING, b"p")) * 5, pong(*[b"p"] * 5, and_answers=5)
    yield "10 pipelining: two hundred pings", frame(PING, b"x" * 100) * 200, pong(*[b"x" * 100] * 200)
    yield "10 pipelining: a command and half of another", frame(TEXT, COMMAND) + frame(TEXT, COMMAND)[:10], ANSWER
    yield "10 pipelining: a fault after a ping", frame(PING, b"p") + b"\xff\xff", closed(1002, pongs=[b"p"])
    yield "10 pipelining: a head of one octet", frame(TEXT, COMMAND)[:1], silence


GROUPS = (sizes, masking, lengths, control_frames, reserved_bits, opcodes, fragmentation, utf_8, closing, pipelining)
CASES = [case for group in GROUPS for case in group()]
OCTETS_AT_MOST = 6000  # Longer cases are sent octet by octet at both ends and in pieces between.


class Conformance(RallyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.player = Player.guest(cls.server)

    def connect(self, early=b""):
        socket = self.player.socket("/ws/queue/", early=early)
        socket.expect("queue_status")
        return socket.ws

    def send_octets(self, ws, data):
        if len(data) <= OCTETS_AT_MOST:
            return ws.send_bytes(data, octet_by_octet=True)
        ws.send_bytes(data[:64], octet_by_octet=True)
        for at in range(64, len(data) - 64, 1021):
            ws.send_bytes(data[at:min(at + 1021, len(data) - 64)])
        ws.send_bytes(data[-64:], octet_by_octet=True)

    def hold(self, ws, expected):
        """What follows is what is expected, all of it, and nothing else."""
        end = time.monotonic() + 5
        texts, pongs, close = 0, [], None
        wanted = expected.answers + len(expected.pongs)
        try:
            while expected.codes is not None or texts + len(pongs) < wanted:
                opcode, payload = ws.take(end)
                if opcode == TEXT:
                    texts += 1
                elif opcode == PONG:
                    pongs.append(payload)
                elif opcode == CLOSE:
                    close = ws.close_code
                    ws.wait_for_end(5)
                    break
        except SocketClosed:
            close = "the end of TCP without a close frame"
        except NothingHeard:
            self.fail(f"then silence; heard {texts} texts, {len(pongs)} pongs, close {ws.close_code}, TCP ended {ws.ended}")
        if expected.codes is None:
            self.assertIsNone(close)
            self.still_alive(ws)
        else:
            self.assertIn(close, expected.codes)
        self.assertEqual(pongs, expected.pongs)
        if expected.codes is None:
            self.assertEqual(texts, expected.answers)

    def still_alive(self, ws):
        """Nothing more came than was awaited. A frame that is half sent is left in peace."""
        ws.pump()
        self.assertFalse(ws.ended)
        self.assertIsNone(ws.close_code)
        self.assertEqual([payload for opcode, payload in ws.messages], [])

    def run_cases(self, send):
        self.assertGreaterEqual(len(CASES), 89)
        for name, data, expected in CASES:
            with self.subTest(case=name):
                ws = self.connect()
                try:
                    send(ws, data)
                    self.hold(ws, expected)
                finally:
                    ws.drop()

    def test_every_case_sent_whole(self):
        self.run_cases(lambda ws, data: ws.send_bytes(data))

    def test_every_case_sent_octet_by_octet(self):
        self.run_cases(self.send_octets)

    def test_the_answer_is_the_same_however_the_command_was_framed(self):
        ways = [frame(TEXT, COMMAND), fragments(COMMAND, 3, 4, 11), frame(TEXT, padded(5000)), frame(TEXT, COMMAND, mask=b"\0" * 4)]
        heard = set()
        for way in ways:
            ws = self.connect()
            ws.send_bytes(way)
            heard.add(ws.take(time.monotonic() + 5))
            ws.drop()
        self.assertEqual(len(heard), 1, heard)


class Handshake(RallyCase):
    KEY = ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
    GOOD = [("Upgrade", "websocket"), ("Connection", "Upgrade"), KEY, ("Sec-WebSocket-Version", "13")]

    def shake(self, headers, method="GET", version="HTTP/1.1"):
        path = f"/ws/queue/?token={self.guest().token}"
        data = request_bytes(method, path, headers).replace(b"HTTP/1.1", version.encode(), 1)
        return self.exchange(data)[0]

    def without(self, name):
        return [pair for pair in self.GOOD if pair[0] != name]

    def with_value(self, name, value):
        return self.without(name) + [(name, value)]

    def test_a_handshake_that_is_none_is_refused(self):
        for what, headers in (
                ("no key", self.without("Sec-WebSocket-Key")),
                ("an empty key", self.with_value("Sec-WebSocket-Key", "")),
                ("a short key", self.with_value("Sec-WebSocket-Key", "c2hvcnQ=")),
                ("a key that is not base64", self.with_value("Sec-WebSocket-Key", "!" * 24)),
                ("two keys", self.GOOD + [self.KEY]),
                ("no Connection", self.without("Connection")),
                ("another upgrade", self.with_value("Upgrade", "h2c"))):
            with self.subTest(what=what):
                self.assertIn(self.shake(headers).status, (400, 404, 426))

    def test_another_version_is_refused_and_13_is_named(self):
        for version in ("8", "14", "", "13, 8", "x"):
            with self.subTest(version=version):
                reply = self.shake(self.with_value("Sec-WebSocket-Version", version))
                self.assertIn(reply.status, (400, 426))
                self.assertEqual(reply.header("Sec-WebSocket-Version"), "13", "RFC 6455 section 4.2.2 says MUST")

    def test_a_plain_request_to_a_socket_route_gets_no_socket(self):
        self.assertIn(self.shake([]).status, (400, 404, 426))

    def test_a_handshake_by_post_or_in_http_1_0_is_refused(self):
        self.assertIn(self.shake(self.GOOD, method="POST").status, (400, 404, 405))
        self.assertIn(self.shake(self.GOOD, version="HTTP/1.0").status, (400, 404, 426, 505))

    def test_an_upgrade_on_an_ordinary_route_is_an_ordinary_request(self):
        reply, _ = self.exchange(request_bytes("GET", "/livez", self.GOOD))
        self.assertIn(reply.status, (200, 400, 404))

    def test_words_fold_case_and_lists_are_read(self):
        for what, headers in (("upper case", [("UPGRADE", "WebSocket"), ("CONNECTION", "UPGRADE"), self.KEY, ("Sec-WebSocket-Version", "13")]),
                              ("a list", self.with_value("Connection", "keep-alive, Upgrade"))):
            with self.subTest(what=what):
                self.assertEqual(self.shake(headers).status, 101)

    def test_the_accept_key_is_that_of_the_rfc(self):
        self.assertEqual(self.shake(self.GOOD).header("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")

    def test_extensions_are_not_agreed_to(self):
        reply = self.shake(self.GOOD + [("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")])
        self.assertEqual(reply.status, 101)
        self.assertIsNone(reply.header("Sec-WebSocket-Extensions"))

    def test_frames_sent_together_with_the_handshake_are_read(self):
        socket = self.guest().socket("/ws/queue/", early=frame(TEXT, COMMAND) + frame(PING, b"early"))
        seen, end = [], time.monotonic() + 5
        while (PONG, b"early") not in seen or len([1 for opcode, _ in seen if opcode == TEXT]) < 2:
            seen.append(socket.ws.take(end))
        socket.drop()

    def test_half_a_frame_together_with_the_handshake_waits_for_its_rest(self):
        data = frame(PING, b"halves")
        socket = self.guest().socket("/ws/queue/", early=data[:5])
        socket.expect("queue_status")
        socket.ws.send_bytes(data[5:])
        self.assertEqual(socket.ws.take(time.monotonic() + 5), (PONG, b"halves"))
        socket.drop()


if __name__ == "__main__":
    unittest.main()
