"""A WebSocket client from RFC 6455, with the valves open: any opcode, any bits, any length, any slicing.

`WebSocket.open` does the handshake and checks every word of the answer. Frames from the server are held against the
RFC as they come (unmasked, no reserved bits, minimal lengths, whole control frames), so each test is also a test of
what the server writes.
"""

import base64
import hashlib
import os
import select
import socket
import struct
import time

from .http_client import RawConnection, request_bytes

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
ACCEPT_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class HandshakeRefused(AssertionError):
    def __init__(self, reply):
        super().__init__(f"the handshake was refused: {reply!r}")
        self.reply = reply


class SocketClosed(AssertionError):
    """The stream or the WebSocket ended while a message was awaited. `code` is None without a close frame."""

    def __init__(self, code, reason, heard):
        super().__init__(f"closed with {code} {reason!r} after hearing {heard}")
        self.code, self.reason = code, reason


class NothingHeard(AssertionError):
    """The deadline passed."""


class BrokenFrame(AssertionError):
    """The server's bytes break RFC 6455."""


def frame(opcode, payload=b"", fin=True, rsv=0, mask=b"\x37\xfa\x21\x3d", length_form=None, declared=None):
    """The bytes of one frame. `mask=None` leaves it unmasked; `length_form` forces 7, 16 or 64 bits of length;
    `declared` writes another length than the payload has."""
    size = len(payload) if declared is None else declared
    form = length_form or (7 if size < 126 else 16 if size < 65536 else 64)
    second = 0x80 if mask is not None else 0
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    if form == 7:
        head += bytes([second | size])
    elif form == 16:
        head += bytes([second | 126]) + struct.pack("!H", size)
    else:
        head += bytes([second | 127]) + struct.pack("!Q", size)
    if mask is None:
        return head + payload
    return head + mask + masked(payload, mask)


