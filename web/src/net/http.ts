// One request, one answer: JSON in, JSON out, every failure as an ApiError with a stable code.
// It knows nothing about who is signed in; session.ts does.

export class ApiError extends Error {
    constructor(
        readonly status: number,
        readonly code: string,
        message: string,
        /** Sentences for single fields, by the name of the field. */
        readonly fields: Record<string, string> = {},
        readonly retryAfterSeconds: number | null = null,
        readonly body: Record<string, unknown> = {},
    ) {
        super(message);
    }
}

export type Method = "GET" | "POST" | "PATCH" | "DELETE";

const TIMEOUT_MS = 10_000;

export async function send<T>(
    method: Method,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
): Promise<T> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
        const response = await fetch(path, {
            method,
            headers:
                body === undefined ? headers : { ...headers, "Content-Type": "application/json" },
            body: body === undefined ? null : JSON.stringify(body),
            credentials: "same-origin",
            signal: abort.signal,
        });
        const value = await readBody(response);
        if (!response.ok) throw problem(response, value);
        return value as T;
    } catch (error) {
        if (error instanceof ApiError) throw error;
        throw new ApiError(0, "offline", "The server cannot be reached.");
    } finally {
        clearTimeout(timer);
    }
}

async function readBody(response: Response): Promise<unknown> {
    const text = await response.text();
    if (text === "") return null;
    try {
        return JSON.parse(text) as unknown;
    } catch {
        if (!response.ok) return null;
        throw new ApiError(response.status, "bad_reply", "The answer is not JSON.");
    }
}

function problem(response: Response, value: unknown): ApiError {
    const body = (typeof value === "object" && value !== null ? value : {}) as Record<
        string,
        unknown
    >;
    const fields: Record<string, string> = {};
    if (Array.isArray(body.errors)) {
        for (const error of body.errors as { pointer?: string; detail?: string }[]) {
            const name = (error.pointer ?? "").replace(/^#?\//, "");
            if (name !== "") fields[name] = error.detail ?? "Not valid.";
        }
    }
    const retryAfter = Number(response.headers.get("Retry-After") ?? NaN);
    return new ApiError(
        response.status,
        typeof body.code === "string" ? body.code : `http_${response.status}`,
        String(body.detail ?? body.error ?? body.title ?? `The server answered ${response.status}.`),
        fields,
        Number.isFinite(retryAfter) ? retryAfter : null,
        body,
    );
}
