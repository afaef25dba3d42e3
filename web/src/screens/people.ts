// Friends with who is there, requests, blocks, and a challenge to anybody by name.
import { announce, keepFocus } from "../a11y.ts";
import type { App, Screen } from "../app.ts";
import { fill, h, say, show, type Child } from "../dom.ts";
import type { Person } from "../net/duels.ts";
import { ApiError } from "../net/http.ts";
import { needPlayer } from "./need-player.ts";
import { failureWords } from "./words.ts";

type Presence = "online" | "in_match" | "offline";

interface Friend extends Person {
    state: "requested" | "pending" | "friends";
    presence: Presence | null;
}

const PRESENCE: Record<Presence, string> = {
    online: "Online",
    in_match: "In a match",
    offline: "Offline",
};
const ORDER: Presence[] = ["online", "in_match", "offline"];
const NEWS = new Set(["snapshot", "friend_request", "friend_accepted"]);

export function peopleScreen(app: App): Screen {
    return needPlayer(app, "People", () => new PeopleScreen(app));
}

class PeopleScreen implements Screen {
    readonly title = "People";
    readonly heading = h("h1", { class: "people__title" }, "People");
    readonly element: HTMLElement;
    private readonly error = h("p", { class: "note note--bad", role: "alert", hidden: true });
    private readonly lists = h("div", { class: "people__lists", "aria-busy": "true" });
    private friends: Friend[] = [];
    private blocked: Person[] = [];
    private readonly stop: () => void;

    constructor(private readonly app: App) {
        this.element = h(
            "section",
            { class: "people" },
            this.heading,
            this.nameForm(),
            this.error,
            this.lists,
        );
        this.stop = app.events.listen(({ event, data }) => {
            if (event === "presence") this.changePresence(data as unknown as Friend);
            else if (NEWS.has(event)) void this.load();
        });
        void this.load();
    }

    dispose(): void {
        this.stop();
    }

