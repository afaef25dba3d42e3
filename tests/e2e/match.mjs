// Two strangers, two browsers, one whole match: queue, play, a reload in the middle, the result,
// the rating, the history, a rematch that one of them resigns.
import { join } from "node:path";
import { measureLoad, openBrowser } from "./browser.mjs";
import { eventually, expect, expectAccessible, expectEqual, runStory } from "./check.mjs";
import { Player } from "./player.mjs";

const FIRST_LOAD_MAX = 60 * 1024;
const WIN_SCORE = 3;

const add = (score) => score.left + score.right;

export async function matchStory(server, pictures) {
    const browsers = [await openBrowser(server.url), await openBrowser(server.url)];
    const [ada, bob] = browsers.map((browser) => new Player(browser, server.url));
    let firstGame = null;

    const picture = async (player, name) => {
        if (pictures) await player.page.screenshot({ path: join(pictures, `${name}.png`) });
    };

    const steps = [
        ["the first load is small, compressed and complete", async () => {
            const load = await measureLoad(ada.page, `${server.url}/`);
            expect(load.bytes > 2000, `hardly anything was loaded: ${load.bytes} bytes`);
            expect(load.bytes < FIRST_LOAD_MAX, `${load.bytes} bytes:\n${JSON.stringify(load.rows, null, 1)}`);
            await ada.byId("play-now").waitFor();
            console.log(`     first load: ${load.bytes} bytes of ${FIRST_LOAD_MAX}`);
        }],
        ["the landing page is accessible", async () => {
            await expectAccessible(ada.page, "the landing page");
            await picture(ada, "landing");
        }],
        ["the first waits in the queue and is told the place", async () => {
            await ada.playNow();
            await ada.byId("queue-status").waitFor();
            await eventually("the place is shown", async () =>
                /\b(1|first|1st|next)\b/i.test(await ada.byId("queue-status").innerText()));
            await expectAccessible(ada.page, "the queue");
            await picture(ada, "queue");
        }],
        ["the second makes the match, and both see the court", async () => {
            await bob.open();
            await bob.playNow();
            await Promise.all([ada.seesCourt(), bob.seesCourt()]);
            await eventually("both know their side", () => ada.side && bob.side);
            expect(ada.side !== bob.side, "both on the same side");
            expectEqual(ada.state.match_id, bob.state.match_id, "the match of both");
            firstGame = ada.state.match_id;
        }],
        ["a countdown, then the game runs", async () => {
            await ada.byId("countdown").waitFor();
            await eventually("the game runs", () =>
                ada.state.status === "running" && bob.state.status === "running");
            await eventually("the ball moves", () => ada.state.ball.vx !== 0);
            const shown = [await ada.byId("name-left").textContent(), await ada.byId("name-right").textContent()];
            expect(shown.some((text) => text.includes(bob.name)), `the opponent's name is not among ${shown}`);
        }],
        ["the court is accessible while it is played on", async () => {
            ada.play("follow");
            bob.play("follow");
            await eventually("the ball was hit", () => ada.state.tick > 150);
            await expectAccessible(ada.page, "the game");
            await picture(ada, "game");
            await eventually("the ping is shown", async () =>
                /\d+ ms/.test(await ada.byId("ping").innerText()));
        }],
        ["keys move the paddle on the server", async () => {
            await bob.stop();
            const before = bob.state.paddles[bob.side].y;
            const key = before > 300 ? "ArrowUp" : "ArrowDown";
            await bob.hold(key);
            await eventually("the paddle moved", () =>
                Math.abs(bob.state.paddles[bob.side].y - before) > 20);
            await bob.hold(null);
            const moves = bob.sent.filter((message) => message.type === "player_move");
            expect(moves.length > 0, "no move was sent");
            expect(moves.every((move, at) => at === 0 || move.seq > moves[at - 1].seq), "seq does not grow");
            bob.play("dodge");
        }],
        ["a point is shown to both", async () => {
            await eventually("a point", async () => add(await ada.score()) >= 1, 40_000);
            await eventually("the same for both", async () =>
                JSON.stringify(await ada.score()) === JSON.stringify(await bob.score()));
        }],
        ["a reload in the middle keeps the seat and the score", async () => {
            await bob.stop();
            const before = await bob.score();
            const side = bob.side;
            bob.state = null; // what the page before the reload knew proves nothing
            await bob.page.reload({ waitUntil: "load" });
            await bob.seesCourt();
            await eventually("back in the game", () => bob.state?.status === "running" && !bob.over, 20_000);
            expectEqual(bob.side, side, "the side after the reload");
            const after = await bob.score();
            expect(add(after) >= add(before), `the score fell from ${JSON.stringify(before)} to ${JSON.stringify(after)}`);
            expectEqual(bob.state.match_id, firstGame, "the match after the reload");
        }],
        ["the match is played to its end", async () => {
            bob.play("dodge");
            await Promise.all([ada, bob].map((player) => player.byId("result").waitFor({ timeout: 90_000 })));
            await Promise.all([ada.stop(), bob.stop()]);
        }],
        ["the result is the same for both, and true", async () => {
            const { winner, reason } = ada.over;
            expectEqual(reason, "score", "the reason");
            expectEqual(ada.over[winner], WIN_SCORE, "the winner's points");
            for (const player of [ada, bob]) {
                const outcome = player.side === winner ? "won" : "lost";
                expectEqual(await player.byId("result").getAttribute("data-outcome"), outcome, `the outcome of ${player.name}`);
                for (const side of ["left", "right"]) {
                    const shown = await player.byId(`result-${side}`).textContent();
                    expectEqual(Number(shown), ada.over[side], `the points of ${side}`);
                }
            }
        }],
        ["the rating changes, up for one and down for the other", async () => {
            for (const player of [ada, bob]) {
                const won = player.side === ada.over.winner;
                const shown = await player.byId("result-rating").innerText();
                expect((won ? /\+\d+/ : /[−-]\d+/).test(shown), `${player.name} is shown ${shown}`);
                const { before, after } = player.over.rating;
                expect(won ? after > before : after < before, `${before} became ${after}`);
            }
            await expectAccessible(ada.page, "the result");
            await picture(ada, "result");
        }],
        ["a rematch needs both, and keeps both", async () => {
            await ada.byId("rematch").click();
            await bob.byId("rematch").click();
            await eventually("both are in the next match", () =>
                [ada, bob].every((player) => player.state && player.state.match_id !== firstGame));
            expectEqual(ada.state.match_id, bob.state.match_id, "the rematch");
            await eventually("it runs", () => ada.state.status === "running" && bob.state.status === "running", 20_000);
        }],
        ["a pause is told to both, and taken back", async () => {
            await ada.byId("pause").click();
            await eventually("the other is told", async () => /paused/i.test(await bob.byId("overlay").innerText()));
            await expectAccessible(ada.page, "the pause");
            await ada.byId("unpause").click();
            await eventually("it goes on", () => ada.state.status === "running", 20_000);
        }],
        ["resigning ends it at once", async () => {
            await bob.byId("resign").click();
            await bob.byId("confirm").click();
            await Promise.all([ada, bob].map((player) => player.byId("result").waitFor()));
            expectEqual(await ada.byId("result").getAttribute("data-outcome"), "won", "the one who stayed");
            expectEqual(ada.over.reason, "resign", "the reason");
        }],
        ["both matches are in the history", async () => {
            await ada.open("#/history");
            await ada.byId("history-table").waitFor();
            const rows = await ada.byId("history-table").locator("tbody tr").allInnerTexts();
            expectEqual(rows.length, 2, "rows");
            expect(rows.every((row) => row.includes(bob.name)), `the opponent is missing: ${rows}`);
            expect(rows[1].includes(String(WIN_SCORE)), `the score is missing: ${rows[1]}`);
            await expectAccessible(ada.page, "the history");
            await picture(ada, "history");
        }],
        ["the way back to the queue and out of it works", async () => {
            await bob.byId("play-again").click();
            await bob.byId("queue-status").waitFor();
            await bob.byId("cancel-queue").click();
            await bob.byId("play-now").waitFor();
        }],
        ["nothing went wrong behind the screens", async () => {
            expectEqual([...browsers[0].faults, ...browsers[1].faults], [], "faults");
        }],
    ];
    try {
        return await runStory("match", steps);
    } finally {
        await Promise.allSettled([ada.stop(), bob.stop()]);
        for (const [at, browser] of browsers.entries()) {
            if (browser.faults.length > 0) console.log(`faults of browser ${at + 1}:`, browser.faults);
            await browser.close();
        }
    }
}
