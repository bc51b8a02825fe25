import { readEvents } from "./events.ts";
import { reserveStream, takeLock } from "./lock.ts";

/** A live query or a subscription: its text, or the id of a persisted document. */
export interface Operation {
  readonly kind: "query" | "subscription";
  readonly query?: string;
  readonly documentId?: string;
  readonly operationName?: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

export interface Result {
  readonly data?: unknown;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions?: Readonly<Record<string, unknown>>;
  }[];
  readonly extensions?: { readonly alma?: { readonly cursor?: string } };
}

/** The freshness of a screen. `since` is a time by `Date.now()`; `why` is the error of the last result. */
export type Status =
  | { readonly kind: "live" }
  | { readonly kind: "polling"; readonly seconds: number }
  | { readonly kind: "waiting"; readonly since: number; readonly why?: string };

/** Milliseconds between polls, until a poll is given up, and until a silent stream is reopened. */
const [POLL, POLL_TIMEOUT, SILENCE] = [10_000, 30_000, 40_000];
/** Milliseconds for which the status may be missing at the start, and stays `live` while a stream is reopened. */
const GRACE = 3_000;
const headers = { "content-type": "application/json", accept: "application/graphql-response+json, text/event-stream" };

/** Reads the result of an operation. Without one, such as from a proxy, it is an error that says so. */
export async function readResult(response: Promise<Response>): Promise<Result> {
  const result = await response.then((answer) => answer.json()).catch(() => {});
  if (result?.data !== undefined || result?.errors?.[0]?.message) return result;
  return { errors: [{ message: "The gateway does not answer.", extensions: { retryAfter: 10 } }] };
}

/**
 * Keeps an operation up to date: polls until it has a stream. Of the feeds of one operation and caller in all tabs, one
 * leads and broadcasts its results. Times are compared with `Date.now()`, since timers stop while a computer sleeps.
 */
