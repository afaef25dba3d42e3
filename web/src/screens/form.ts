// A form whose fields say what is wrong with them: labels, hints and errors are tied together for
// screen readers, and the first wrong field gets the keyboard.
import { announce } from "../a11y.ts";
import { h, say, show, type Props } from "../dom.ts";
import { ApiError } from "../net/http.ts";
import { failureWords } from "./words.ts";

export interface FieldText {
    name: string;
    label: string;
    type: "text" | "password" | "email";
    autocomplete: string;
    hint?: string;
    optional?: boolean;
    /** What stands in it at first. */
    value?: string;
    /** Asks phones for digits. */
    numeric?: boolean;
    /** A choice among these values, with their words, instead of a line to write in. */
    options?: [string, string][];
    minlength?: number;
    maxlength?: number;
    /** Returns a sentence when the value will not do. */
    check?: (value: string) => string | null;
}

interface Field {
    text: FieldText;
    input: HTMLInputElement | HTMLSelectElement;
    error: HTMLElement;
    element: HTMLElement;
}

export function makeForm(
    texts: FieldText[],
    submitLabel: string,
    submit: (values: Record<string, string>) => Promise<void>,
): HTMLFormElement {
    const fields = texts.map(makeField);
    const failure = h("p", { class: "note note--bad", role: "alert", hidden: true });
    const button = h(
        "button",
        { class: "button button--primary form__submit", type: "submit", "data-testid": "submit" },
        submitLabel,
    );
    const form = h(
        "form",
        { class: "form", novalidate: true },
        ...fields.map((field) => field.element),
        failure,
        button,
    );
    let busy = false;
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        if (busy) return;
        show(failure, false);
        if (!checkAll(fields)) return;
        busy = true;
        button.setAttribute("aria-disabled", "true");
        const values = Object.fromEntries(
            fields.map((field) => [field.text.name, field.input.value.trim()]),
        );
        submit(values)
            .catch((reason: unknown) => {
                if (placeErrors(fields, reason)) return;
                say(failure, failureWords(reason));
                show(failure, true);
            })
            .finally(() => {
                busy = false;
                button.removeAttribute("aria-disabled");
            });
    });
    return form;
}

function makeField(text: FieldText): Field {
    const id = `field-${text.name}`;
    const named = { class: "field__input", id, name: text.name };
    const input = text.options === undefined ? makeInput(text, named) : makeSelect(text, named);
    const error = h("p", { class: "field__error", id: `${id}-error`, hidden: true });
    const element = h(
        "div",
        { class: "field" },
        h("label", { class: "field__label", for: id }, text.label),
        input,
        h("p", { class: "field__hint", id: `${id}-hint` }, text.hint),
        error,
    );
    const field = { text, input, error, element };
    input.addEventListener("input", () => setError(field, null));
    return field;
}

function makeInput(text: FieldText, named: Props & { id: string }): HTMLInputElement {
    return h("input", {
        ...named,
        type: text.type,
        autocomplete: text.autocomplete,
        autocapitalize: "none",
        spellcheck: "false",
        inputmode: text.numeric ? "numeric" : null,
        value: text.value,
        required: text.optional !== true,
        maxlength: text.maxlength,
        "aria-describedby": `${named.id}-hint ${named.id}-error`,
    });
}

function makeSelect(text: FieldText, named: Props): HTMLSelectElement {
    const options = text.options ?? [];
    return h("select", named, ...options.map(([value, words]) => h("option", { value }, words)));
}

function setError(field: Field, sentence: string | null): void {
    say(field.error, sentence ?? "");
    show(field.error, sentence !== null);
    if (sentence === null) field.input.removeAttribute("aria-invalid");
    else field.input.setAttribute("aria-invalid", "true");
}

function checkAll(fields: Field[]): boolean {
    const wrong = fields.filter((field) => {
        const sentence = checkOne(field);
        setError(field, sentence);
        return sentence !== null;
    });
    return focusFirst(wrong);
}

function checkOne(field: Field): string | null {
    const value = field.input.value.trim();
    if (value === "") return field.text.optional ? null : `${field.text.label} is needed.`;
    const shortest = field.text.minlength ?? 0;
    if (value.length < shortest) return `At least ${shortest} characters, please.`;
    return field.text.check?.(value) ?? null;
}

/** Puts the server's complaints beside their fields; false when they belong to none. */
function placeErrors(fields: Field[], reason: unknown): boolean {
    if (!(reason instanceof ApiError)) return false;
    const named: Record<string, string> = { ...reason.fields };
    if (reason.code === "username_taken") named.username = failureWords(reason);
    if (reason.code === "email_taken") named.email = failureWords(reason);
    const wrong = fields.filter((field) => {
        const sentence = named[field.text.name];
        if (sentence !== undefined) setError(field, sentence);
        return sentence !== undefined;
    });
    return !focusFirst(wrong);
}

function focusFirst(wrong: Field[]): boolean {
    const first = wrong[0];
    if (first === undefined) return true;
    first.input.focus();
    announce(first.error.textContent ?? "");
    return false;
}

const NAME = /^[A-Za-z0-9_-]+$/;

/** The name and password rules of a new account, shared by register and keep. */
export const NEW_ACCOUNT_FIELDS: FieldText[] = [
    {
        name: "username",
        label: "Name",
        type: "text",
        autocomplete: "username",
        hint: "3 to 32 letters, digits, - or _. Opponents see it.",
        minlength: 3,
        maxlength: 32,
        check: (value) => {
            if (!NAME.test(value)) return "Only letters, digits, - and _.";
            return /^\d+$/.test(value) ? "Not only digits, please." : null;
        },
    },
    {
        name: "password",
        label: "Password",
        type: "password",
        autocomplete: "new-password",
        hint: "At least 8 characters. A few words are better than a few symbols.",
        minlength: 8,
        maxlength: 128,
    },
    {
        name: "email",
        label: "Email (optional)",
        type: "email",
        autocomplete: "email",
        optional: true,
        check: (value) => (/^\S+@\S+\.\S+$/.test(value) ? null : "That is not an email address."),
    },
];
