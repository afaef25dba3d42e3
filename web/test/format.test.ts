import assert from "node:assert/strict";
import { test } from "node:test";
import { ago, clockTime, ordinal, secondsLeft, signed, waitEstimate } from "../src/format.ts";
import { backoffDelayMs } from "../src/net/backoff.ts";
import { parseRoute, routeHash, type Route } from "../src/route.ts";
import { closeWords, errorWords } from "../src/text.ts";
import { Mixer, steer } from "../src/input/mixer.ts";
import { readPad } from "../src/input/gamepad.ts";

test("waiting time reads like a clock", () => {
    assert.equal(clockTime(-5), "0:00");
    assert.equal(clockTime(7_400), "0:07");
    assert.equal(clockTime(754_000), "12:34");
    assert.equal(clockTime(3_723_000), "1:02:03");
});

test("seconds left show 1 until the very end", () => {
    assert.equal(secondsLeft(24_000, 1), 24);
    assert.equal(secondsLeft(1000, 999), 1);
    assert.equal(secondsLeft(1000, 1000), 0);
    assert.equal(secondsLeft(1000, 9000), 0);
});

test("an estimate is rounded to what is honest", () => {
    assert.equal(waitEstimate(undefined), null);
    assert.equal(waitEstimate(2_000), "a few seconds");
    assert.equal(waitEstimate(22_000), "about 20 s");
    assert.equal(waitEstimate(170_000), "about 3 min");
});

test("changes carry their sign", () => {
    assert.deepEqual([signed(12.4), signed(-8), signed(0.2)], ["+12", "−8", "±0"]);
});

test("places have their endings", () => {
    assert.deepEqual([1, 2, 3, 4, 11, 12, 21, 112].map(ordinal), [
        "1st",
        "2nd",
        "3rd",
        "4th",
        "11th",
        "12th",
        "21st",
        "112th",
    ]);
});

test("the past is told in words, long ago as a date", () => {
    const now = Date.parse("2026-11-20T12:00:00Z");
    assert.equal(ago(now - 20_000, now, "en"), "just now");
    assert.equal(ago(now - 180_000, now, "en"), "3 minutes ago");
    assert.equal(ago(now - 30 * 3_600_000, now, "en"), "yesterday");
    assert.match(ago(now - 90 * 86_400_000, now, "en"), /2026/);
    assert.equal(ago(Number.NaN, now, "en"), "");
});

test("retries spread over a growing, bounded time", () => {
    assert.equal(backoffDelayMs(0, () => 0), 0);
    assert.equal(backoffDelayMs(0, () => 1), 300);
    assert.equal(backoffDelayMs(3, () => 0.5), 1200);
    assert.equal(backoffDelayMs(50, () => 1), 8000);
});

test("every address leads to a screen and back", () => {
    const routes: Route[] = [
        { screen: "home" },
        { screen: "sign-in" },
        { screen: "register" },
        { screen: "account" },
        { screen: "queue" },
        { screen: "history" },
        { screen: "game", matchId: "10000001" },
    ];
    for (const route of routes) assert.deepEqual(parseRoute(routeHash(route)), route);
    assert.deepEqual(parseRoute("#/game/<script>"), { screen: "lost" });
    assert.deepEqual(parseRoute("#/elsewhere"), { screen: "lost" });
});

test("each close code of the protocol has its own words", () => {
    const codes = [4001, 4003, 4004, 4008, 4009, 4029, 4040, 1001, 1012];
    const titles = new Set(codes.map((code) => closeWords(code).detail));
    assert.equal(titles.size, codes.length);
    assert.equal(closeWords(4009).title, "You are playing in another tab");
    assert.equal(closeWords(1006).action, "wait");
});

test("an unknown error keeps the server's sentence", () => {
    assert.equal(errorWords("something_new", "The server's words."), "The server's words.");
});

test("the device moved last decides until it lets go", () => {
    const heard: number[] = [];
    const mixer = new Mixer((direction) => heard.push(direction));
    mixer.set("keyboard", 1);
    mixer.set("gamepad", -1);
    mixer.set("gamepad", 0);
    mixer.set("keyboard", 1);
    mixer.set("keyboard", 0);
    assert.deepEqual(heard, [1, -1, 1, 0]);
});

test("steering stops within reach of the target", () => {
    assert.deepEqual([steer(100, 200, 7), steer(200, 100, 7), steer(100, 106, 7)], [1, -1, 0]);
});

test("a controller's stick has a dead zone and its pad goes first", () => {
    const button = (pressed: boolean): GamepadButton => ({ pressed, touched: pressed, value: 0 });
    const buttons = Array.from({ length: 16 }, () => button(false));
    assert.equal(readPad({ axes: [0, 0.2], buttons }).direction, 0);
    assert.equal(readPad({ axes: [0, 0.9], buttons }).direction, 1);
    buttons[12] = button(true);
    assert.equal(readPad({ axes: [0, 0.9], buttons }).direction, -1);
});
