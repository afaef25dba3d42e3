// Short tones made on the spot; no file is loaded. Every sound repeats something that is also seen,
// and one button turns all of them off for good.

type Tone = "hit" | "answer" | "point" | "lost" | "count" | "found";

/** Pitch in hertz, length in seconds, and how loud. */
const TONES: Record<Tone, readonly [number, number, number][]> = {
    hit: [[523, 0.07, 0.16]],
    answer: [[392, 0.07, 0.1]],
    point: [
        [659, 0.09, 0.14],
        [988, 0.16, 0.14],
    ],
    lost: [
        [330, 0.1, 0.12],
        [220, 0.2, 0.12],
    ],
    count: [[440, 0.06, 0.1]],
    found: [
        [523, 0.1, 0.16],
        [659, 0.1, 0.16],
        [784, 0.2, 0.16],
    ],
};
const STORED = "rally.sound";

let context: AudioContext | null = null;
let on = read();

export function isSoundOn(): boolean {
    return on;
}

export function setSound(wanted: boolean): void {
    on = wanted;
    try {
        window.localStorage.setItem(STORED, wanted ? "on" : "off");
    } catch {
        // Storage is off: the choice lasts as long as the page.
    }
}

/** Plays a tone, or nothing when sound is off or the browser wants a press first. */
export function play(tone: Tone): void {
    if (!on || typeof AudioContext === "undefined") return;
    // After a reload nothing has been pressed yet, and asking too early only earns a warning.
    if (navigator.userActivation?.hasBeenActive === false) return;
    context ??= new AudioContext();
    if (context.state === "suspended") void context.resume();
    if (context.state !== "running") return;
    let at = context.currentTime;
    for (const [pitch, length, loudness] of TONES[tone]) {
        note(context, at, pitch, length, loudness);
        at += length * 0.9;
    }
}

function note(
    audio: AudioContext,
    at: number,
    pitch: number,
    length: number,
    loudness: number,
): void {
    const source = audio.createOscillator();
    const volume = audio.createGain();
    source.type = "square";
    source.frequency.value = pitch;
    // A square wave is loud for its level; the quick rise and fall avoid clicks.
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(loudness * 0.5, at + 0.004);
    volume.gain.exponentialRampToValueAtTime(0.001, at + length);
    source.connect(volume).connect(audio.destination);
    source.start(at);
    source.stop(at + length);
}

function read(): boolean {
    try {
        return window.localStorage.getItem(STORED) !== "off";
    } catch {
        return true;
    }
}