    private nameForm(): HTMLElement {
        const input = h("input", {
            class: "field__input",
            id: "people-name",
            type: "text",
            maxlength: 32,
            autocomplete: "off",
            autocapitalize: "none",
            spellcheck: "false",
            "data-testid": "people-name",
        });
        const press = (run: (name: string) => Promise<unknown>): void => {
            const name = input.value.trim();
            if (name === "") {
                this.complain("Write a name first.");
                input.focus();
                return;
            }
            this.attempt(name, async () => {
                await run(name);
                input.value = "";
            });
        };
        const other = (
            label: string,
            testid: string,
            run: (name: string) => Promise<unknown>,
        ): HTMLElement =>
            h(
                "button",
                { class: "button", type: "button", "data-testid": testid, onclick: () => press(run) },
                label,
            );
        const form = h(
            "form",
            { class: "people__form", novalidate: true },
            h(
                "div",
                { class: "field" },
                h("label", { class: "field__label", for: "people-name" }, "Name of a player"),
                input,
            ),
            h(
                "div",
                { class: "people__ways" },
                h(
                    "button",
                    {
                        class: "button button--primary",
                        type: "submit",
                        "data-testid": "people-challenge",
                    },
                    "Challenge",
                ),
                other("Add friend", "people-add", (name) => this.befriend(name)),
                other("Block", "people-block", (name) => this.block(name)),
            ),
        );
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            press((name) => this.app.challenge.send(name));
        });
        return form;
    }

    private async load(): Promise<void> {
        const { session } = this.app;
        try {
            const [friends, blocks] = await Promise.all([
                session.request<{ items: Friend[] }>("GET", "/v1/friends"),
                session.request<{ items: Person[] }>("GET", "/v1/blocks"),
            ]);
            this.friends = friends.items;
            this.blocked = blocks.items;
            this.draw();
        } catch (reason) {
            this.complain(failureWords(reason));
        } finally {
            this.lists.removeAttribute("aria-busy");
        }
    }

    private changePresence(told: Friend): void {
        const friend = this.friends.find((one) => String(one.player_id) === String(told.player_id));
        if (friend === undefined) return;
        friend.presence = told.presence;
        this.draw();
    }

    private draw(): void {
        const of = (state: Friend["state"]): Friend[] =>
            this.friends.filter((friend) => friend.state === state);
        const friends = of("friends").sort(byPresence);
        const asking = of("pending");
        const asked = of("requested");
        keepFocus(this.lists, this.heading, () =>
            fill(
                this.lists,
                asking.length > 0 && group("Want to be friends", asking.map((one) => this.asking(one))),
                group(
                    "Friends",
                    friends.map((one) => this.friend(one)),
                    "Nobody yet. Write a name above and press Add friend.",
                ),
                asked.length > 0 && group("Asked by you", asked.map((one) => this.asked(one))),
                this.blocked.length > 0 && group("Blocked", this.blocked.map((one) => this.unblocker(one))),
            ),
        );
    }

    private friend(friend: Friend): HTMLElement {
        const presence = friend.presence ?? "offline";
        const name = friend.username;
        return row(
            friend,
            h(
                "span",
                { class: `presence presence--${presence}`, "data-testid": "presence" },
                PRESENCE[presence],
            ),
            presence === "online" &&
                this.button("Challenge", "challenge", name, () => this.app.challenge.send(name), true),
            this.button("Remove", "remove", name, () => this.unfriend(friend)),
            this.button("Block", "block", name, () => this.block(name)),
        );
    }

    private asking(friend: Friend): HTMLElement {
        const name = friend.username;
        return row(
            friend,
            null,
            this.button("Accept", "accept", name, () => this.befriend(name), true),
            this.button("Refuse", "refuse", name, () => this.unfriend(friend)),
            this.button("Block", "block", name, () => this.block(name)),
        );
    }

    private asked(friend: Friend): HTMLElement {
        return row(
            friend,
            h("span", { class: "soft" }, "Not answered yet"),
            this.button("Withdraw", "withdraw", friend.username, () => this.unfriend(friend)),
        );
    }

    private unblocker(person: Person): HTMLElement {
        const path = `/v1/blocks/${encodeURIComponent(person.player_id)}`;
        return row(
            person,
            null,
            this.button("Unblock", "unblock", person.username, async () => {
                await this.app.session.request("DELETE", path);
                announce(`${person.username} is no longer blocked`);
            }),
        );
    }

    private button(
        label: string,
        what: string,
        name: string,
        run: () => Promise<unknown>,
        primary = false,
    ): HTMLElement {
        return h(
            "button",
            {
                class: `button button--small ${primary ? "button--primary" : "button--quiet"}`,
                type: "button",
                "data-testid": `friend-${what}`,
                "data-key": `${what} ${name}`,
                onclick: () => this.attempt(name, run),
            },
            label,
            h("span", { class: "unseen" }, ` ${name}`),
        );
    }

    private async befriend(username: string): Promise<void> {
        const reply = await this.app.session.request<Friend>("POST", "/v1/friends", { username });
        announce(
            reply.state === "friends"
                ? `You and ${reply.username} are friends`
                : `${reply.username} has been asked`,
        );
    }

    private async unfriend(friend: Friend): Promise<void> {
        const path = `/v1/friends/${encodeURIComponent(friend.player_id)}`;
        await this.app.session.request("DELETE", path);
        announce(`${friend.username} is off your list`);
    }

    private async block(username: string): Promise<void> {
        await this.app.session.request("POST", "/v1/blocks", { username });
        announce(`${username} is blocked`);
    }

    /** Does it, then shows the lists as they are now, or says why it could not be done. */
    private attempt(name: string, run: () => Promise<unknown>): void {
        show(this.error, false);
        run()
            .then(() => this.load())
            .catch((reason: unknown) => this.complain(personFailure(reason, name)));
    }

    private complain(words: string): void {
        say(this.error, words);
        show(this.error, true);
    }
}

/** The same codes mean a person here and a room or the server elsewhere. */
export function personFailure(reason: unknown, name: string): string {
    if (reason instanceof ApiError) {
        if (reason.status === 404) return `Nobody is called ${name}.`;
        if (reason.status === 409 && reason.code === "offline") return `${name} is not here now.`;
        if (reason.code === "busy") return `${name} or you are busy with another game.`;
        if (reason.code === "blocked") return `${name} cannot be reached from this account.`;
        if (reason.code === "self_duel") return "That is you.";
        if (reason.code === "list_full") return "The list is full.";
    }
    return failureWords(reason);
}

function byPresence(a: Friend, b: Friend): number {
    const place = (friend: Friend): number => ORDER.indexOf(friend.presence ?? "offline");
    return place(a) - place(b) || a.username.localeCompare(b.username);
}

function group(name: string, rows: HTMLElement[], nobody?: string): HTMLElement {
    const id = `people-${name.replace(/\s/g, "-").toLowerCase()}`;
    return h(
        "section",
        { class: "people__group", "aria-labelledby": id },
        h("h2", { class: "people__name", id }, name),
        rows.length === 0
            ? h("p", { class: "soft", "data-testid": "people-nobody" }, nobody)
            : h("ul", { class: "people__list" }, ...rows),
    );
}

function row(person: Person, state: HTMLElement | null, ...actions: Child[]): HTMLElement {
    return h(
        "li",
        { class: "person", "data-testid": "person", "data-name": person.username },
        h("span", { class: "person__name" }, h("b", null, person.username), state),
        h("span", { class: "person__actions" }, ...actions),
    );
}
