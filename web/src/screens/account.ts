// One's own account: what is known, signing out, and for guests the way to keep it.
import type { App, Screen } from "../app.ts";
import { announce } from "../a11y.ts";
import { h } from "../dom.ts";
import type { Profile } from "../net/session.ts";
import { makeForm, NEW_ACCOUNT_FIELDS } from "./form.ts";
import { sheet } from "./sign-in.ts";
import { needPlayer } from "./need-player.ts";

export function accountScreen(app: App): Screen {
    return needPlayer(app, "Account", (profile) => {
        const leave = h(
            "button",
            { class: "button", type: "button", "data-testid": "sign-out" },
            "Sign out",
        );
        leave.addEventListener("click", () => {
            app.session.signOut().catch(() => {
                announce("The server could not be told. Sign out again when you are online.");
            });
            app.go({ screen: "home" });
        });
        const keepable = profile.guest && !app.session.isSecondGuest();
        const lead = !profile.guest
            ? "This is how others meet you."
            : keepable
              ? "You are a guest. This account lives in this browser only."
              : "You are a second guest. This account lives in this window only.";
        const name = profile.display_name ?? profile.username;
        return sheet(name, lead, facts(profile), keepable ? keepForm(app) : null, leave);
    });
}

function facts(profile: Profile): HTMLElement {
    const quick = profile.ratings?.quick;
    const row = (term: string, value: string): HTMLElement =>
        h("div", { class: "facts__row" }, h("dt", null, term), h("dd", null, value));
    const list = h("dl", { class: "facts" }, row("Rating", String(Math.round(profile.mmr))));
    if (quick !== undefined) list.append(row("Rated games", String(quick.games)));
    if (profile.email) list.append(row("Email", profile.email));
    return list;
}

function keepForm(app: App): HTMLElement {
    const form = makeForm(NEW_ACCOUNT_FIELDS, "Keep this account", async (values) => {
        await app.session.keepAccount(
            values.username ?? "",
            values.password ?? "",
            values.email === "" ? undefined : values.email,
        );
        app.reload();
    });
    return h(
        "section",
        { class: "form" },
        h("h2", null, "Keep it"),
        h("p", { class: "soft" }, "Choose a name and a password; rating and history stay."),
        form,
    );
}