export function createFeed(operation: Operation, address: string, ask: typeof fetch, sink: (result: Result) => void) {
  const isQuery = operation.kind === "query";
  let [caller, cursor, why]: (string | undefined)[] = [];
  let last: Result | undefined;
  /** When this feed was started, when its last result was known to be current, and when it last did what was due. */
  let [startedAt, currentAt, tickedAt] = [Date.now(), 0, 0];
  /** How long changes arrive without polling; when to poll and to open a stream; when it was opened and last active. */
  let [liveUntil, pollAt, openAt, openedAt, heardAt] = [0, 0, 0, 0, 0];
  /** False after a stream fell silent immediately: a proxy may buffer events. */
  let [isTrusted, isLeading] = [true, false];
  let channel: BroadcastChannel | undefined;
  let [following, polling, stream]: (AbortController | undefined)[] = [];

  function send(path: string, { signal }: AbortController): Promise<Response> {
    const { kind, variables, ...document } = operation;
    const body = { ...document, variables: cursor === undefined ? variables : { ...variables, after: cursor } };
    return ask(`${address}${path}`, { method: "POST", headers, body: JSON.stringify(body), signal });
  }

  function take(result: Result): void {
    polling?.abort();
    const error = result.errors?.find(({ path = [] }) => path.length <= 1);
    const { code, retryAfter } = error?.extensions ?? {};
    // A new stream clears these errors. A refused token signs the user out.
    why = code === "CURSOR_EXPIRED" || (code === "UNAUTHENTICATED" && !retryAfter) ? undefined : error?.message;
    if (!error) currentAt = Date.now();
    cursor = result.extensions?.alma?.cursor ?? (code === "CURSOR_EXPIRED" ? undefined : cursor);
    // A temporary error only changes the status. No error replaces data that the caller may still see.
    if (code === "UNAUTHENTICATED" || (retryAfter && !result.data) || (error && isQuery && last && code !== "FORBIDDEN")) return;
    last = result;
    sink(result);
    broadcast(result);
  }

  async function poll(): Promise<void> {
    polling?.abort();
    const own = new AbortController();
    [polling, pollAt] = [own, Date.now() + POLL_TIMEOUT];
    const result = await readResult(send("/graphql", own));
    if (own.signal.aborted) return;
    pollAt = Date.now() + POLL;
    take(result);
  }

  async function open(): Promise<void> {
    const own = new AbortController();
    stream = own;
    openedAt = heardAt = Date.now();
    try {
      const isFree = await reserveStream(address, own.signal);
      const response = isFree ? await send("/graphql/stream", own) : undefined;
      if (response?.ok) for await (const event of readEvents(response.body)) if (stream === own) hear(event);
      if (response && !response.ok && !isQuery) take(await readResult(Promise.resolve(response)));
    } catch {
      // It is reopened.
    }
    if (!own.signal.aborted) close();
  }

  function hear({ event, data = "", id }: Readonly<Record<string, string>>): void {
    heardAt = Date.now();
    isTrusted ||= heardAt - openedAt > POLL;
    cursor = id ?? cursor;
    if (!isQuery && event !== "complete") why = undefined;
    if (event === "next" && isQuery && !isTrusted) pollAt = 0;
    else if (event === "next") take(JSON.parse(data));
    if (isTrusted) liveUntil = event === "complete" && why !== undefined ? 0 : heardAt + SILENCE;
    if (isTrusted && why === undefined) currentAt = heardAt;
  }

  /** Closes the stream, to be reopened in about a second, or later after a longer outage. */
  function close(): void {
    stream?.abort();
    stream = undefined;
    const now = Date.now();
    openAt = now + Math.min(Math.max(now - liveUntil, 1_000), POLL) * (0.5 + Math.random());
    liveUntil = Math.min(liveUntil, now + GRACE);
  }

  const broadcast = (result?: Result) =>
    isLeading && channel?.postMessage({ result, cursor, why, currentAt, isLive: Date.now() < liveUntil });

  async function start(next: string): Promise<void> {
    const own = new AbortController();
    following = own;
    // Deletes all data that another caller has seen.
    if (caller !== next) [caller, last, cursor, why, currentAt] = [next, undefined, undefined, undefined, 0];
    [startedAt, liveUntil, pollAt, openAt] = [Date.now(), 0, Date.now() + GRACE, 0];
    const name = `${caller} ${JSON.stringify(operation)}`;
    channel = new BroadcastChannel(name);
    channel.onmessage = ({ data }) => {
      if (data === "hello") broadcast(isQuery ? last : undefined);
      if (data === "hello" || isLeading) return;
      if (data.result) take(data.result);
      ({ cursor, why, currentAt } = data);
      pollAt = Date.now() + POLL;
      liveUntil = data.isLive ? pollAt : 0;
    };
    channel.postMessage("hello");
    await takeLock(name, own.signal);
    if (own.signal.aborted) return;
    [isLeading, pollAt] = [true, 0];
    tick(caller);
  }

  function stop(): void {
    for (const part of [following, polling, stream]) part?.abort();
    channel?.close();
    following = stream = channel = undefined;
    isLeading = false;
  }

  /** Does what is due. Without a caller, with another one, or after the clock was set back, it starts again. */
  function tick(next: string | undefined): void {
    const now = Date.now();
    if (next !== caller || now < tickedAt) stop();
    tickedAt = now;
    if (next === undefined) return;
    if (!following) void start(next);
    if (stream && now - heardAt > SILENCE) {
      isTrusted = heardAt - openedAt > POLL;
      close();
      openAt = now;
    }
    // It polls for itself if the tab that leads is silent, such as one with a dialog open.
    if (isQuery && now >= pollAt && now >= liveUntil) void poll();
    if (!isLeading) return;
    if (!stream && now >= openAt) void open();
    broadcast();
  }

  function status(): Status | undefined {
    const now = Date.now();
    if (why !== undefined) return { kind: "waiting", since: currentAt || startedAt, why };
    if (now < liveUntil) return { kind: "live" };
    if (isQuery && now - currentAt < 3 * POLL) return { kind: "polling", seconds: POLL / 1_000 };
    return now - startedAt < GRACE ? undefined : { kind: "waiting", since: currentAt || startedAt };
  }

  return { tick, stop, status };
}
