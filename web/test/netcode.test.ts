import assert from "node:assert/strict";
import { test } from "node:test";
import { Presenter } from "../src/game/presenter.ts";
import { PongRules } from "../src/game/rules.ts";
import type { Moment } from "../src/game/types.ts";
import { percentile, playOverLine, type LineOptions, type Played } from "./line.ts";
import { CLASSIC, openPong, withoutRules } from "./support.ts";

const LINES: (LineOptions & { name: string })[] = [
    { name: "20 ms", oneWayMs: 10, jitterMs: 4, seconds: 60 },
    { name: "100 ms", oneWayMs: 50, jitterMs: 12, seconds: 60 },
    { name: "200 ms", oneWayMs: 100, jitterMs: 20, seconds: 60 },
];
const FRAME_UNITS_MAX = CLASSIC.ball.max_speed / 60;
const PADDLE_STEP_UNITS = CLASSIC.paddle.speed / 60;

test("when news is late the ball waits at the other paddle for its answer", { skip: withoutRules }, () => {
    const rules = new PongRules(openPong(), CLASSIC);
    const presenter = new Presenter(CLASSIC, "left", rules);
    presenter.roundTrip.observe(100);
    const moment = (tick: number): Moment => ({
        tick,
        ball: { x: 500 + tick * 10, y: 300, vx: 600, vy: 0 },
        left: { y: 300, v: 0 },
        right: { y: 300, v: 0 },
    });
    const shown: number[] = [];
    for (let tick = 0; tick < 46; tick++) {
        const nowMs = 1000 + (tick * 1000) / 60;
        // The last news is of tick 22, two frames before the ball meets a paddle in its way.
        if (tick <= 22 && tick % 2 === 0) presenter.confirm(moment(tick), 0, nowMs);
        shown.push(presenter.picture(nowMs)?.ball.x ?? Number.NaN);
    }
    for (let index = 1; index < shown.length; index++) {
        assert.ok(shown[index]! >= shown[index - 1]! - 0.01, `turned at ${shown[index - 1]}`);
    }
    assert.ok(shown[shown.length - 1]! > 760, "it did not get there");
});

for (const line of LINES) {
    const options = { skip: withoutRules };
    let played: Played | null = null;
    const play = (): Played => (played ??= playOverLine(line));

    test(`at ${line.name} the ball moves smoothly, faster than its top speed by a third at most`, options, () => {
        const fastest = Math.max(...quietSteps(play()));
        assert.ok(fastest < FRAME_UNITS_MAX * (4 / 3), `${fastest} units in one frame`);
    });

    test(`at ${line.name} every bounce that is shown happened, on both sides`, options, () => {
        const shown = bounces(play());
        const happened = play().events.filter((event) => event.kind !== "goal");
        assert.ok(happened.length > 20, `only ${happened.length} hits`);
        const count = (kind: string): number =>
            happened.filter((event) => event.kind === kind).length;
        assert.equal(shown.theirs.length, count("theirs"));
        assert.equal(shown.mine.length, count("mine"));
    });

    test(`at ${line.name} my paddle answers in the next frame`, options, () => {
        const { frames } = play();
        let answered = 0;
        let asked = 0;
        for (let index = 1; index < frames.length - 1; index++) {
            const [before, now, next] = [frames[index - 1]!, frames[index]!, frames[index + 1]!];
            const isPress = before.wish !== now.wish && now.wish !== 0;
            const atEnd = now.picture.left < 60 || now.picture.left > 540;
            if (!isPress || atEnd) continue;
            asked++;
            if (Math.sign(next.picture.left - now.picture.left) === now.wish) answered++;
        }
        assert.ok(asked > 50, `only ${asked} presses`);
        assert.ok(answered / asked > 0.95, `${answered} of ${asked}`);
    });

    test(`at ${line.name} my paddle is where the server will have it`, options, () => {
        const errors = ownErrors(play(), line.oneWayMs + line.jitterMs / 2);
        assert.ok(percentile(errors, 0.5) < 1, `median ${percentile(errors, 0.5)}`);
        const most = percentile(errors, 0.9);
        assert.ok(most <= PADDLE_STEP_UNITS * 1.5, `nine in ten within ${most}`);
    });
}

/** How far the drawn ball moved from frame to frame, away from goals and serves. */
function quietSteps(played: Played): number[] {
    const goals = played.events.filter((event) => event.kind === "goal");
    const steps: number[] = [];
    for (let index = 1; index < played.frames.length; index++) {
        const [before, now] = [played.frames[index - 1]!, played.frames[index]!];
        const loud = goals.some(
            (goal) => now.nowMs > goal.sentMs - 400 && now.nowMs < goal.sentMs + 800,
        );
        if (loud) continue;
        const { ball } = now.picture;
        steps.push(Math.hypot(ball.x - before.picture.ball.x, ball.y - before.picture.ball.y));
    }
    return steps;
}

/** When the drawn ball turned in front of either paddle. */
function bounces(played: Played): { mine: number[]; theirs: number[] } {
    const turns: { mine: number[]; theirs: number[] } = { mine: [], theirs: [] };
    let flight = 0;
    for (let index = 1; index < played.frames.length; index++) {
        const { nowMs, picture } = played.frames[index]!;
        const { x } = picture.ball;
        const step = x - played.frames[index - 1]!.picture.ball.x;
        if (Math.abs(step) < 0.5 || Math.abs(step) > 60) {
            if (Math.abs(step) > 60) flight = 0;
            continue;
        }
        if (flight < 0 && step > 0 && x < CLASSIC.width / 4) turns.mine.push(nowMs);
        if (flight > 0 && step < 0 && x > (CLASSIC.width * 3) / 4) turns.theirs.push(nowMs);
        flight = step;
    }
    return turns;
}

/** Difference between my drawn paddle and the server's at the tick an input of now would meet. */
function ownErrors(played: Played, oneWayMs: number): number[] {
    const errors: number[] = [];
    for (const frame of played.frames) {
        const tick = Math.round((frame.nowMs + oneWayMs - played.serverMs(0)) / (1000 / 60));
        const near = [-1, 0, 1, 2]
            .map((off) => played.serverOwn.get(tick + off))
            .filter((y): y is number => y !== undefined)
            .map((y) => Math.abs(y - frame.picture.left));
        if (near.length === 4) errors.push(Math.min(...near));
    }
    return errors;
}
