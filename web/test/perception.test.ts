import assert from "node:assert/strict";
import { test } from "node:test";
import { Softener, distanceShare, perceivedTick } from "../src/game/perception.ts";
import { History } from "../src/game/history.ts";
import type { Moment } from "../src/game/types.ts";

test("near my paddle the ball is shown in my present, near the other in the past", () => {
    const near = perceivedTick(90, 100, 12, 788, () => 12);
    const far = perceivedTick(90, 100, 12, 788, () => 788);
    assert.ok(Math.abs(near - 100) < 0.01);
    assert.ok(Math.abs(far - 90) < 0.01);
});

test("a crossing ball slides from one to the other without ever turning back", () => {
    const xAt = (tick: number): number => 20 + tick * 7;
    let last = -Infinity;
    for (let now = 10; now < 110; now++) {
        const tick = perceivedTick(now - 10, now, 12, 788, xAt);
        assert.ok(tick > last);
        last = tick;
    }
    assert.ok(Math.abs(distanceShare(400, 12, 788) - 0.5) < 0.001);
});

test("the sides are alike", () => {
    assert.equal(distanceShare(788, 788, 12), 0);
    assert.equal(distanceShare(12, 788, 12), 1);
    assert.equal(distanceShare(-50, 12, 788), 0);
});

test("a correction fades within about a tenth of a second", () => {
    const softener = new Softener(100);
    softener.absorb(50, 40);
    assert.ok(Math.abs(softener.fade(0) - 10) < 0.001);
    for (let frame = 0; frame < 8; frame++) softener.fade(16);
    assert.ok(Math.abs(softener.fade(0)) < 1.2);
});

test("what is too far off to be a correction is shown at once", () => {
    const softener = new Softener(100);
    softener.absorb(400, 10);
    assert.equal(softener.fade(0), 0);
});

function moment(tick: number, x: number): Moment {
    return { tick, ball: { x, y: 0, vx: 0, vy: 0 }, left: { y: tick, v: 0 }, right: { y: 0, v: 0 } };
}

test("history is read between its entries and never beyond them", () => {
    const history = new History();
    history.add(moment(10, 100));
    history.add(moment(14, 120));
    assert.equal(history.ballAt(12)?.x, 110);
    assert.equal(history.ballAt(99)?.x, 120);
    assert.equal(history.ballAt(1)?.x, 100);
    assert.equal(history.paddleAt("left", 13)?.y, 13);
});

test("a ball that was put back to the centre does not fly there", () => {
    const history = new History();
    history.add(moment(10, 790));
    history.add(moment(12, 400));
    assert.equal(history.ballAt(10.5)?.x, 790);
    assert.equal(history.ballAt(11.5)?.x, 400);
});

test("the same tick told twice is replaced, an older one starts anew", () => {
    const history = new History();
    history.add(moment(10, 100));
    history.add(moment(10, 130));
    assert.equal(history.ballAt(10)?.x, 130);
    history.add(moment(3, 50));
    assert.equal(history.ballAt(10)?.x, 50);
});
