// A whole match in a test: the compiled rules as the server, a line with delay and jitter in both
// directions, and the client's presenter drawing at 60 frames a second. Time is a number; nothing
// sleeps. The random numbers are seeded, so a failure repeats.
import { Presenter, type Picture } from "../src/game/presenter.ts";
import { PongRules, STEP_GOALS, STEP_HIT_LEFT, STEP_HIT_RIGHT } from "../src/game/rules.ts";
import type { PongExports } from "../src/game/rules.ts";
import { steer } from "../src/input/mixer.ts";
import type { Direction, Moment } from "../src/game/types.ts";
import { CLASSIC, openPong } from "./support.ts";

const TICK_MS = 1000 / 60;
/** The server's clock is ahead of the client's by an arbitrary amount. */
const SERVER_START_MS = 137;

export interface LineOptions {
    oneWayMs: number;
    jitterMs: number;
    seconds: number;
}

export interface Frame {
    nowMs: number;
    picture: Picture;
    /** What the player asked for at this frame. */
    wish: Direction;
}

export interface Played {
    frames: Frame[];
    /** Own paddle on the server, by tick. */
    serverOwn: Map<number, number>;
    /** Server time of every hit and goal, by what happened. */
    events: { kind: "mine" | "theirs" | "goal"; tick: number; sentMs: number }[];
    serverMs(tick: number): number;
}

export function playOverLine(options: LineOptions): Played {
    const random = xorshift(20261120);
    const server = openPong();
    server.pong_init(0, 60_000, 4711, 0);
    const presenter = new Presenter(CLASSIC, "left", new PongRules(openPong(), CLASSIC));
    const toServer: { atMs: number; seq: number; direction: Direction }[] = [];
    const toClient: { atMs: number; moment: Moment; ack: number }[] = [];
    const played: Played = {
        frames: [],
        serverOwn: new Map(),
        events: [],
        serverMs: (tick) => SERVER_START_MS + tick * TICK_MS,
    };
    const delay = (): number => options.oneWayMs + random() * options.jitterMs;
    const arrival = (queue: { atMs: number }[], nowMs: number): number =>
        Math.max(nowMs + delay(), queue[queue.length - 1]?.atMs ?? 0);
    let [tick, seq, ack, aim, rivalAim, wish] = [0, 0, 0, 0, 0, 0 as Direction];

    const stepServer = (): void => {
        const nowMs = played.serverMs(tick + 1);
        while (toServer.length > 0 && (toServer[0]?.atMs ?? Infinity) <= nowMs) {
            const input = toServer.shift();
            server.pong_input(0, input?.direction ?? 0);
            ack = input?.seq ?? ack;
        }
        const rivalTarget = server.pong_ball_vx() > 0 ? server.pong_ball_y() / 256 + rivalAim : 300;
        server.pong_input(1, steer(server.pong_paddle_y(1) / 256, rivalTarget, 9));
        const bits = server.pong_step();
        tick++;
        const event = (kind: "mine" | "theirs" | "goal"): void => {
            played.events.push({ kind, tick, sentMs: nowMs });
        };
        if ((bits & STEP_HIT_LEFT) !== 0) event("mine");
        if ((bits & STEP_HIT_RIGHT) !== 0) event("theirs");
        if ((bits & STEP_GOALS) !== 0) event("goal");
        // The rival changes its mind at any time, also in the last moment.
        if (bits !== 0 || random() < 0.04) rivalAim = (random() - 0.5) * 120;
        const moment = read(server, tick);
        played.serverOwn.set(tick, moment.left.y);
        if (bits !== 0 || tick % 2 === 0) {
            toClient.push({ atMs: arrival(toClient, nowMs), moment, ack });
        }
    };

    for (let nowMs = SERVER_START_MS; nowMs < options.seconds * 1000; nowMs += TICK_MS) {
        while (played.serverMs(tick + 1) <= nowMs) stepServer();
        while (toClient.length > 0 && (toClient[0]?.atMs ?? Infinity) <= nowMs) {
            const news = toClient.shift() as (typeof toClient)[number];
            presenter.roundTrip.observe(delay() + delay());
            presenter.confirm(news.moment, news.ack, news.atMs);
        }
        const picture = presenter.picture(nowMs);
        if (picture === null) continue;
        if (random() < 0.02) aim = (random() - 0.5) * 70;
        const wanted = steer(picture.left, picture.ball.y + aim, 14);
        if (wanted !== wish && random() < 0.5) {
            wish = wanted;
            seq++;
            presenter.press(seq, wish, nowMs);
            toServer.push({ atMs: arrival(toServer, nowMs), seq, direction: wish });
        }
        played.frames.push({ nowMs, picture: structuredClone(picture), wish });
    }
    return played;
}

function read(pong: PongExports, tick: number): Moment {
    const round = (value: number): number => Math.round(value * 100) / 100;
    const velocity = (value: number): number => round((value * 60) / 65536);
    return {
        tick,
        ball: {
            x: round(pong.pong_ball_x() / 256),
            y: round(pong.pong_ball_y() / 256),
            vx: velocity(pong.pong_ball_vx()),
            vy: velocity(pong.pong_ball_vy()),
        },
        left: { y: round(pong.pong_paddle_y(0) / 256), v: velocity(pong.pong_paddle_v(0)) },
        right: { y: round(pong.pong_paddle_y(1) / 256), v: velocity(pong.pong_paddle_v(1)) },
    };
}

function xorshift(seed: number): () => number {
    let state = seed;
    return () => {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        return (state >>> 0) / 2 ** 32;
    };
}

export function percentile(values: number[], share: number): number {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
