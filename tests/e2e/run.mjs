// Runs the browser tests and ends with one line of counts.
//
//     node tests/e2e/run.mjs [--pictures FOLDER] [match] [screens]
//
// RALLYD names the server under test, CHROMIUM the browser.
import { mkdirSync } from "node:fs";
import { matchStory } from "./match.mjs";
import { screensStory } from "./screens.mjs";
import { startServer } from "./server.mjs";

const STORIES = { match: matchStory, screens: screensStory };

const words = process.argv.slice(2);
const at = words.indexOf("--pictures");
const pictures = at < 0 ? null : words.splice(at, 2)[1];
if (pictures) mkdirSync(pictures, { recursive: true });
const names = words.length > 0 ? words : Object.keys(STORIES);

let passed = 0;
let failed = 0;
for (const name of names) {
    const server = await startServer({ RALLY_RULESET_CLASSIC_WIN: "3" });
    try {
        const counts = await STORIES[name](server, pictures);
        passed += counts.passed;
        failed += counts.failed;
        if (counts.failed > 0) console.log(server.lines.slice(-30).join("\n"));
    } finally {
        await server.stop();
    }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
