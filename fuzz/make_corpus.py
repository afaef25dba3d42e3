#!/usr/bin/env python3
"""Writes the seeds of the byte-level fuzz targets to fuzz/corpus/: one small file per shape.

The files are checked in; run this after adding a shape here. A crash that fuzzing finds is added to
the corpus by hand, under the name of what it showed.
"""

import pathlib

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
WHOLE = b"\x01\xff"  # one cut of 255 bytes
OCTETS = b"\x00"     # no cuts: single octets
MIXED = b"\x05\x01\x00\x07\x02\x1f"

HOST = b"Host: rally.test\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST
POST = b"POST /v1/auth/guest HTTP/1.1\r\n" + HOST

HTTP_HEAD = {
    "plain": GET + b"\r\n",
    "pipelined": GET + b"\r\n" + GET + b"\r\n",
    "empty-line-first": b"\r\n" + GET + b"\r\n",
    "browser": b"POST /v1/auth/login?next=%2Fgame HTTP/1.1\r\nHost: rally.test:8443\r\nConnection: keep-alive\r\n"
               b"Content-Length: 58\r\nAccept: application/json, */*\r\nContent-Type: application/json\r\n"
               b"User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept-Language: de-DE,de;q=0.9\r\n"
               b"Cookie: rally_rt=AAECAw; theme=dark\r\n\r\n",
    "upgrade": GET + b"Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                     b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    "expect": POST + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n",
    "chunked": POST + b"Transfer-Encoding: chunked\r\n\r\n",
    "http10": b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "options-star": b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
    "absolute": b"GET http://rally.test/x?y HTTP/1.1\r\n" + HOST + b"\r\n",
    "address-host": b"GET /%C3%A9 HTTP/1.1\r\nhost:\t[::1]:80 \r\n\r\n",
    "two-lengths": POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n",
    "length-and-chunked": POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
    "odd-coding": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
    "folded": GET + b"X-A: one\r\n two\r\n\r\n",
    "bare-lf": b"GET / HTTP/1.1\nHost: a\n\n",
    "bare-cr": GET + b"X-A: a\rb\r\n\r\n",
    "space-before-colon": b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    "high-bytes": GET + b"X-A: \t\x80\xff\r\n\r\n",
    "version": b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
    "tls-hello": b"\x16\x03\x01\x02\x00\x01",
}

HTTP_CHUNKED = {
    "empty": b"0\r\n\r\n",
    "two-chunks": b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
    "upper-hex": b"A\r\n0123456789\r\n000\r\n\r\n",
    "extensions": b"2;name=value;x;y=\"a \\\" b\\\\;\"\r\n{}\r\n0;z\r\n\r\n",
    "trailers": b"2\r\n{}\r\n0\r\nX-Trailer: x\r\nY:\r\n\r\n",
    "next-request": b"2\r\n{}\r\n0\r\n\r\nGET / HTTP/1.1\r\n",
    "too-large": b"ffffffff\r\n",
    "long-size": b"00000000000000000000\r\n",
    "bare-lf": b"2\n{}\r\n0\r\n\r\n",
    "bad-white-space": b"2 ;a = b\r\n{}\r\n0\r\n\r\n",
    "longer-than-said": b"2\r\n{}x\r\n0\r\n\r\n",
}


def frame(first, payload=b"", form=None, mask=b"\x37\xfa\x21\x3d"):
    size = len(payload)
    if form is None:
        form = 0 if size < 126 else 2 if size < 65536 else 8
    length = bytes([128 | size]) if form == 0 else bytes([128 | (126 if form == 2 else 127)]) + size.to_bytes(form, "big")
    return bytes([first]) + length + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