def masked(payload, mask):
    if not payload:
        return b""
    pattern = (mask * (len(payload) // 4 + 1))[:len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(pattern, "big")).to_bytes(len(payload), "big")


def close_payload(code, reason=b""):
    return struct.pack("!H", code) + reason


class WebSocket:
    def __init__(self, connection):
        self.connection = connection
        self.socket = connection.socket
        self.buffer = connection.buffer
        self.protocol = None
        self.ended = False          # the TCP stream ended
        self.close_code = None      # from the server's close frame; 1005 when it had none
        self.close_reason = b""
        self.close_sent = False
        self._opcode = None         # of the fragmented message under way
        self._parts = b""
        self.answer_pings = True
        self.messages = []          # (opcode, payload), complete, not yet taken

    # -- handshake --------------------------------------------------------------------------------------------------

    @staticmethod
    def handshake_bytes(path, key, headers=(), host="rally.test", version="13"):
        pairs = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Key", key),
                 ("Sec-WebSocket-Version", version), *headers]
        return request_bytes("GET", path, pairs, host=host)

    @classmethod
    def open(cls, host, port, path, headers=(), protocols=(), seconds=10.0, early=b"", receive_buffer=None):
        """`early`: bytes sent together with the handshake, before its answer. `receive_buffer` makes a slow reader."""
        connection = RawConnection(host, port, seconds) if receive_buffer is None else \
            SmallReader(host, port, seconds, receive_buffer)
        key = base64.b64encode(os.urandom(16)).decode()
        headers = list(headers)
        if protocols:
            headers.append(("Sec-WebSocket-Protocol", ", ".join(protocols)))
        connection.send(cls.handshake_bytes(path, key, headers, host=f"{host}:{port}") + early)
        reply = connection.read_response()
        if reply.status != 101:
            connection.close()
            raise HandshakeRefused(reply)
        expected = base64.b64encode(hashlib.sha1(key.encode() + ACCEPT_GUID).digest()).decode()
        assert reply.header("Sec-WebSocket-Accept") == expected, reply
        assert (reply.header("Upgrade") or "").lower() == "websocket", reply
        assert "upgrade" in (reply.header("Connection") or "").lower(), reply
        assert reply.header("Sec-WebSocket-Extensions") is None, f"an extension nobody offered: {reply!r}"
        chosen = reply.header("Sec-WebSocket-Protocol")
        assert chosen is None or chosen in protocols, f"a subprotocol nobody offered: {reply!r}"
        self = cls(connection)
        self.protocol = chosen
        self._parse()  # Frames may have come in the same packet as the handshake's answer.
        return self

    # -- sending ----------------------------------------------------------------------------------------------------

    def send_bytes(self, data, octet_by_octet=False):
        """Raw bytes; the peer may already have closed, which the reader will find out."""
        if not octet_by_octet:
            self.connection.send(data)
            return
        for position in range(len(data)):
            self.connection.send(data[position:position + 1])

    def send_text(self, text):
        self.send_bytes(frame(TEXT, text.encode() if isinstance(text, str) else text, mask=os.urandom(4)))

    def send_close(self, code=1000, reason=b""):
        self.close_sent = True
        self.send_bytes(frame(CLOSE, close_payload(code, reason), mask=os.urandom(4)))

    def drop(self):
        """The cable is pulled: TCP ends, no close frame."""
        self.connection.close()
        self.ended = True

    def close(self, seconds=5.0):
        """The polite end: close frame, wait for its echo, then TCP."""
        if not self.ended and not self.close_sent:
            self.send_close()
        try:
            end = time.monotonic() + seconds
            while not self.ended and self.close_code is None:
                self._fill(end)
        except (NothingHeard, OSError):
            pass
        self.connection.close()

    # -- receiving --------------------------------------------------------------------------------------------------

    def fileno(self):
        return self.socket.fileno()

    def take(self, end):
        """The next complete (opcode, payload): TEXT, BINARY, PONG or CLOSE. Raises at `end` or at the stream's end."""
        while not self.messages:
            if self.ended:
                raise SocketClosed(self.close_code, self.close_reason, "the end of the stream")
            self._fill(end)
        return self.messages.pop(0)

    def pump(self):
        """Reads whatever has arrived, without waiting. Complete messages land in `messages`."""
        while not self.ended and select.select([self.socket], [], [], 0)[0]:
            self._receive()
        self._parse()

    def _fill(self, end):
        left = end - time.monotonic()
        if left <= 0 or not select.select([self.socket], [], [], left)[0]:
            raise NothingHeard("no message before the deadline")
        self._receive()
        self._parse()

    def _receive(self):
        self.socket.settimeout(5.0)
        try:
            data = self.socket.recv(262144)
        except (ConnectionResetError, BrokenPipeError):
            data = b""
        if not data:
            self.ended = True
        self.buffer += data

    def _parse(self):
        while True:
            parsed = self._one_frame()
            if parsed is None:
                return
            self._accept_frame(*parsed)

    def _one_frame(self):
        data = self.buffer
        if len(data) < 2:
            return None
        fin, rsv, opcode = data[0] >> 7, data[0] >> 4 & 7, data[0] & 15
        if rsv or data[1] & 0x80:
            raise BrokenFrame(f"reserved bits or a mask from the server: {data[:16]!r}")
        size, at = data[1] & 127, 2
        if size == 126:
            if len(data) < 4:
                return None
            size, at = struct.unpack("!H", data[2:4])[0], 4
            if size < 126:
                raise BrokenFrame("a length that is not minimal")
        elif size == 127:
            if len(data) < 10:
                return None
            size, at = struct.unpack("!Q", data[2:10])[0], 10
            if size < 65536:
                raise BrokenFrame("a length that is not minimal")
        if opcode & 8 and (size > 125 or not fin):
            raise BrokenFrame("a long or fragmented control frame from the server")
        if len(data) < at + size:
            return None
        self.buffer = data[at + size:]
        return fin, opcode, data[at:at + size]

    def _accept_frame(self, fin, opcode, payload):
        if self.close_code is not None:
            raise BrokenFrame(f"opcode {opcode} after the server's close frame")
        if opcode == PING:
            if self.answer_pings and not self.close_sent:
                self.send_bytes(frame(PONG, payload, mask=os.urandom(4)))
        elif opcode == PONG:
            self.messages.append((PONG, payload))
        elif opcode == CLOSE:
            self._accept_close(payload)
        elif opcode in (TEXT, BINARY):
            if self._opcode is not None:
                raise BrokenFrame("a new message inside a fragmented one")
            self._opcode, self._parts = opcode, payload
            self._finish_message(fin)
        elif opcode == CONTINUATION:
            if self._opcode is None:
                raise BrokenFrame("a continuation of nothing")
            self._parts += payload
            self._finish_message(fin)
        else:
            raise BrokenFrame(f"reserved opcode {opcode} from the server")

    def _finish_message(self, fin):
        if fin:
            if self._opcode == TEXT:
                self._parts.decode("utf-8")
            self.messages.append((self._opcode, self._parts))
            self._opcode = None

    def _accept_close(self, payload):
        if len(payload) == 1:
            raise BrokenFrame("a close frame of one byte")
        self.close_code = struct.unpack("!H", payload[:2])[0] if payload else 1005
        self.close_reason = payload[2:]
        self.close_reason.decode("utf-8")
        self.messages.append((CLOSE, payload))
        if not self.close_sent:
            self.close_sent = True
            self.send_bytes(frame(CLOSE, payload[:2], mask=os.urandom(4)))

    def wait_for_end(self, seconds=5.0):
        """Reads until the server has closed TCP as well; returns the close code (None without a close frame)."""
        end = time.monotonic() + seconds
        while not self.ended:
            self._fill(end)
        return self.close_code


class SmallReader(RawConnection):
    """A connection whose kernel takes in very little, for a client that does not read."""

    def __init__(self, host, port, seconds, receive_buffer):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(seconds)
        self.socket.connect((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.seconds = seconds
        self.ended = False
