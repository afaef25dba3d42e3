// Draws the court: the surface and its lines once per size, the paddles and the ball every frame.
// All text is in the page around it. Colours come from the tokens of the style sheet.
import { prefersReducedMotion } from "../a11y.ts";
import type { Picture } from "./presenter.ts";
import type { Ruleset, Side } from "./types.ts";

type Paint = Record<"court" | "edge" | "line" | "ball" | "you" | "them", string>;

const TRAIL = 9;
const RING_MS = 260;

interface Point {
    x: number;
    y: number;
}

interface Ring extends Point {
    bornMs: number;
}

export class CourtView {
    readonly ground = canvas();
    readonly players = canvas();
    private readonly trail: Point[] = [];
    private readonly sizes: ResizeObserver;
    private rings: Ring[] = [];
    private paint: Paint = readPaint();
    private scaleX = 1;
    private scaleY = 1;
    /** How much a circle is squeezed along each axis so that it stays round on screen. */
    private roundX = 1;
    private roundY = 1;
    private calm = prefersReducedMotion();

    constructor(
        private readonly ruleset: Ruleset,
        /** Whose paddle is drawn as mine; null draws both alike. */
        private readonly mine: Side | null,
        /** Leaves the inner lines out, for a court that has text on it. */
        private readonly plain = false,
    ) {
        this.sizes = new ResizeObserver(() => this.resize());
        this.sizes.observe(this.ground);
    }

    stop(): void {
        this.sizes.disconnect();
    }

    /** World units per pixel of the page, for drags. */
    unitsPerPixel(): number {
        const height = this.ground.clientHeight;
        return height === 0 ? 1 : this.ruleset.height / height;
    }

    /** A ring that spreads where the ball was hit. */
    hit(x: number, y: number, nowMs: number): void {
        if (!this.calm) this.rings.push({ x, y, bornMs: nowMs });
    }

    /** The ball was served anew: its trail would be a lie. */
    clearTrail(): void {
        this.trail.length = 0;
    }

    draw(picture: Picture, nowMs: number, moving: boolean): void {
        const pen = this.players.getContext("2d");
        if (pen === null) return;
        pen.setTransform(this.scaleX, 0, 0, this.scaleY, 0, 0);
        pen.clearRect(0, 0, this.ruleset.width, this.ruleset.height);
        this.drawRings(pen, nowMs);
        this.drawTrail(pen, picture, moving);
        this.drawPaddle(pen, "left", picture.left);
        this.drawPaddle(pen, "right", picture.right);
        this.drawBall(pen, picture);
    }

    private resize(): void {
        const box = this.ground.getBoundingClientRect();
        if (box.width === 0) return;
        const density = Math.min(3, window.devicePixelRatio || 1);
        const width = Math.round(box.width * density);
        const height = Math.round(box.height * density);
        for (const layer of [this.ground, this.players]) {
            layer.width = width;
            layer.height = height;
        }
        this.scaleX = width / this.ruleset.width;
        this.scaleY = height / this.ruleset.height;
        const unit = Math.min(this.scaleX, this.scaleY);
        this.roundX = unit / this.scaleX;
        this.roundY = unit / this.scaleY;
        this.paint = readPaint();
        this.calm = prefersReducedMotion();
        this.drawGround();
    }

    /** A tennis court from above, half as loud as the game on it. */
    private drawGround(): void {
        const pen = this.ground.getContext("2d");
        if (pen === null) return;
        const { width, height } = this.ruleset;
        pen.setTransform(this.scaleX, 0, 0, this.scaleY, 0, 0);
        pen.fillStyle = this.paint.court;
        pen.fillRect(0, 0, width, height);
        pen.fillStyle = this.paint.edge;
        pen.globalAlpha = 0.55;
        pen.fillRect(0, 0, width, height / 10);
        pen.fillRect(0, (height * 9) / 10, width, height / 10);
        pen.strokeStyle = this.paint.line;
        pen.lineWidth = 2;
        pen.globalAlpha = 0.2;
        line(pen, 0, height / 10, width, height / 10);
        line(pen, 0, (height * 9) / 10, width, (height * 9) / 10);
        if (!this.plain) {
            const [near, far] = [width * 0.23, width * 0.77];
            for (const x of [near, far]) line(pen, x, height / 10, x, (height * 9) / 10);
            line(pen, near, height / 2, far, height / 2);
        }
        pen.globalAlpha = 0.62;
        pen.lineWidth = 4;
        pen.setLineDash([height / 40, height / 40]);
        pen.lineDashOffset = height / 80;
        line(pen, width / 2, 0, width / 2, height);
        pen.setLineDash([]);
        pen.globalAlpha = 1;
    }

