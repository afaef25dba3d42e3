// A match from the first connection to the result: joins the link, the court, the scoreboard and
// the controls, and decides which of them is on the page.
import { announce, focusOn } from "../a11y.ts";
import type { App, Screen } from "../app.ts";
import { fill, h, s } from "../dom.ts";
import { GameLoop } from "../game/loop.ts";
import type { MatchEvent } from "../game/model.ts";
import { chooseOverlay } from "../game/overlay.ts";
import { openPong } from "../game/rules-loader.ts";
import type { PongExports } from "../game/rules.ts";
import { listenKeyboard } from "../input/keyboard.ts";
import { holdToSteer, listenDrag } from "../input/touch.ts";
import { MatchLink } from "../net/match.ts";
import type { Route } from "../route.ts";
import { play } from "../sound.ts";
import { closeWords, emoteWords, errorWords, type CloseWords } from "../text.ts";
import { ask } from "./ask.ts";
import { message } from "./message.ts";
import { needPlayer } from "./need-player.ts";
import { Rail } from "./rail.ts";
import { Result } from "./result.ts";
import { Scoreboard } from "./scoreboard.ts";
import { Veil } from "./veil.ts";

const SPEECH_MS = 2500;

export function gameScreen(app: App, route: Route): Screen {
    const matchId = route.screen === "game" ? route.matchId : "";
    return needPlayer(app, "Match", () => new GameScreen(app, matchId));
}

class GameScreen implements Screen {
    readonly title = "Match";
    readonly element = h("div", { class: "match" });
    readonly heading = h("h1", { class: "unseen" }, "Match");
    private readonly court = h("div", { class: "court", "data-testid": "court" });
    private readonly board = new Scoreboard();
    private readonly veil: Veil;
    private readonly link: MatchLink;
    private readonly cleanups: (() => void)[] = [];
    private rail: Rail | null = null;
    private loop: GameLoop | null = null;
    private result: Result | null = null;
    private pong: PongExports | null | undefined;
    private lost: CloseWords = closeWords(0);
    private lostSinceMs: number | null = null;
    private lastPaintMs = 0;

    constructor(
        private readonly app: App,
        private readonly matchId: string,
    ) {
        this.veil = new Veil({ resume: () => this.togglePause() });
        fill(this.element, this.heading, this.board.element, this.court);
        fill(this.court, this.veil.element);
        this.link = new MatchLink(app.session, matchId, {
            event: (event, nowMs) => this.receive(event, nowMs),
            roundTrip: (milliseconds) => this.loop?.roundTrip(milliseconds),
            connected: (again) => this.connected(again),
            lost: (code) => this.disconnected(code),
            refused: (code) => this.refused(code),
        });
        void openPong().then((pong) => {
            this.pong = pong;
            this.openCourt();
        });
        const ready = (): void => this.sayReady();
        document.addEventListener("visibilitychange", ready);
        this.cleanups.push(() => document.removeEventListener("visibilitychange", ready));
        this.link.start();
        this.paint(performance.now());
    }

    dispose(): void {
        for (const cleanup of this.cleanups) cleanup();
        this.closeCourt();
        this.result?.stop();
        this.link.stop();
    }

    private receive(event: MatchEvent, nowMs: number): void {
        const { model } = this.link;
        switch (event.kind) {
            case "state":
                if (event.first) this.openCourt();
                this.loop?.confirm(nowMs);
                this.sayReady();
                if (model.isOver()) this.showResult();
                break;
            case "update":
                this.loop?.confirm(nowMs);
                return;
            case "score":
                this.loop?.pointTold();
                announce(this.scoreWords());
                play(event.scorer === model.side ? "point" : "lost");
                break;
            case "back":
                announce(`${model.playerById(event.userId)?.username ?? "Your opponent"} is back`);
                break;
            case "resumed":
                announce("The game goes on");
                break;
            case "emote":
                this.speak(event.userId, event.id);
                break;
            case "over":
                this.showResult();
                break;
            case "rematch":
                announce("Rematch");
                this.keepOrigin(event.gameId);
                this.app.go({ screen: "game", matchId: event.gameId });
                return;
            case "rematch-wanted":
                if (event.userId !== model.me()?.user_id) this.result?.rematchWanted();
                break;
            case "refused":
                this.complain(event.code, event.detail);
                break;
            case "draining":
                this.rail?.note("The server restarts soon; your match is kept.", null);
                break;
            default:
                break;
        }
        this.paint(nowMs);
    }

