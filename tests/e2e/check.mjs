// What the tests need to say: bounded waiting for a condition, the accessibility rules, and a
// runner that counts.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Waits until `look` answers something true, and returns it; says `what` when it never does. */
export async function eventually(what, look, withinMs = 15_000) {
    const until = Date.now() + withinMs;
    for (;;) {
        const answer = await look();
        if (answer) return answer;
        if (Date.now() > until) throw new Error(`never happened: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 25));
    }
}

/** The accessibility rules (WCAG 2.2 A and AA, and good practice) over what is on the page now. */
export async function expectAccessible(page, where) {
    // Evaluated by the browser itself, so the page's own policy stays as it is.
    await page.evaluate(AXE);
    const result = await page.evaluate(() =>
        window.axe.run(document, {
            runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
        }),
    );
    const found = result.violations.map(
        (rule) => `${rule.id}: ${rule.help} at ${rule.nodes.map((node) => node.target).join(", ")}`,
    );
    if (found.length > 0) throw new Error(`${where} is not accessible:\n  ${found.join("\n  ")}`);
    if (result.passes.length < 5) throw new Error(`${where}: the rules hardly looked at anything`);
}

export function expect(condition, sentence) {
    if (!condition) throw new Error(sentence);
}

export function expectEqual(got, want, what) {
    const [a, b] = [JSON.stringify(got), JSON.stringify(want)];
    if (a !== b) throw new Error(`${what}: wanted ${b}, got ${a}`);
}

/** Runs the steps in order; a failed one ends its story, and what could not run counts as failed. */
export async function runStory(name, steps) {
    let failed = 0;
    let passed = 0;
    for (const [title, step] of steps) {
        const began = Date.now();
        try {
            await step();
            passed++;
            console.log(`ok   ${name}: ${title} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
        } catch (error) {
            failed = steps.length - passed;
            console.log(`FAIL ${name}: ${title}\n${error.stack}`);
            break;
        }
    }
    return { passed, failed };
}
