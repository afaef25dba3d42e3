import assert from "node:assert/strict";
import { test } from "node:test";
import { Predictor, directionOf } from "../src/game/predict.ts";
import type { Rules } from "../src/game/rules.ts";
import type { Direction, Moment } from "../src/game/types.ts";

/** Rules in which a paddle moves nine units a tick and the ball flies straight on. */
class PlainRules implements Rules {
    private moment!: Moment;
    private readonly held: Record<"left" | "right", Direction> = { left: 0, right: 0 };

    load(moment: Moment): void {
        this.moment = structuredClone(moment);
    }

    input(side: "left" | "right", direction: Direction): void {
        this.held[side] = direction;
    }

    step(): void {
        const { moment, held } = this;
        moment.left.y += 9 * held.left;
        moment.right.y += 9 * held.right;
        moment.ball.x += moment.ball.vx / 60;
    }

    read(tick: number): Moment {
        return { ...structuredClone(this.moment), tick };
    }
}

const START: Moment = {
    tick: 100,
    ball: { x: 400, y: 300, vx: 420, vy: 0 },
    left: { y: 300, v: 0 },
    right: { y: 300, v: -540 },
};

function lastY(moments: Moment[]): number {
    return (moments[moments.length - 1] as Moment).left.y;
}

test("an unacknowledged intent moves the paddle from its tick on", () => {
    const predictor = new Predictor(new PlainRules(), "left");
    predictor.press(1, 1, 103);
    const moments = predictor.project(START, 106);
    assert.deepEqual(
        moments.map((moment) => moment.left.y),
        [300, 300, 300, 309, 318, 327, 336],
    );
});

test("an acknowledged intent is the server's and not applied twice", () => {
    const predictor = new Predictor(new PlainRules(), "left");
    predictor.press(1, 1, 103);
    predictor.acknowledge(1, 104);
    const base: Moment = { ...START, tick: 104, left: { y: 318, v: 540 } };
    assert.equal(lastY(predictor.project(base, 106)), 336);
});

test("a press and a release are replayed in order", () => {
    const predictor = new Predictor(new PlainRules(), "left");
    predictor.press(1, 1, 102);
    predictor.press(2, 0, 104);
    assert.equal(lastY(predictor.project(START, 110)), 318);
});

test("an intent that is late counts from the next tick and teaches the lead", () => {
    const predictor = new Predictor(new PlainRules(), "left");
    predictor.press(1, 1, 98);
    predictor.acknowledge(0, 100);
    assert.equal(lastY(predictor.project(START, 102)), 318);
    assert.ok(predictor.leadTicks() > 0);
});

test("an intent that counted early shortens the lead", () => {
    const predictor = new Predictor(new PlainRules(), "left");
    predictor.press(1, 1, 110);
    predictor.acknowledge(1, 104);
    assert.ok(predictor.leadTicks() < 0);
});

test("the lead stays within bounds however wrong the line is", () => {
    const predictor = new Predictor(new PlainRules(), "left");
    for (let seq = 1; seq < 100; seq++) {
        predictor.press(seq, 1, 480);
        predictor.acknowledge(seq - 1, 500);
    }
    assert.equal(predictor.leadTicks(), 6);
});

test("an intent held through a countdown counts at once and teaches nothing", () => {
    const predictor = new Predictor(new PlainRules(), "left");
    predictor.press(1, -1, 0);
    assert.equal(lastY(predictor.project(START, 102)), 282);
    predictor.acknowledge(0, 100);
    assert.equal(predictor.leadTicks(), 0);
});

test("the other paddle holds its last direction", () => {
    const predictor = new Predictor(new PlainRules(), "left");
    const moments = predictor.project(START, 102);
    assert.equal(moments[2]?.right.y, 282);
});

test("a dead line is not predicted for ever", () => {
    const predictor = new Predictor(new PlainRules(), "left");
    assert.equal(predictor.project(START, 5000).length, 31);
});

test("a new connection starts without old intents", () => {
    const predictor = new Predictor(new PlainRules(), "left");
    predictor.press(1, 1, 101);
    predictor.forget();
    assert.equal(lastY(predictor.project(START, 104)), 300);
});

test("a direction is the sign of a velocity", () => {
    assert.deepEqual([directionOf(540), directionOf(-3), directionOf(0)], [1, -1, 0]);
});
