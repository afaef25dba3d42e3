// An address that leads nowhere.
import type { Screen } from "../app.ts";
import { message } from "./message.ts";

export function lostScreen(): Screen {
    return message({
        title: "Out of bounds",
        text: "There is no page at this address.",
        actions: [{ label: "Back to the start", href: "#/", primary: true }],
    });
}
