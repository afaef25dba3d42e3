// What a player is told on whatever screen is open: a match of a tournament, a wish to be friends.
import type { App } from "../app.ts";
import { rememberCall } from "../net/calls.ts";
import { play } from "../sound.ts";
import { playMatch } from "./tournament.ts";

const CALL_MS = 60_000;

export function listenForNews(app: App): void {
    app.events.listen((told) => {
        const { event, data } = told;
        if (event === "tournament_called") {
            rememberCall(told, performance.now());
            call(app, String(data.tournament_id), String(data.match_id));
        } else if (event === "friend_request" && location.hash !== "#/people") {
            app.notices.show({ about: "friend", words: `${data.username} wants to be your friend.` });
        } else if (event === "signed-out") app.notices.close("call");
    });
}

function call(app: App, id: string, matchId: string): void {
    play("found");
    // The tournament's own page says so in its card.
    if (location.hash === `#/tournament/${id}`) return;
    app.notices.show({
        about: "call",
        words: "Your tournament match is ready. Who does not come in time loses.",
        actions: [
            {
                label: "Play",
                testid: "call-play",
                primary: true,
                run: () => playMatch(app, id, matchId),
            },
        ],
        forMs: CALL_MS,
    });
}
