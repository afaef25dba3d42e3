"""A player as the protocol sees one: an account, its tokens, its sockets, and a hand on a paddle.

`MatchSocket` keeps the picture of the game that any client keeps: a full `game_state`, then only changed fields. It
checks as it goes what must hold for every client at every moment: `seq` without gaps, scores that never fall, a ball
inside the court. `play` drives any number of these sockets in one loop, with no thread and no sleep.
"""

import copy
import itertools
import json
import os
import select
import time

from .http_client import Http
from .websocket import CLOSE, PING, PONG, TEXT, NothingHeard, SocketClosed, WebSocket, frame

WITHIN = 8.0  # Seconds for an answer that needs no waiting in the game; generous because machines are shared.
_numbers = itertools.count(1)
_run = os.urandom(3).hex()


def fresh_name(stem="player"):
    return f"{stem}-{_run}-{next(_numbers)}"


class Player:
    def __init__(self, server, reply, password=None):
        self.server, self.password = server, password
        self.http = Http(server.host, server.port)
        self.take_tokens(reply)
        self.player_id, self.user_id = str(reply["player_id"]), int(reply["user_id"])
        self.username = reply["username"]

    def take_tokens(self, reply):
        self.token, self.refresh_token = reply["access_token"], reply.get("refresh_token")

    @classmethod
    def guest(cls, server, username=None):
        reply = Http(server.host, server.port).post("/v1/auth/guest", {"username": username} if username else {})
        assert reply.status == 201, reply
        return cls(server, reply.json())

    @classmethod
    def register(cls, server, username=None, password="correct horse battery", **more):
        body = {"username": username or fresh_name(), "password": password, **more}
        reply = Http(server.host, server.port).post("/v1/auth/register", body)
        assert reply.status == 201, reply
        return cls(server, reply.json(), password)

    def login(self):
        """A further session of the same account; this object now holds its tokens."""
        reply = self.http.post("/v1/auth/login", {"username": self.username, "password": self.password})
        assert reply.status == 200, reply
        self.take_tokens(reply.json())
        return self

    def move_to(self, server):
        """The server was started again, at another port."""
        self.server = server
        self.http.close()
        self.http = Http(server.host, server.port)

    # -- calls ------------------------------------------------------------------------------------------------------

    def get(self, path, **more):
        return self.http.get(path, token=self.token, **more)

    def post(self, path, body=None, **more):
        return self.http.post(path, body, token=self.token, **more)

    def patch(self, path, body=None, **more):
        return self.http.patch(path, body, token=self.token, **more)

    def delete(self, path, body=None, **more):
        return self.http.delete(path, body, token=self.token, **more)

    def me(self):
        reply = self.get("/v1/profile/me")
        assert reply.status == 200, reply
        return reply.json()

    def mmr(self):
        return self.me()["mmr"]

    def join_queue(self):
        reply = self.post("/game/join/")
        assert reply.status == 200, reply
        return reply.json()

    def status(self):
        reply = self.get("/game/status/")
        assert reply.status == 200, reply
        return reply.json()

    # -- sockets ----------------------------------------------------------------------------------------------------

    def socket(self, path, kind=None, how="header", **more):
        headers = list(more.pop("headers", ()))
        if how == "header":
            headers.append(("Authorization", f"Bearer {self.token}"))
        elif how == "query":
            path += ("&" if "?" in path else "?") + f"token={self.token}"
        return (kind or JsonSocket).open(self.server, path, headers=headers, **more)

    def queue_socket(self, **more):
        """The queue's socket, greeted."""
        socket = self.socket("/ws/queue/", **more)
        socket.expect("queue_status")
        return socket

    def match_socket(self, game_id, query="", **more):
        """The match socket, with the first full state heard."""
        socket = self.socket(f"/ws/game/{game_id}/{query}", MatchSocket, **more)
        socket.player = self
        socket.expect("game_state")
        return socket


