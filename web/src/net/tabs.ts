// Windows of one browser are one player, because they share a cookie. This lets a window find out
// whether another one is in a queue or a match right now. Only a question and an answer are sent.

const ANSWER_WITHIN_MS = 150;

export class Tabs {
    private readonly channel =
        typeof BroadcastChannel === "function" ? new BroadcastChannel("rally") : null;
    private busy = false;

    constructor() {
        this.channel?.addEventListener("message", (event) => {
            if (event.data === "who" && this.busy) this.channel?.postMessage("busy");
        });
    }

    /** This window begins or ends to wait or play. */
    setBusy(busy: boolean): void {
        this.busy = busy;
    }

    /** True when another window answers that it waits or plays. */
    othersBusy(): Promise<boolean> {
        const { channel } = this;
        if (channel === null) return Promise.resolve(false);
        return new Promise((resolve) => {
            const settle = (answer: boolean): void => {
                channel.removeEventListener("message", listen);
                window.clearTimeout(timer);
                resolve(answer);
            };
            const listen = (event: MessageEvent): void => {
                if (event.data === "busy") settle(true);
            };
            const timer = window.setTimeout(() => settle(false), ANSWER_WITHIN_MS);
            channel.addEventListener("message", listen);
            channel.postMessage("who");
        });
    }
}
