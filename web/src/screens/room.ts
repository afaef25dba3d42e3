// A room by code: who was sent its address joins with one press, who opened it waits here and sees
// what to send. The game begins by itself when both are there.
import type { App, Screen } from "../app.ts";
import { announce } from "../a11y.ts";
import { fill, h, say, show } from "../dom.ts";
import { LivingSocket } from "../net/socket.ts";
import type { Route } from "../route.ts";
import { failureWords } from "./words.ts";

interface RoomReply {
    room_code: string;
    game_id?: number;
}

/** The room this page has opened itself: its owner need not be asked whether to join. */
let opened: string | null = null;

/** Opens a room and shows it. */
export async function openRoom(app: App): Promise<void> {
    await app.ready;
    if (!app.session.isSignedIn()) await app.session.playAsGuest();
    const room = await app.session.request<RoomReply>("POST", "/api/room/create/", {});
    opened = room.room_code;
    app.go({ screen: "room", code: room.room_code });
}

export function roomScreen(app: App, route: Route & { screen: "room" }): Screen {
    const heading = h("h1", { class: "center__title" }, "You are invited");
    const text = h("p", { class: "center__text" }, `A game of Pong is waiting in room ${route.code}.`);
    const error = h("p", { class: "note note--bad", role: "alert", hidden: true });
    const join = h(
        "button",
        { class: "button button--primary", type: "button", "data-testid": "join-room" },
        "Join the game",
    );
    const actions = h(
        "div",
        { class: "center__actions" },
        join,
        h("a", { class: "button", href: "#/" }, "To the start"),
    );
    const element = h("div", { class: "center" }, heading, text, error, actions);
    let socket: LivingSocket | null = null;
    let left = false;

    const fail = (words: string): void => {
        join.removeAttribute("aria-disabled");
        say(error, words);
        show(error, true);
        announce(words);
    };
    const wait = (): void => {
        say(heading, "Waiting for your friend");
        say(text, "Send this address. The game begins as soon as it is opened and joined.");
        const address = `${location.origin}/#/room/${route.code}`;
        const field = h("input", {
            class: "room__address",
            readonly: true,
            value: address,
            "aria-label": "Address of the room",
            "data-testid": "room-address",
            onfocus: () => field.select(),
        });
        fill(
            actions,
            field,
            h("p", { class: "room__code", "data-testid": "room-code" }, `Code ${route.code}`),
            h("a", { class: "button", href: "#/" }, "To the start"),
        );
        announce("Waiting for your friend");
        socket = new LivingSocket(app.session, `/ws/game/${route.code}/`, "rally.v1", {
            opened: () => undefined,
            message: (message) => {
                if (message.type === "game_state" && message.match_id !== null) {
                    app.go({ screen: "game", matchId: String(message.match_id) });
                }
            },
            lost: () => undefined,
            refused: () => fail("The room has been closed."),
        });
        socket.start();
    };
    const enter = async (): Promise<void> => {
        await app.ready;
        if (!app.session.isSignedIn()) await app.session.playAsGuest();
        const room = await app.session.request<RoomReply>("POST", "/api/room/join/", {
            room_code: route.code,
        });
        if (left) return;
        if (room.game_id !== undefined) app.go({ screen: "game", matchId: String(room.game_id) });
        else wait();
    };
    join.addEventListener("click", () => {
        if (join.getAttribute("aria-disabled") === "true") return;
        join.setAttribute("aria-disabled", "true");
        show(error, false);
        enter().catch((reason: unknown) => fail(failureWords(reason)));
    });
    if (opened === route.code) wait();
    return {
        title: "Room",
        element,
        heading,
        dispose: () => {
            left = true;
            socket?.stop();
        },
    };
}
