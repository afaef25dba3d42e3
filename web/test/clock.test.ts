import assert from "node:assert/strict";
import { test } from "node:test";
import { RoundTrip, TickClock } from "../src/game/clock.ts";

const PER_MS = 0.06;

test("a clock without news has no answer", () => {
    assert.equal(new TickClock(PER_MS).at(0), null);
});

test("the clock follows the fastest packets, not the late ones", () => {
    const clock = new TickClock(PER_MS);
    for (let tick = 0; tick < 120; tick += 2) {
        const lateMs = tick % 10 === 0 ? 0 : 40;
        clock.observe(tick, tick / PER_MS + lateMs);
        clock.at(tick / PER_MS + lateMs);
    }
    const nowMs = 120 / PER_MS;
    const answer = clock.at(nowMs) ?? 0;
    assert.ok(Math.abs(answer - 120) < 0.2, `said ${answer} instead of 120`);
});

test("the clock never runs backwards while samples jitter", () => {
    const clock = new TickClock(PER_MS);
    let last = -Infinity;
    for (let ms = 0; ms < 3000; ms += 16) {
        if (ms % 32 === 0) clock.observe(Math.floor(ms * PER_MS), ms + ((ms * 7) % 13));
        const answer = clock.at(ms + 13) ?? last;
        assert.ok(answer >= last, `went from ${last} to ${answer}`);
        last = answer;
    }
});

test("a clock that is far off jumps instead of gliding", () => {
    const clock = new TickClock(PER_MS);
    clock.observe(0, 0);
    clock.at(1);
    clock.observe(100, 50);
    assert.ok((clock.at(50) ?? 0) > 99);
});

test("after the server stood still the clock glides back to it", () => {
    const clock = new TickClock(PER_MS);
    const stoodMs = 60;
    for (let tick = 0; tick < 60; tick += 2) clock.observe(tick, tick / PER_MS);
    clock.at(1000);
    clock.resample();
    let answer = clock.at(1000) ?? 0;
    for (let tick = 60; tick < 420; tick += 2) {
        const nowMs = tick / PER_MS + stoodMs;
        clock.observe(tick, nowMs);
        const next = clock.at(nowMs) ?? 0;
        assert.ok(next >= answer);
        answer = next;
    }
    assert.ok(Math.abs(answer - 418) < 0.2, `said ${answer} instead of 418`);
});

test("without news the clock stops soon", () => {
    const clock = new TickClock(PER_MS);
    clock.observe(10, 0);
    assert.equal(clock.at(60_000), 28);
});

test("the round trip is the best of the last ones, the badge an average", () => {
    const trip = new RoundTrip();
    assert.equal(trip.best(), 0);
    assert.equal(trip.shown(), null);
    for (const sample of [100, 180, 90, 110]) trip.observe(sample);
    assert.equal(trip.best(), 90);
    const shown = trip.shown() ?? 0;
    assert.ok(shown > 95 && shown < 125, String(shown));
    trip.observe(Number.NaN);
    assert.equal(trip.best(), 90);
});
