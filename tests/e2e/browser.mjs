// A browser of its own (own process, own empty profile) that remembers all that must not happen:
// console errors, uncaught exceptions, policy violations, requests to anybody else.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const PROGRAM = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome"].find((path) => path && existsSync(path));
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic",
    "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--mute-audio"];

/** Opens a browser with one page. `options` are a context's (viewport, reducedMotion, ...). */
export async function openBrowser(url, options = {}) {
    const folder = mkdtempSync(join(tmpdir(), "rally-browser-"));
    const context = await chromium.launchPersistentContext(folder, {
        executablePath: PROGRAM,
        headless: true,
        args: FLAGS,
        viewport: { width: 1120, height: 720 },
        ...options,
    });
    const faults = [];
    const host = new URL(url).host;
    await context.exposeFunction("__reportViolation", (text) => faults.push(`policy: ${text}`));
    await context.addInitScript(() => {
        document.addEventListener("securitypolicyviolation", (event) => {
            window.__reportViolation(`${event.violatedDirective} ${event.blockedURI}`);
        });
    });
    const page = context.pages()[0] ?? (await context.newPage());
    watch(page, host, faults);
    return {
        page,
        faults,
        async close() {
            await context.close();
            rmSync(folder, { recursive: true, force: true });
        },
    };
}

function watch(page, host, faults) {
    page.on("console", (message) => {
        if (message.type() === "error") {
            faults.push(`console: ${message.text()} (${message.location().url})`);
        }
    });
    page.on("pageerror", (error) => faults.push(`exception: ${error.stack ?? error}`));
    const check = (address) => {
        const url = new URL(address);
        if (!["data:", "blob:"].includes(url.protocol) && url.host !== host) {
            faults.push(`third party: ${address}`);
        }
    };
    page.on("request", (request) => check(request.url()));
    page.on("websocket", (socket) => check(socket.url()));
}

/** Opens the address with an empty cache; the bytes that came over the wire until it was quiet. */
export async function measureLoad(page, url) {
    const session = await page.context().newCDPSession(page);
    await session.send("Network.enable");
    await session.send("Network.clearBrowserCache");
    let bytes = 0;
    const names = new Map();
    const rows = [];
    session.on("Network.responseReceived", ({ requestId, response }) => {
        names.set(requestId, response);
    });
    session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
        bytes += encodedDataLength;
        const response = names.get(requestId);
        rows.push({
            url: response?.url,
            bytes: encodedDataLength,
            encoding: response?.headers["content-encoding"] ?? response?.headers["Content-Encoding"],
        });
    });
    await page.goto(url, { waitUntil: "networkidle" });
    await session.detach();
    return { bytes, rows };
}