WS_STREAM = {
    "text": frame(0x81, b"hello"),
    "move": frame(0x81, b'{"type":"player_move","direction":-1,"seq":17}'),
    "binary-and-ping": frame(0x82, b"\xff\x00") + frame(0x89, b"x") + frame(0x8A),
    "fragments": frame(0x01, b"he") + frame(0x89, b"!") + frame(0x00, b"l") + frame(0x80, b"lo"),
    "split-character": frame(0x01, b"\xe2") + frame(0x00, b"\x82") + frame(0x80, b"\xac"),
    "medium": frame(0x82, b"m" * 200),
    "too-large": frame(0x82, b"m" * 301),
    "empty": frame(0x81) + frame(0x82) + frame(0x01) + frame(0x80),
    "close": frame(0x88, b"\x03\xe8bye") + frame(0x81, b"ignored"),
    "close-empty": frame(0x88),
    "close-bad-code": frame(0x88, b"\x03\xed"),
    "bad-text": frame(0x81, b"abcdefgh\xc0\xaf"),
    "reserved-bit": frame(0xC1, b"x"),
    "reserved-opcode": frame(0x83, b"x"),
    "long-form": frame(0x81, b"x", form=2),
    "longer-form": frame(0x82, b"x", form=8),
    "huge": b"\x82\xff\x7f" + b"\xff" * 7 + b"\x00" * 4,
    "not-masked": b"\x81\x01x",
    "lonely-continuation": frame(0x80, b"x"),
}

JSON = {
    "move": b'{"type":"player_move","direction":-1,"seq":17}',
    "all-types": b'{"type":"a","direction":null,"seq":4294967295,"id":"18446744073709551615","flag":true,'
                 b'"data":[1,{"x":null}],"object":{"y":-1.5e+10},"list":[[],[[]]]}',
    "escapes": b'{"type":"\\u0061\\n\\ud83c\\udfd3\\/","data":"\\u0000"}',
    "utf8": '{"type":"größe €🏓"}'.encode(),
    "white-space": b' \t\r\n{ "type" : "a" , "list" : [ 1 , 2 ] } ',
    "deep": b'{"type":"a","data":[[[[[[[]]]]]]]}',
    "too-deep": b'{"type":"a","data":[[[[[[[[]]]]]]]]}',
    "same-key-twice": b'{"type":"a","\\u0074ype":"b"}',
    "unknown-keys": b'{"type":"a","x":1,"y":{"z":[]}}',
    "many-keys": b"{" + b",".join(b'"k%d":%d' % (i, i) for i in range(65)) + b"}",
    "numbers": b"[0,-0,1.0,1e5,-1.5E-3,18446744073709551616,123456789012345678901234567890]",
    "scalar": b'"text"',
    "lone-surrogate": b'{"type":"\\ud800"}',
    "bad-utf8": b'{"type":"\xed\xa0\x80"}',
    "control": b'{"type":"a\nb"}',
    "trailing": b'{"type":"a"} x',
    "cut": b'{"type":"a","da',
    "wrong-types": b'{"type":1,"direction":"1","seq":-1,"id":"x","flag":0,"object":[],"list":{}}',
}

URL = {
    "path": b"/v1/profile/gr%C3%B6%C3%9Fe",
    "query": b"a=1&b=x+y%2B&c&=v&a=2&d==&",
    "token": b"token=eyJh.eyJz.c2ln&kind=game",
    "twice": b"a%2520b",
    "nul": b"a%00",
    "cut": b"a%4",
    "overlong": b"%c0%80",
    "plus": b"+%2b+",
}

TOKEN = {
    "token": b"eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "two-parts": b"eyJh.eyJz",
    "four-parts": b"a.b.c.d",
    "padded": b"Zm8=",
    "two-pads": b"Zg==",
    "trailing-bits": b"Zh==",
    "url-alphabet": b"-_-_",
    "standard-alphabet": b"+/+/",
    "accept-key": b"dGhlIHNhbXBsZSBub25jZQ==",
    "bytes": bytes(range(0, 256, 5)),
}


def write(target, seeds, cuts=(b"",)):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, data) in enumerate(seeds.items()):
        (folder / name).write_bytes(cuts[number % len(cuts)] + data)


if __name__ == "__main__":
    write("http_head", HTTP_HEAD, (WHOLE, OCTETS, MIXED))
    write("http_chunked", HTTP_CHUNKED, (WHOLE, OCTETS, MIXED))
    write("ws_stream", WS_STREAM, (WHOLE, OCTETS, MIXED))
    write("json", JSON)
    write("url", URL)
    write("token", TOKEN)
