// Sign in and register: the same sheet with other fields.
import type { App, Screen } from "../app.ts";
import { h } from "../dom.ts";
import { routeHash } from "../route.ts";
import { makeForm, NEW_ACCOUNT_FIELDS } from "./form.ts";

export function signInScreen(app: App): Screen {
    const form = makeForm(
        [
            { name: "username", label: "Name", type: "text", autocomplete: "username" },
            {
                name: "password",
                label: "Password",
                type: "password",
                autocomplete: "current-password",
            },
        ],
        "Sign in",
        async (values) => {
            await app.session.signIn(values.username ?? "", values.password ?? "");
            arrive(app);
        },
    );
    const other = h(
        "p",
        { class: "sheet__other" },
        "New here? ",
        h("a", { href: routeHash({ screen: "register" }) }, "Register"),
        ", or play as a guest from the start page.",
    );
    return sheet("Sign in", "Your rating and history are waiting.", form, other);
}

export function registerScreen(app: App): Screen {
    const form = makeForm(NEW_ACCOUNT_FIELDS, "Register", async (values) => {
        await app.session.register(
            values.username ?? "",
            values.password ?? "",
            values.email === "" ? undefined : values.email,
        );
        arrive(app);
    });
    const other = h(
        "p",
        { class: "sheet__other" },
        "Have an account? ",
        h("a", { href: routeHash({ screen: "sign-in" }) }, "Sign in"),
    );
    return sheet("Register", "Keep a name, a rating and a history.", form, other);
}

export function sheet(
    title: string,
    lead: string,
    ...content: (HTMLElement | null)[]
): Screen {
    const heading = h("h1", { class: "sheet__title" }, title);
    const element = h(
        "div",
        { class: "sheet" },
        h("div", null, heading, h("p", { class: "sheet__lead" }, lead)),
        ...content,
    );
    return { title, element, heading };
}

/** Back to a running match if there is one, else to the start. */
function arrive(app: App): void {
    const matchId = app.session.profile?.match_id;
    app.go(matchId ? { screen: "game", matchId: String(matchId) } : { screen: "home" });
}
