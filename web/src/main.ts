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
import { registerScreen, signInScreen } from "./screens/sign-in.ts";

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
            lost: lostScreen,
        },
        root,
    );
    shell.start();
}
