// Waiting for an opponent: how long it has been, the place, an honest estimate, and the way out.
import type { App, Screen } from "../app.ts";
import { announce } from "../a11y.ts";
import { fill, h, say } from "../dom.ts";
import { clockTime } from "../format.ts";
import { Queue } from "../net/queue.ts";
import { play } from "../sound.ts";
import { message } from "./message.ts";
import { needPlayer } from "./need-player.ts";
import { failureWords, placeWords } from "./words.ts";

export function queueScreen(app: App): Screen {
    return needPlayer(app, "Finding an opponent", () => waiting(app));
}

function waiting(app: App): Screen {
    const heading = h("h1", { class: "queue__title" }, "Finding an opponent");
    const time = h("p", { class: "queue__time", role: "timer", "aria-label": "Waiting time" }, "0:00");
    const place = h(
        "p",
        { class: "queue__place", role: "status", "data-testid": "queue-status" },
        "Joining the queue",
    );
    const cancel = h(
        "button",
        { class: "button", type: "button", "data-testid": "cancel-queue" },
        "Cancel",
    );
    const element = h(
        "section",
        { class: "queue" },
        heading,
        h(
            "div",
            { class: "queue__lane", "aria-hidden": "true" },
            h("span", { class: "queue__you" }),
            h("span", { class: "queue__ball" }),
            h("span", { class: "queue__them" }),
        ),
        time,
        place,
        cancel,
        h(
            "p",
            { class: "queue__hint" },
            "Want company at once? Open a second browser window and play yourself.",
        ),
    );

    const startMs = performance.now();
    const ticking = window.setInterval(() => {
        const passed = performance.now() - startMs;
        say(time, clockTime(passed));
        if (document.hidden) app.setTitle(`${clockTime(passed)} waiting`);
    }, 1000);
    const queue = new Queue(app.session, {
        place: (now) => say(place, placeWords(now)),
        matched: (gameId, opponent) => {
            play("found");
            announce(opponent === null ? "Opponent found" : `Opponent found: ${opponent}`);
            app.go({ screen: "game", matchId: gameId });
        },
        unsteady: () => say(place, "The line is unsteady. Your place is kept; trying again."),
        failed: (error) => {
            window.clearInterval(ticking);
            const screen = message({
                title: "Not in the queue",
                text: failureWords(error),
                actions: [
                    { label: "Try again", primary: true, run: () => app.reload() },
                    { label: "Back to the start", href: "#/" },
                ],
            });
            fill(element, screen.element);
            announce(failureWords(error));
        },
    });
    cancel.addEventListener("click", () => {
        queue.leave();
        announce("You left the queue");
        app.go({ screen: "home" });
    });
    queue.join();
    return {
        title: "Finding an opponent",
        element,
        heading,
        dispose: () => {
            window.clearInterval(ticking);
            queue.leave();
        },
    };
}
