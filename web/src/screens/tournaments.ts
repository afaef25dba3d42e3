// All tournaments: those to join, those being played, those that are over; and the form of a new
// one.
import type { App, Screen } from "../app.ts";
import { keepFocus } from "../a11y.ts";
import { fill, h, say, show } from "../dom.ts";
import { routeHash } from "../route.ts";
import { headWords, type TournamentHead } from "../tournament.ts";
import { makeForm } from "./form.ts";
import { needPlayer } from "./need-player.ts";
import { sheet } from "./sign-in.ts";
import { failureWords } from "./words.ts";

const REFRESH_MS = 10_000;
const PARTS = [
    { state: "open", name: "Open", nothing: "None right now. Make one and send its address." },
    { state: "started", name: "Being played", nothing: "None right now." },
    { state: "finished", name: "Finished", nothing: "None yet." },
] as const;

export function tournamentsScreen(app: App): Screen {
    return needPlayer(app, "Tournaments", () => {
        const heading = h("h1", { class: "cup__title" }, "Tournaments");
        const error = h("p", { class: "note note--bad", role: "alert", hidden: true });
        const lists = h("div", { class: "cup__body", "aria-busy": "true" });
        const create = h(
            "a",
            {
                class: "button button--primary",
                href: routeHash({ screen: "new-tournament" }),
                "data-testid": "cup-new",
            },
            "New tournament",
        );
        const element = h(
            "section",
            { class: "cup cup--narrow" },
            h("div", { class: "history__head" }, heading, create),
            error,
            lists,
        );
        const load = async (): Promise<void> => {
            try {
                const parts = await Promise.all(
                    PARTS.map(({ state }) =>
                        app.session.request<{ items: TournamentHead[] }>(
                            "GET",
                            `/v1/tournaments?state=${state}&page_size=20`,
                        ),
                    ),
                );
                show(error, false);
                keepFocus(lists, heading, () =>
                    fill(lists, ...PARTS.map((part, at) => list(part, parts[at]?.items ?? []))),
                );
            } catch (reason) {
                say(error, failureWords(reason));
                show(error, true);
            } finally {
                lists.removeAttribute("aria-busy");
            }
        };
        const timer = window.setInterval(() => {
            if (!document.hidden) void load();
        }, REFRESH_MS);
        void load();
        return {
            title: "Tournaments",
            element,
            heading,
            dispose: () => window.clearInterval(timer),
        };
    });
}

function list(part: (typeof PARTS)[number], items: TournamentHead[]): HTMLElement {
    const id = `cups-${part.state}`;
    return h(
        "section",
        { class: "cup__part", "aria-labelledby": id },
        h("h2", { class: "cup__name", id }, part.name),
        items.length === 0
            ? h("p", { class: "soft" }, part.nothing)
            : h("ul", { "data-testid": id }, ...items.map(item)),
    );
}

function item(head: TournamentHead): HTMLElement {
    return h(
        "li",
        { class: "person" },
        h(
            "a",
            {
                class: "cup__link",
                href: routeHash({ screen: "tournament", id: head.id }),
                "data-key": head.id,
            },
            head.name,
        ),
        h("span", { class: "soft" }, headWords(head)),
    );
}

export function newTournamentScreen(app: App): Screen {
    return needPlayer(app, "New tournament", () => {
        const form = makeForm(
            [
                { name: "name", label: "Name", type: "text", autocomplete: "off", maxlength: 100 },
                {
                    name: "player_limit",
                    label: "Players at most",
                    type: "text",
                    autocomplete: "off",
                    hint: "2 to 512. It can start with fewer.",
                    value: "8",
                    numeric: true,
                    check: (value) =>
                        /^\d+$/.test(value) && Number(value) >= 2 && Number(value) <= 512
                            ? null
                            : "A number from 2 to 512.",
                },
                {
                    name: "seeding",
                    label: "Who meets whom",
                    type: "text",
                    autocomplete: "off",
                    options: [
                        ["random", "Drawn by lot"],
                        ["rating", "By rating, the best meet late"],
                    ],
                },
                {
                    name: "joins",
                    label: "You",
                    type: "text",
                    autocomplete: "off",
                    options: [
                        ["yes", "Play in it"],
                        ["no", "Only run it"],
                    ],
                },
            ],
            "Make it",
            async (values) => {
                const { tournament_id: made } = await app.session.request<{
                    tournament_id: number | string;
                }>("POST", "/game/tournaments/create_tournament_form/", {
                    name: values.name,
                    player_limit: Number(values.player_limit),
                    seeding: values.seeding,
                });
                const id = String(made);
                // Made is made: a join that fails can be tried again on its page.
                if (values.joins === "yes") {
                    const path = `/game/tournaments/${id}/join/`;
                    await app.session.request("POST", path, {}).catch(() => undefined);
                }
                app.go({ screen: "tournament", id });
            },
        );
        return sheet("New tournament", "Single elimination. Whoever loses is out.", form);
    });
}
