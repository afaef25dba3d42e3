// Which screen an address names. The server only ever serves one page, so the route lives behind
// the hash. Pure.

export type Route =
    | { screen: "home" }
    | { screen: "sign-in" }
    | { screen: "register" }
    | { screen: "account" }
    | { screen: "queue" }
    | { screen: "game"; matchId: string }
    | { screen: "room"; code: string }
    | { screen: "history" }
    | { screen: "people" }
    | { screen: "tournaments" }
    | { screen: "new-tournament" }
    | { screen: "tournament"; id: string }
    | { screen: "lost" };

export function parseRoute(hash: string): Route {
    const path = hash.replace(/^#/, "").replace(/^\/+|\/+$/g, "");
    switch (path) {
        case "":
            return { screen: "home" };
        case "sign-in":
        case "register":
        case "account":
        case "queue":
        case "history":
        case "people":
        case "tournaments":
            return { screen: path };
        case "tournaments/new":
            return { screen: "new-tournament" };
        default: {
            const cup = /^tournament\/(\d{1,20})$/.exec(path);
            if (cup !== null) return { screen: "tournament", id: cup[1] as string };
            const room = /^room\/([A-Za-z0-9]{6})$/.exec(path);
            if (room !== null) return { screen: "room", code: (room[1] as string).toUpperCase() };
            const match = /^game\/([A-Za-z0-9#_-]{1,64})$/.exec(path);
            return match === null
                ? { screen: "lost" }
                : { screen: "game", matchId: match[1] as string };
        }
    }
}

export function routeHash(route: Route): string {
    switch (route.screen) {
        case "home":
        case "lost":
            return "#/";
        case "new-tournament":
            return "#/tournaments/new";
        case "tournament":
            return `#/tournament/${route.id}`;
        case "room":
            return `#/room/${route.code}`;
        case "game":
            return `#/game/${route.matchId}`;
        default:
            return `#/${route.screen}`;
    }
}
