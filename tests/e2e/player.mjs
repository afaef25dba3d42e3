// One person at one browser: reads what the page shows, listens to the same frames the page gets,
// and plays by holding and releasing real keys.
const LOOK_MS = 16;
const HOLD_MS_MAX = 1000;

export class Player {
    constructor(browser, url) {
        this.browser = browser;
        this.page = browser.page;
        this.url = url;
        this.name = null;
        this.state = null; // the last game_state with updates applied
        this.over = null; // the game_over message
        this.sent = []; // messages of the page on the match socket
        this.held = null;
        this.playing = null;
        this.page.on("websocket", (socket) => this.listen(socket));
    }

    listen(socket) {
        if (!new URL(socket.url()).pathname.startsWith("/ws/game/")) return;
        socket.on("framereceived", ({ payload }) => this.receive(JSON.parse(String(payload))));
        socket.on("framesent", ({ payload }) => this.sent.push(JSON.parse(String(payload))));
    }

    receive(message) {
        if (message.type === "game_state") {
            this.state = message;
            this.over = null;
            if (message.you.side) {
                const me = message.players.find((player) => player.side === message.you.side);
                this.name = me?.username ?? this.name;
            }
        } else if (message.type === "game_update" && this.state) {
            merge(this.state, message);
        } else if (message.type === "game_over") {
            this.over = message;
        }
    }

    byId(id) {
        return this.page.getByTestId(id);
    }

    async open(path = "") {
        await this.page.goto(`${this.url}/${path}`, { waitUntil: "load" });
    }

    /** From the landing page into the queue, as a guest. */
    async playNow() {
        await this.byId("play-now").click();
    }

    async seesCourt() {
        await this.byId("court").waitFor({ timeout: 15_000 });
    }

    /** What the scoreboard says, as {left, right}. */
    async score() {
        const read = async (side) => Number((await this.byId(`score-${side}`).textContent()) || "NaN");
        return { left: await read("left"), right: await read("right") };
    }

    get side() {
        return this.state?.you.side ?? null;
    }

    /**
     * Plays until stop() is called: "follow" goes where the ball will arrive, "dodge" away from it.
     * A key is held for as long as the way takes, then the next look waits until the server has
     * applied it: two browsers drawn without a graphics card are slow, and so is the look at them.
     */
    play(style) {
        let on = true;
        const loop = async () => {
            while (on) {
                const way = this.way(style);
                if (way === 0) {
                    await this.page.waitForTimeout(LOOK_MS);
                    continue;
                }
                await this.hold(way > 0 ? "ArrowDown" : "ArrowUp");
                const speed = this.state.ruleset.paddle.speed;
                await this.page.waitForTimeout(Math.min((Math.abs(way) / speed) * 1000, HOLD_MS_MAX));
                await this.hold(null);
                await this.applied();
            }
        };
        const running = loop();
        this.playing = async () => {
            on = false;
            await running;
        };
        // A page that is closed or reloaded ends a hold in the middle; stop() is where it matters.
        running.catch(() => undefined);
    }

    async stop() {
        const end = this.playing;
        this.playing = null;
        await end?.();
    }

    /** Until the last input has been acknowledged, or the match does something else. */
    async applied() {
        const until = Date.now() + HOLD_MS_MAX;
        const seq = this.sent.filter((message) => message.type === "player_move").at(-1)?.seq ?? 0;
        while ((this.state?.ack ?? 0) < seq && Date.now() < until) {
            await this.page.waitForTimeout(LOOK_MS);
        }
    }

    /** How far to move, in world units; down is positive, 0 is to stay. */
    way(style) {
        const { state, side } = this;
        if (!state?.ball || !side || state.status !== "running") return 0;
        const { ball, ruleset } = state;
        const own = state.paddles[side].y;
        const half = ruleset.paddle.height / 2;
        if (ball.vx === 0 || ball.vx > 0 !== (side === "right")) return 0;
        const arrival = arrivalOf(ball, ruleset, side);
        if (style === "follow") return Math.abs(arrival - own) < half / 2 ? 0 : arrival - own;
        const away = arrival > ruleset.height / 2 ? half : ruleset.height - half;
        return Math.abs(away - own) < half / 2 ? 0 : away - own;
    }

    async hold(key) {
        if (key === this.held) return;
        const before = this.held;
        this.held = key;
        if (before) await this.page.keyboard.up(before);
        if (key) await this.page.keyboard.down(key);
    }
}

/** Where the ball will meet the goal line, walls included. */
function arrivalOf(ball, ruleset, side) {
    const line = side === "right" ? ruleset.width : 0;
    const low = ruleset.ball.size / 2;
    const span = ruleset.height - ruleset.ball.size;
    const straight = ball.y - low + ball.vy * ((line - ball.x) / ball.vx);
    const folded = ((straight % (2 * span)) + 2 * span) % (2 * span);
    return low + (folded > span ? 2 * span - folded : folded);
}

function merge(into, changes) {
    for (const [key, value] of Object.entries(changes)) {
        if (key === "type") continue;
        if (value && typeof value === "object" && into[key] && !Array.isArray(value)) {
            merge(into[key], value);
        } else {
            into[key] = value;
        }
    }
}