class JsonSocket:
    """A WebSocket that speaks JSON objects with a `type`."""

    def __init__(self, ws):
        self.ws = ws
        self.heard = []   # every message since the start, in order
        self.unread = []  # observed by `pump`, not yet taken by `expect`

    @classmethod
    def open(cls, server, path, **more):
        return cls(WebSocket.open(server.host, server.port, path, **more))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, message):
        self.ws.send_text(message if isinstance(message, (str, bytes)) else json.dumps(message))

    def close(self):
        self.ws.close()

    def drop(self):
        self.ws.drop()

    def fileno(self):
        return self.ws.fileno()

    def observe(self, message):
        """For a subclass: every message passes here once, in order."""

    def _decode(self, opcode, payload):
        if opcode == CLOSE or opcode == PONG:
            return None
        assert opcode == TEXT, f"a binary message on a JSON socket: {payload[:100]!r}"
        message = json.loads(payload.decode("utf-8"))
        assert isinstance(message, dict) and isinstance(message.get("type"), str), message
        self.heard.append(message)
        self.observe(message)
        return message

    def next(self, within=WITHIN):
        """The next message of any type."""
        if self.unread:
            return self.unread.pop(0)
        end = time.monotonic() + within
        while True:
            opcode, payload = self.ws.take(end)
            if opcode == CLOSE:
                raise SocketClosed(self.ws.close_code, self.ws.close_reason, self.tail())
            message = self._decode(opcode, payload)
            if message is not None:
                return message

    def tail(self, count=6):
        return [json.dumps(message)[:300] for message in self.heard[-count:]]

    def pump(self):
        """Takes in what has arrived, without waiting. True while the socket lives."""
        self.ws.pump()
        while self.ws.messages:
            opcode, payload = self.ws.messages.pop(0)
            message = self._decode(opcode, payload)
            if message is not None:
                self.unread.append(message)
        return not self.ws.ended and self.ws.close_code is None

    def expect(self, kind, within=WITHIN, where=None):
        """Reads until a message of this type (and for which `where` is true) comes; the ones before are passed over."""
        end = time.monotonic() + within
        while True:
            try:
                message = self.next(max(0.0, end - time.monotonic()))
            except NothingHeard:
                raise NothingHeard(f"no {kind} within {within} s; heard last {self.tail()}") from None
            if message["type"] == kind and (where is None or where(message)):
                return message

    def expect_error(self, code=None, within=WITHIN):
        """An `error` message of the stated form; `code` may be a tuple of codes."""
        message = self.expect("error", within)
        assert isinstance(message.get("code"), str) and isinstance(message.get("detail"), str), message
        if code is not None:
            codes = code if isinstance(code, tuple) else (code,)
            assert message["code"] in codes, f"wanted {codes}, got {message}"
        return message

    def expect_close(self, code, within=WITHIN):
        """Reads to the close frame and the end of TCP; returns the messages heard on the way."""
        heard = []
        end = time.monotonic() + within
        try:
            while True:
                heard.append(self.next(max(0.0, end - time.monotonic())))
        except SocketClosed as closed:
            assert closed.code == code, f"closed with {closed.code} {closed.reason!r}, not {code}; heard {heard[-5:]}"
        self.ws.wait_for_end(max(0.5, end - time.monotonic()))
        return heard

    def expect_refusal(self, code, within=WITHIN):
        """The one way a socket refuses: an `error` that explains, then the close code."""
        heard = self.expect_close(code, within)
        errors = [message for message in heard if message["type"] == "error"]
        assert errors, f"closed with {code}, but no error explained it: {heard[-5:]}"
        assert errors[-1].get("code") and errors[-1].get("detail"), errors
        return errors[-1]

    def settle(self, within=WITHIN):
        """A WebSocket ping there and back: everything sent before it has been read. Returns what was heard meanwhile."""
        mark = len(self.heard)
        token = os.urandom(8)
        self.ws.send_bytes(frame(PING, token))
        end = time.monotonic() + within
        while True:
            opcode, payload = self.ws.take(end)
            if opcode == CLOSE:
                raise SocketClosed(self.ws.close_code, self.ws.close_reason, self.tail())
            if opcode == PONG and payload == token:
                return self.heard[mark:]
            self._decode(opcode, payload)