    private connected(again: boolean): void {
        this.lostSinceMs = null;
        if (again) {
            announce("Connected again");
            this.loop?.reconnected();
        }
        this.paint(performance.now());
    }

    private disconnected(code: number): void {
        if (this.result !== null) {
            this.result.rematchRefused();
            this.link.stop();
            return;
        }
        this.lost = closeWords(code);
        if (this.lostSinceMs === null && this.link.model.matchId !== null) {
            this.lostSinceMs = performance.now();
            announce(`${this.lost.title}. ${this.lost.detail}`);
        }
        this.paint(performance.now());
    }

    private refused(code: number): void {
        if (this.result !== null) {
            this.result.rematchRefused();
            return;
        }
        this.closeCourt();
        const words = closeWords(code);
        const home = { label: "Back to the start", href: "#/" };
        const actions = {
            home: [{ ...home, primary: true }],
            wait: [{ ...home, primary: true }],
            "take-over": [
                { label: "Play here", primary: true, run: () => this.app.reload() },
                home,
            ],
            reload: [{ label: "Reload", primary: true, run: () => location.reload() }, home],
            "sign-in": [{ label: "Sign in", href: "#/sign-in", primary: true }, home],
        }[words.action];
        const screen = message({ title: words.title, text: words.detail, actions });
        fill(this.element, screen.element);
        this.element.className = "after";
        document.body.classList.remove("in-match");
        this.app.setTitle(words.title);
        focusOn(screen.heading);
        announce(`${words.title}. ${words.detail}`);
    }

    /** Shows the court once both the state and the rules (or their absence) are known. */
    private openCourt(): void {
        const { model } = this.link;
        const { ruleset } = model;
        if (this.loop !== null || this.result !== null) return;
        if (this.pong === undefined || ruleset === null || model.isOver()) return;
        const loop = new GameLoop(this.link, ruleset, this.pong, {
            serve: () => this.link.action("serve"),
            pause: () => this.togglePause(),
            frame: (nowMs) => this.frame(nowMs),
        });
        this.loop = loop;
        this.rail = new Rail(model.spectator, {
            pause: () => this.togglePause(),
            resign: () => void this.resign(),
            emote: (id) => this.link.action("emote", { id }),
            leave: () => this.leave(),
        });
        this.court.style.setProperty("--court-ratio", `${ruleset.width} / ${ruleset.height}`);
        loop.view.players.removeAttribute("aria-hidden");
        loop.view.players.setAttribute("role", "img");
        loop.view.players.setAttribute("aria-label", this.courtLabel());
        fill(this.court, loop.view.ground, loop.view.players, this.veil.element);
        this.element.append(this.rail.element);
        if (!model.spectator) this.addControls(loop);
        if (!model.spectator && !loop.predicted) {
            this.rail.note("No prediction here: your paddle follows the server.", null);
        }
        loop.confirm(performance.now());
    }

    private addControls(loop: GameLoop): void {
        this.cleanups.push(
            listenKeyboard(loop.mixer, {
                pause: () => this.togglePause(),
                serve: () => this.link.action("serve"),
            }),
        );
        const up = padButton("Up", "M12 6 20 17H4z");
        const down = padButton("Down", "M12 18 4 7h16z");
        holdToSteer(up, -1, loop.mixer);
        holdToSteer(down, 1, loop.mixer);
        this.element.append(h("div", { class: "pads" }, up, down));
        loop.drag = listenDrag(
            this.element,
            () => loop.view.unitsPerPixel(),
            () => loop.ownY(),
            (clientX, clientY) => this.acceptsDrag(clientX, clientY),
        );
    }

    /** One's own half of the court, or anywhere off it. */
    private acceptsDrag(clientX: number, clientY: number): boolean {
        const box = this.court.getBoundingClientRect();
        const onCourt = clientY >= box.top && clientY <= box.bottom;
        const left = clientX < box.left + box.width / 2;
        return !onCourt || left === (this.link.model.side === "left");
    }

