// The real rallyd on free ports and in an empty folder, ended with the tests that started it.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const RALLYD = process.env.RALLYD ?? join(ROOT, "build/rallyd");
const START_MS = 15_000;
const STOP_MS = 10_000;

/** Resolves to {url, stop} once the server has said that it listens. */
export function startServer(settings = {}) {
    const folder = mkdtempSync(join(tmpdir(), "rally-e2e-"));
    const process_ = spawn(RALLYD, [], {
        cwd: ROOT,
        env: {
            PATH: process.env.PATH,
            RALLY_HTTP_LISTEN: "127.0.0.1:0",
            RALLY_ADMIN_LISTEN: "127.0.0.1:0",
            RALLY_DATA_DIR: join(folder, "data"),
            ...settings,
        },
        stdio: ["ignore", "pipe", "pipe"],
    });
    const lines = [];
    const stop = () =>
        new Promise((resolve) => {
            const done = (code) => {
                rmSync(folder, { recursive: true, force: true });
                resolve(code);
            };
            if (process_.exitCode !== null || process_.signalCode !== null) {
                done(process_.exitCode);
                return;
            }
            const last = setTimeout(() => process_.kill("SIGKILL"), STOP_MS);
            process_.once("exit", (code) => {
                clearTimeout(last);
                done(code);
            });
            // The first signal drains, the second ends at once; results are flushed either way.
            process_.kill("SIGTERM");
            const again = setTimeout(() => process_.kill("SIGTERM"), 300);
            process_.once("exit", () => clearTimeout(again));
        });
    return new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error("rallyd did not start")), START_MS);
        let text = "";
        process_.stdout.on("data", (data) => {
            text += data;
            const found = /^listening on (http:\/\/\S+)/m.exec(text);
            if (found) {
                clearTimeout(late);
                resolve({ url: found[1], lines, stop });
            }
        });
        process_.stderr.on("data", (data) => lines.push(...String(data).split("\n")));
        process_.once("error", reject);
        process_.once("exit", (code) =>
            reject(new Error(`rallyd ended with ${code}:\n${text}\n${lines.slice(-20).join("\n")}`)),
        );
    });
}