def merge(old, new):
    """Changed fields laid over a state: objects merge, everything else replaces."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return copy.deepcopy(new)
    result = dict(old)
    for key, value in new.items():
        result[key] = merge(old.get(key), value)
    return result


# What an event tells about the status; "running" is always told by a full state.
STATUS_AFTER = {"game_start": "ready", "paused": "paused", "resumed": "ready"}


class MatchSocket(JsonSocket):
    """A seat (or a spectator's chair) at a match."""

    def __init__(self, ws):
        super().__init__(ws)
        self.player = None
        self.state = None           # the client's picture: the last game_state with all updates laid over it
        self.pictures = []          # (picture before, full state) for each later game_state
        self.score = (0, 0)         # from score_update and game_over alone
        self.over = None            # the game_over
        self.last_seq = None        # of the server's messages
        self.sequence_faults = []
        self.input_seq = 0
        self.acks = []
        self.direction = 0
        self.served_at = 0.0
        self.updates = 0

    def observe(self, message):
        kind = message["type"]
        if kind == "game_state":
            if self.state is not None:
                self.pictures.append((self.state, message))
            self.state = copy.deepcopy(message)
            self.last_seq = message["seq"]
            self._see_score(tuple(self._players_score(message)))
            return
        if "seq" in message:
            if self.last_seq is not None and message["seq"] != self.last_seq + 1:
                self.sequence_faults.append((self.last_seq, message))
            self.last_seq = message["seq"]
        if kind == "game_update":
            self.updates += 1
            self.acks.append(message.get("ack"))
            if self.state is not None:
                self.state = merge(self.state, {k: v for k, v in message.items() if k not in ("type", "ack")})
        elif kind == "score_update":
            self._see_score((message["left"], message["right"]))
            for player in self.state["players"] if self.state else ():
                player["score"] = message[player["side"]]
        elif kind in STATUS_AFTER and self.state is not None:
            self.state["status"] = STATUS_AFTER[kind]
        elif kind == "game_over":
            self.over = message
            self._see_score((message["left"], message["right"]))

    def _players_score(self, state):
        by_side = {player["side"]: player["score"] for player in state["players"]}
        return by_side.get("left", 0), by_side.get("right", 0)

    def _see_score(self, score):
        assert score[0] >= self.score[0] and score[1] >= self.score[1], f"the score fell from {self.score} to {score}"
        self.score = score

    @property
    def side(self):
        return self.state["you"]["side"]

    # -- what a player does -----------------------------------------------------------------------------------------

    def ready(self):
        self.send({"type": "player_ready"})

    def move(self, direction):
        self.input_seq += 1
        self.direction = direction
        self.send({"type": "player_move", "direction": direction, "seq": self.input_seq})
        return self.input_seq

    def action(self, action, **data):
        message = {"type": "game_action", "action": action}
        if data:
            message["data"] = data
        self.send(message)

    def steer(self, skill):
        """One decision from the newest picture. `track` meets the ball, `dodge` runs from it, `still` rests."""
        if self.state is None or self.over is not None or self.state["you"].get("role") != "player":
            return
        ball, paddle = self.state["ball"], self.state["paddles"][self.side]
        if ball.get("vx") == 0 and ball.get("vy") == 0 and time.monotonic() - self.served_at > 1.0 \
                and self.state.get("status") == "running":
            self.served_at = time.monotonic()
            self.action("serve")
        if skill == "still":
            return
        gap = ball["y"] - paddle["y"]
        if skill == "track":
            wish = 0 if abs(gap) < 20 else (1 if gap > 0 else -1)
        else:
            middle = self.state["ruleset"]["height"] / 2
            wish = -1 if ball["y"] > middle else 1
        if wish != self.direction:
            self.move(wish)


def play(seats, until, within=60.0, skills=None):
    """Lets every seat play until `until()` is true. `seats` may include spectators; closed sockets are passed over.

    `skills` maps a seat to track, dodge or still; by default the first seat tracks and the others dodge, so that
    points fall quickly and on a known side."""
    end = time.monotonic() + within
    skills = skills or {}
    default = {seat: "track" if index == 0 else "dodge" for index, seat in enumerate(seats)}
    while not until():
        left = end - time.monotonic()
        assert left > 0, f"the game did not get there within {within} s; " \
                         f"heard last {[seat.tail(4) for seat in seats]}"
        living = [seat for seat in seats if not seat.ws.ended and seat.ws.close_code is None]
        assert living, f"every socket has closed: {[seat.ws.close_code for seat in seats]}"
        ready = select.select(living, [], [], min(left, 0.5))[0]
        for seat in ready:
            seat.pump()
            seat.unread.clear()
            seat.steer(skills.get(seat, default[seat]))


def make_match(first, second):
    """Two players meet in the queue; returns (game_id, side of the first, side of the second)."""
    alone = first.join_queue()
    assert alone["match"] is None, f"somebody was still queued: {alone}"
    match = second.join_queue()["match"]
    assert match is not None and match["opponent"] == first.username, match
    other = "left" if match["side"] == "right" else "right"
    return match["game_id"], other, match["side"]


def sit_down(first, second, **more):
    """A match with both at the table, nobody ready yet: (game_id, seat of the first, seat of the second)."""
    game_id, _, _ = make_match(first, second)
    return game_id, first.match_socket(game_id, **more), second.match_socket(game_id, **more)


def begin_match(first, second, **more):
    """A match in its first countdown: (game_id, seat, seat). Enough for all that may happen to a begun game."""
    game_id, one, two = sit_down(first, second, **more)
    one.ready()
    two.ready()
    for seat in (one, two):
        seat.expect("game_start")
    return game_id, one, two


def start_match(first, second, **more):
    """A match whose ball is moving: (game_id, seat, seat)."""
    game_id, one, two = begin_match(first, second, **more)
    play([one, two], lambda: is_rallying(one) and is_rallying(two), 15, skills={one: "still", two: "still"})
    return game_id, one, two


def is_rallying(seat):
    """The ball is in play, as this seat sees it."""
    ball = seat.state["ball"]
    return seat.state["status"] == "running" and (ball["vx"] != 0 or ball["vy"] != 0)
