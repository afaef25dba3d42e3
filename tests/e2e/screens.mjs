// The other screens, and the same screens on a phone: registering, signing out and in, wrong
// passwords, narrow pages, less motion.
import { join } from "node:path";
import { openBrowser } from "./browser.mjs";
import { eventually, expect, expectAccessible, expectEqual, runStory } from "./check.mjs";
import { Player } from "./player.mjs";

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, reducedMotion: "reduce" };

export async function screensStory(server, pictures) {
    const desk = await openBrowser(server.url);
    const phone = await openBrowser(server.url, PHONE);
    const cleo = new Player(desk, server.url);
    const dan = new Player(phone, server.url);
    const username = `cleo-${Date.now().toString(36)}`;
    const password = "correct horse battery";

    const picture = async (player, name) => {
        if (pictures) await player.page.screenshot({ path: join(pictures, `${name}.png`) });
    };
    const fill = async (name, value) => cleo.page.locator(`input[name="${name}"]`).fill(value);
    const fits = async (player, where) => {
        const { inner, scroll } = await player.page.evaluate(() => ({
            inner: document.documentElement.clientWidth,
            scroll: document.documentElement.scrollWidth,
        }));
        expect(scroll <= inner, `${where} is ${scroll} wide on a screen of ${inner}`);
    };

    const steps = [
        ["an account is made, and its name is shown", async () => {
            await cleo.open("#/register");
            await cleo.byId("submit").waitFor();
            await expectAccessible(cleo.page, "registering");
            await picture(cleo, "register");
            await fill("username", username);
            await fill("password", password);
            await cleo.byId("submit").click();
            await eventually("the name is shown", async () =>
                (await cleo.page.locator("body").innerText()).includes(username));
        }],
        ["signing out and in again", async () => {
            await cleo.open("#/account");
            await cleo.byId("sign-out").waitFor();
            await expectAccessible(cleo.page, "the account");
            await cleo.byId("sign-out").click();
            await eventually("the name is gone", async () =>
                !(await cleo.page.locator("body").innerText()).includes(username));
            await cleo.open("#/sign-in");
            await cleo.byId("submit").waitFor();
            await expectAccessible(cleo.page, "signing in");
            await fill("username", username);
            await fill("password", password);
            await cleo.byId("submit").click();
            await eventually("the name is back", async () =>
                (await cleo.page.locator("body").innerText()).includes(username));
        }],
        ["a reload keeps the player signed in", async () => {
            await cleo.page.reload({ waitUntil: "load" });
            await eventually("the name is still there", async () =>
                (await cleo.page.locator("body").innerText()).includes(username));
            const script = await cleo.page.evaluate(() => document.cookie);
            expectEqual(script, "", "what a script can read of the cookies");
        }],
        ["a new player's history is empty and says so", async () => {
            await cleo.open("#/history");
            await cleo.byId("history-empty").waitFor();
            await expectAccessible(cleo.page, "the empty history");
        }],
        ["an address that does not exist has a page", async () => {
            await cleo.open("#/no/such/screen");
            await cleo.page.getByRole("heading", { level: 1 }).first().waitFor();
            await expectAccessible(cleo.page, "the lost page");
        }],
        ["nothing went wrong behind the screens", async () => {
            expectEqual(desk.faults, [], "faults");
        }],
        ["a wrong password is said, and nothing else happens", async () => {
            await cleo.open("#/account");
            await cleo.byId("sign-out").click();
            await cleo.open("#/sign-in");
            await cleo.byId("submit").waitFor();
            await fill("username", username);
            await fill("password", "not the password");
            await cleo.byId("submit").click();
            await cleo.page.getByRole("alert").first().waitFor();
            await expectAccessible(cleo.page, "signing in after a mistake");
        }],
        ["on a phone the pages fit and are accessible", async () => {
            await dan.open();
            await dan.byId("play-now").waitFor();
            await fits(dan, "the landing page");
            await expectAccessible(dan.page, "the landing page on a phone");
            await picture(dan, "landing-phone");
            await dan.playNow();
            await dan.byId("queue-status").waitFor();
            await fits(dan, "the queue");
            await picture(dan, "queue-phone");
        }],
        ["on a phone a match fits and is steered by touch", async () => {
            await cleo.open();
            await cleo.playNow();
            await Promise.all([cleo.seesCourt(), dan.seesCourt()]);
            await eventually("it runs", () => dan.state?.status === "running", 20_000);
            await fits(dan, "the game");
            await expectAccessible(dan.page, "the game on a phone");
            await picture(dan, "game-phone");
            const pad = await dan.byId("pad-up").boundingBox();
            expect(pad && pad.width >= 44 && pad.height >= 44, `the pad is ${JSON.stringify(pad)}`);
            const before = dan.state.paddles[dan.side].y;
            await dan.byId("pad-up").dispatchEvent("pointerdown", { pointerId: 1, pointerType: "touch", isPrimary: true, button: 0, buttons: 1 });
            await eventually("the paddle goes up", () => dan.state.paddles[dan.side].y < before - 20);
            await dan.byId("pad-up").dispatchEvent("pointerup", { pointerId: 1, pointerType: "touch", isPrimary: true, button: 0 });
        }],
        ["leaving the page forfeits nothing at once", async () => {
            await dan.page.goto("about:blank");
            await eventually("the other is told", async () =>
                /reconnecting/i.test(await cleo.byId("overlay").innerText()));
            await picture(cleo, "reconnecting");
            await dan.open();
            await dan.byId("resume").click();
            await dan.seesCourt();
            await eventually("it goes on", () => dan.state?.status === "running", 20_000);
            await cleo.byId("resign").click();
            await cleo.byId("confirm").click();
            await dan.byId("result").waitFor();
            await fits(dan, "the result");
            await picture(dan, "result-phone");
            expectEqual(phone.faults, [], "faults on the phone");
        }],
    ];
    try {
        return await runStory("screens", steps);
    } finally {
        for (const browser of [desk, phone]) {
            if (browser.faults.length > 0) console.log("faults:", browser.faults);
            await browser.close();
        }
    }
}
