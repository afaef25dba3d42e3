// Where the client starts: one session, one shell, the screens by name.
import { Shell } from "./app.ts";
import type { Route } from "./route.ts";
import { Session } from "./net/session.ts";
import { accountScreen } from "./screens/account.ts";
import { gameScreen } from "./screens/game.ts";
import { historyScreen } from "./screens/history.ts";
import { homeScreen } from "./screens/home.ts";
import { lostScreen } from "./screens/lost.ts";
import { peopleScreen } from "./screens/people.ts";
import { queueScreen } from "./screens/queue.ts";
import { roomScreen } from "./screens/room.ts";
import { listenForNews } from "./screens/news.ts";
import { registerScreen, signInScreen } from "./screens/sign-in.ts";
import { tournamentScreen } from "./screens/tournament.ts";
import { newTournamentScreen, tournamentsScreen } from "./screens/tournaments.ts";

const root = document.getElementById("app");
if (root !== null) {
    const shell = new Shell(
        new Session(),
        {
            home: homeScreen,
            "sign-in": signInScreen,
            register: registerScreen,
            account: accountScreen,
            queue: queueScreen,
            game: gameScreen,
            room: (app, route) => roomScreen(app, route as Route & { screen: "room" }),
            history: historyScreen,
            people: peopleScreen,
            tournaments: tournamentsScreen,
            "new-tournament": newTournamentScreen,
            tournament: (app, route) =>
                tournamentScreen(app, route as Route & { screen: "tournament" }),
            lost: lostScreen,
        },
        root,
    );
    listenForNews(shell);
    shell.start();
}