    /** Mine is solid, the other is hollow: told apart without colour. */
    private drawPaddle(pen: CanvasRenderingContext2D, side: Side, y: number): void {
        const { width, height } = this.ruleset.paddle;
        const x = side === "left" ? 0 : this.ruleset.width - width;
        const top = y - height / 2;
        const mine = this.mine === null ? side === "left" : side === this.mine;
        const round = width / 4;
        if (mine) {
            pen.fillStyle = this.paint.you;
            box(pen, x, top, width, height, round);
            pen.fill();
            return;
        }
        const border = Math.max(2.5, width / 4);
        pen.strokeStyle = this.paint.them;
        pen.lineWidth = border;
        box(pen, x + border / 2, top + border / 2, width - border, height - border, round);
        pen.globalAlpha = 0.28;
        pen.fillStyle = this.paint.them;
        pen.fill();
        pen.globalAlpha = 1;
        pen.stroke();
    }

    private drawBall(pen: CanvasRenderingContext2D, picture: Picture): void {
        const radius = this.ruleset.ball.size / 2;
        pen.fillStyle = this.paint.edge;
        pen.globalAlpha = 0.5;
        this.disc(pen, picture.ball.x, picture.ball.y, radius * 1.7);
        pen.globalAlpha = 1;
        pen.fillStyle = this.paint.ball;
        this.disc(pen, picture.ball.x, picture.ball.y, radius * 1.15);
    }

    private disc(pen: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
        pen.beginPath();
        pen.ellipse(x, y, radius * this.roundX, radius * this.roundY, 0, 0, Math.PI * 2);
        pen.fill();
    }

    private drawTrail(pen: CanvasRenderingContext2D, picture: Picture, moving: boolean): void {
        if (this.calm || !moving) {
            this.trail.length = 0;
            return;
        }
        const last = this.trail[this.trail.length - 1];
        if (last !== undefined && Math.abs(last.x - picture.ball.x) > this.ruleset.width / 4) {
            this.trail.length = 0;
        }
        this.trail.push({ x: picture.ball.x, y: picture.ball.y });
        if (this.trail.length > TRAIL) this.trail.shift();
        pen.strokeStyle = this.paint.ball;
        for (let index = 1; index < this.trail.length; index++) {
            const [from, to] = [this.trail[index - 1] as Point, this.trail[index] as Point];
            const age = index / this.trail.length;
            pen.globalAlpha = 0.3 * age * age;
            pen.lineWidth = this.ruleset.ball.size * age;
            line(pen, from.x, from.y, to.x, to.y);
        }
        pen.globalAlpha = 1;
    }

    private drawRings(pen: CanvasRenderingContext2D, nowMs: number): void {
        this.rings = this.rings.filter((ring) => nowMs - ring.bornMs < RING_MS);
        pen.strokeStyle = this.paint.line;
        for (const ring of this.rings) {
            const age = (nowMs - ring.bornMs) / RING_MS;
            pen.globalAlpha = 0.5 * (1 - age);
            pen.lineWidth = 3 * (1 - age) + 0.5;
            const radius = this.ruleset.ball.size * (0.6 + 1.8 * age);
            const [radiusX, radiusY] = [radius * this.roundX, radius * this.roundY];
            pen.beginPath();
            pen.ellipse(ring.x, ring.y, radiusX, radiusY, 0, 0, Math.PI * 2);
            pen.stroke();
        }
        pen.globalAlpha = 1;
    }
}

function canvas(): HTMLCanvasElement {
    const element = document.createElement("canvas");
    element.className = "court__layer";
    element.setAttribute("aria-hidden", "true");
    return element;
}

function readPaint(): Paint {
    const style = getComputedStyle(document.documentElement);
    const token = (name: string): string => style.getPropertyValue(name).trim();
    return {
        court: token("--court"),
        edge: token("--court-edge"),
        line: token("--line"),
        ball: token("--ball"),
        you: token("--you"),
        them: token("--them"),
    };
}

function line(
    pen: CanvasRenderingContext2D,
    x1: number,
    y1: number,
    x2: number,
    y2: number,
): void {
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.lineTo(x2, y2);
    pen.stroke();
}

function box(
    pen: CanvasRenderingContext2D,
    x: number,
    y: number,
    width: number,
    height: number,
    radius: number,
): void {
    pen.beginPath();
    pen.moveTo(x + radius, y);
    pen.arcTo(x + width, y, x + width, y + height, radius);
    pen.arcTo(x + width, y + height, x, y + height, radius);
    pen.arcTo(x, y + height, x, y, radius);
    pen.arcTo(x, y, x + width, y, radius);
    pen.closePath();
}
