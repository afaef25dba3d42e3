// Letters and digits in blocks, as the first scoreboards drew them: the wordmark, the score and the
// countdown. Drawn, so that they look the same on every machine; the text itself is always given
// to screen readers beside them.
import { h, s } from "./dom.ts";

const GLYPHS: Record<string, readonly string[]> = {
    "0": ["###", "# #", "# #", "# #", "###"],
    "1": [" # ", " # ", " # ", " # ", " # "],
    "2": ["###", "  #", "###", "#  ", "###"],
    "3": ["###", "  #", "###", "  #", "###"],
    "4": ["# #", "# #", "###", "  #", "  #"],
    "5": ["###", "#  ", "###", "  #", "###"],
    "6": ["###", "#  ", "###", "# #", "###"],
    "7": ["###", "  #", "  #", "  #", "  #"],
    "8": ["###", "# #", "###", "# #", "###"],
    "9": ["###", "# #", "###", "  #", "###"],
    R: ["####", "#  #", "### ", "# # ", "#  #"],
    A: ["####", "#  #", "####", "#  #", "#  #"],
    L: ["#   ", "#   ", "#   ", "#   ", "####"],
    Y: ["#  #", "#  #", "####", "  # ", "  # "],
};

/** Path of one glyph, a block being one unit, shifted right by `x`. */
function glyphPath(rows: readonly string[], x: number): string {
    let path = "";
    rows.forEach((row, y) => {
        for (const run of row.matchAll(/#+/g)) {
            path += `M${x + (run.index ?? 0)} ${y}h${run[0].length}v1h-${run[0].length}z`;
        }
    });
    return path;
}

/** One digit as a drawing, hidden from screen readers. */
function digit(character: string): SVGElement {
    const rows = GLYPHS[character] ?? [];
    const drawing = s("svg", { class: "blocks", viewBox: "0 0 3 5", "aria-hidden": "true" });
    drawing.append(s("path", { d: glyphPath(rows, 0), "shape-rendering": "crispEdges" }));
    return drawing;
}

/** A number in blocks with its text for screen readers and tests. */
export function blockNumber(value: number): Node[] {
    const text = String(value);
    return [h("span", { class: "unseen" }, text), ...[...text].map(digit)];
}

/** The name of the product, with the ball where a full stop would be. */
export function wordmark(): SVGElement {
    const letters = "RALLY";
    let path = "";
    [...letters].forEach((letter, index) => {
        path += glyphPath(GLYPHS[letter] ?? [], index * 5);
    });
    return s(
        "svg",
        { class: "wordmark", viewBox: "0 0 27 5", role: "img", "aria-label": "Rally" },
        s("path", { d: path, "shape-rendering": "crispEdges" }),
        s("circle", { class: "wordmark__ball", cx: 25.4, cy: 4.2, r: 0.8 }),
    );
}