    private closeCourt(): void {
        this.loop?.stop();
        this.loop = null;
        this.rail?.stop();
    }

    private frame(nowMs: number): void {
        this.rail?.showPing(this.loop?.shownRoundTrip() ?? null);
        // Clocks on screen change once a second; ten looks a second are plenty.
        if (nowMs - this.lastPaintMs > 100) this.paint(nowMs);
    }

    private paint(nowMs: number): void {
        this.lastPaintMs = nowMs;
        const { model } = this.link;
        const connected = this.link.isConnected();
        this.board.draw(model, nowMs);
        const overlay = chooseOverlay(model, connected, this.lostSinceMs, nowMs);
        this.veil.draw(overlay, model, this.lost, nowMs);
        const mine = overlay.kind === "paused" && overlay.mine;
        this.rail?.showPause(mine, mine || (connected && model.isLive()));
    }

    private showResult(): void {
        if (this.result !== null) return;
        this.closeCourt();
        const { model } = this.link;
        const origin = this.app.origins.get(this.matchId) ?? null;
        this.result = new Result(this.app, model, () => this.link.action("rematch"), origin);
        fill(this.element, this.result.element);
        this.element.className = "after";
        document.body.classList.remove("in-match");
        this.app.setTitle(this.result.title);
        focusOn(this.result.heading);
        // The rating shown elsewhere is old now; a failure here only leaves it old.
        this.app.session.loadProfile().catch(() => undefined);
    }

    private keepOrigin(nextId: string): void {
        const origin = this.app.origins.get(this.matchId);
        if (origin !== undefined) this.app.origins.set(nextId, origin);
    }

    /** Ready means looking: a player in another tab is called back instead of losing points. */
    private sayReady(): void {
        const { model } = this.link;
        if (model.spectator || (model.status !== "pending" && model.status !== "waiting")) return;
        if (document.hidden) {
            this.app.setTitle("Your match is ready");
            return;
        }
        this.app.setTitle(this.title);
        if (model.me()?.ready !== true) this.link.ready();
    }

    private togglePause(): void {
        const { model } = this.link;
        const mine = model.pause !== null && model.pause.userId === model.me()?.user_id;
        if (model.status === "paused" && mine) this.link.action("resume");
        else if (model.isLive()) this.link.action("pause");
    }

    private async resign(): Promise<void> {
        const sure = await ask({
            title: "Resign this match?",
            text: "It counts as a loss. The game goes on while you think.",
            yes: "Resign",
            no: "Play on",
        });
        if (sure) this.link.action("resign");
    }

    private leave(): void {
        this.app.go({ screen: "home" });
    }

    private speak(userId: number, id: string): void {
        const player = this.link.model.playerById(userId);
        if (player === null) return;
        const words = emoteWords(id);
        const bubble = h("p", { class: `speech speech--${player.side}` }, words);
        this.court.append(bubble);
        window.setTimeout(() => bubble.remove(), SPEECH_MS);
        if (userId !== this.link.model.me()?.user_id) announce(`${player.username}: ${words}`);
    }

    private complain(code: string, detail: string): void {
        if (this.result !== null) this.result.rematchRefused();
        else this.rail?.note(errorWords(code, detail), 4000);
    }

    private scoreWords(): string {
        const { model } = this.link;
        const words = (side: "left" | "right"): string => {
            const player = model.player(side);
            const name = side === model.side ? "You" : (player?.username ?? side);
            return `${name} ${player?.score ?? 0}`;
        };
        const own = model.side ?? "left";
        return `${words(own)}, ${words(own === "left" ? "right" : "left")}`;
    }

    private courtLabel(): string {
        const { side } = this.link.model;
        return side === null ? "The court" : `The court. Your paddle is on the ${side}.`;
    }
}

function padButton(label: string, path: string): HTMLButtonElement {
    return h(
        "button",
        {
            class: "pads__button",
            type: "button",
            "aria-label": `${label} (hold)`,
            "data-testid": `pad-${label.toLowerCase()}`,
        },
        s("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, s("path", { d: path })),
    );
}
