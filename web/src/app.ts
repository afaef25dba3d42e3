// The shell: the bar, the one live region, and which screen is shown. Screens are functions that
// make an element and say how to leave; they reach the rest of the client only through App.
import { announce, focusOn, setLiveRegion } from "./a11y.ts";
import { wordmark } from "./blocks.ts";
import { fill, h } from "./dom.ts";
import { UserEvents } from "./net/events.ts";
import type { Session } from "./net/session.ts";
import { Tabs } from "./net/tabs.ts";
import { parseRoute, routeHash, type Route } from "./route.ts";
import { Challenge } from "./screens/challenge.ts";
import { Notices } from "./screens/notices.ts";
import { PRODUCT } from "./text.ts";

export interface Screen {
    /** For the tab and for screen readers. */
    title: string;
    element: HTMLElement;
    /** Where the keyboard goes when the screen opens. */
    heading: HTMLElement;
    /** True when the screen uses the whole width of the window. */
    wide?: boolean;
    dispose?(): void;
}

/** Where a match was entered from, and where its end leads back to. */
export interface Origin {
    label: string;
    route: Route;
    /** True when the match cannot be played again. */
    once?: boolean;
}

export interface App {
    readonly session: Session;
    readonly tabs: Tabs;
    /** What the server tells this player, whatever screen is shown. */
    readonly events: UserEvents;
    readonly notices: Notices;
    readonly challenge: Challenge;
    /** By match; those that are not here came from the queue. */
    readonly origins: Map<string, Origin>;
    /** Settles when the session of the cookie has been taken up, or there is none. */
    readonly ready: Promise<void>;
    go(route: Route): void;
    /** Shows the present address again from scratch. */
    reload(): void;
    setTitle(title: string): void;
}

export type ScreenMaker = (app: App, route: Route) => Screen;

export class Shell implements App {
    readonly ready: Promise<void>;
    readonly tabs = new Tabs();
    readonly events: UserEvents;
    readonly notices = new Notices();
    readonly challenge: Challenge;
    readonly origins = new Map<string, Origin>();
    private readonly bar = h("header", { class: "bar" });
    private readonly nav = h("nav", { class: "bar__nav", "aria-label": "Main" });
    private readonly main = h("main", { class: "main", id: "main" });
    private screen: Screen | null = null;
    private shown: Route = { screen: "home" };
    private first = true;

    constructor(
        readonly session: Session,
        private readonly makers: Record<Route["screen"], ScreenMaker>,
        root: HTMLElement,
    ) {
        const live = h("div", { class: "unseen", role: "status", "aria-live": "polite" });
        setLiveRegion(live);
        const brand = h("a", { class: "bar__brand", href: "#/" }, wordmark());
        fill(root, this.bar, this.main, this.notices.element, live);
        fill(this.bar, brand, this.nav);
        this.events = new UserEvents(session);
        this.challenge = new Challenge(this);
        session.onChange(() => this.drawNav());
        window.addEventListener("hashchange", () => this.show());
        this.ready = session.resume();
    }

    start(): void {
        this.show();
    }

    go(route: Route): void {
        const hash = routeHash(route);
        if (location.hash === hash || (hash === "#/" && location.hash === "")) this.show();
        else location.hash = hash;
    }

    reload(): void {
        this.show();
    }

    setTitle(title: string): void {
        document.title = title === PRODUCT ? title : `${title} · ${PRODUCT}`;
    }

    private show(): void {
        this.screen?.dispose?.();
        const route = parseRoute(location.hash);
        this.shown = route;
        document.body.classList.toggle("in-match", route.screen === "game");
        const playing = route.screen === "game" || route.screen === "queue";
        this.tabs.setBusy(playing && !this.session.isSecondGuest());
        const screen = this.makers[route.screen](this, route);
        this.screen = screen;
        this.main.classList.toggle("main--wide", screen.wide === true);
        fill(this.main, screen.element);
        this.setTitle(screen.title);
        this.drawNav();
        window.scrollTo(0, 0);
        // The first page is read from its top by itself; later ones start at their heading.
        if (!this.first) {
            focusOn(screen.heading);
            announce(screen.title);
        }
        this.first = false;
    }

    private drawNav(): void {
        const profile = this.session.profile;
        const here = this.shown.screen;
        this.bar.classList.toggle("bar--member", profile !== null);
        if (profile === null) {
            const signIn = this.link({ screen: "sign-in" }, "Sign in", here);
            signIn.dataset.testid = "sign-in";
            const register = this.link({ screen: "register" }, "Register", here);
            register.dataset.testid = "register";
            fill(this.nav, signIn, register);
            return;
        }
        const cups = this.link({ screen: "tournaments" }, "Tournaments", here);
        cups.dataset.testid = "tournaments-link";
        const people = this.link({ screen: "people" }, "People", here);
        people.dataset.testid = "people-link";
        const history = this.link({ screen: "history" }, "History", here);
        history.dataset.testid = "history-link";
        const name = h("span", { class: "bar__name" }, profile.display_name ?? profile.username);
        const account = this.link({ screen: "account" }, name, here);
        account.prepend(h("span", { class: "unseen" }, "Account: "));
        account.dataset.testid = "account-link";
        fill(this.nav, cups, people, history, account);
    }

    private link(route: Route, label: Node | string, here: Route["screen"]): HTMLAnchorElement {
        return h(
            "a",
            {
                class: "bar__link",
                href: routeHash(route),
                "aria-current": route.screen === here ? "page" : null,
            },
            label,
        );
    }
}
