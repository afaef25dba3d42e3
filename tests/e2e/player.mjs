// One person at one browser: reads what the page shows, listens to the same frames the page gets,
// and plays by holding and releasing real keys.
const LOOK_MS = 16;

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
     * Plays until stop() is called: "follow" keeps the paddle under the ball, "dodge" away from it.
     * Aims at what the frames said, as a person aims at what the screen shows.
     */
    play(style) {
        let on = true;
        const loop = async () => {
            while (on) {
                await this.hold(this.wish(style));
                await this.page.waitForTimeout(LOOK_MS);
            }
            await this.hold(null);
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

    wish(style) {
        const { state, side } = this;
        if (!state?.ball || !side) return null;
        const gap = state.ball.y - state.paddles[side].y;
        if (style === "dodge") return gap > 0 ? "ArrowUp" : "ArrowDown";
        const reach = state.ruleset.paddle.height / 5;
        if (Math.abs(gap) < reach) return null;
        return gap > 0 ? "ArrowDown" : "ArrowUp";
    }

    async hold(key) {
        if (key === this.held) return;
        const before = this.held;
        this.held = key;
        if (before) await this.page.keyboard.up(before);
        if (key) await this.page.keyboard.down(key);
    }
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
