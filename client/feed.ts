import { send } from "./ask.ts";
import { readEvents, type StreamEvent } from "./events.ts";
import { MAX_STREAMS, takeLock } from "./lock.ts";
import type { Tokens } from "./token.ts";

/** A live query or a subscription: its text, or the id of a persisted document. */
export interface Operation {
  readonly kind: "query" | "subscription";
  readonly query?: string;
  readonly documentId?: string;
  readonly operationName?: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** An answer of the gateway. */
export interface Result {
  readonly data?: unknown;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions?: Readonly<Record<string, unknown>>;
  }[];
  readonly extensions?: { readonly alma?: { readonly cursor?: string } };
}

/** How fresh a screen is: at most a second old, as old as the pace of polling, or as old as its last answer. */
export type Status =
  | { readonly kind: "live" }
  | { readonly kind: "polling"; readonly seconds: number }
  | { readonly kind: "waiting"; readonly since: number; readonly why?: string };

export interface FeedParts {
  readonly address: string;
  readonly tokens: Tokens;
  readonly ask: typeof fetch;
  /** What tabs of one caller share the feed by; undefined: nothing is shared. */
  readonly name: string | undefined;
  /** Whether somebody looks at this tab and is signed in. */
  isWanted(): boolean;
  emit(result: Result): void;
}

/** Milliseconds: the silence after which a stream is opened again, the pace of polling, and that of tabs that follow. */
const [SILENCE, POLL, CHECK] = [40_000, 10_000, 60_000];
/** Milliseconds until a stream is opened again, at first and at most. */
const [FIRST_DELAY, MAX_DELAY] = [1_000, 10_000];
/** A proxy that holds streams back lets no comment of the gateway pass, which come every 15 s, so long after the start. */
const PROOF = 10_000;
const headers = {
  "content-type": "application/json",
  accept: "application/graphql-response+json, text/event-stream",
};

/**
 * Keeps one operation up to date. Of the tabs that share its name, one leads: it holds the stream and tells the others.
 * `tick` is called each second, and whenever something may have changed: all waiting is a comparison with `Date.now()`,
 * so that a computer that slept, and a tab that was not run, go on at once.
 */
export function createFeed(operation: Operation, { address, tokens, ask, name, isWanted, emit }: FeedParts) {
  const isQuery = operation.kind === "query";
  const channel = name === undefined ? undefined : new BroadcastChannel(name);
  const over = new AbortController();
  const createdAt = Date.now();
  let status: Status | undefined;
  let last: Result | undefined;
  let cursor: string | undefined;
  /** Why the last attempt failed. */
  let why: string | undefined;
  /** When what is shown was known to be right. */
  let goodAt = 0;
  let [askedAt, isAsking, retryAt, delay, tickedAt] = [0, false, 0, FIRST_DELAY, createdAt];
  /** Aborted when this tab gives the lead up. */
  let lead: AbortController | undefined;
  let isLeading = false;
  let leaderAt = 0;
  let stream: AbortController | undefined;
  let [openedAt, heardAt, isOpen, isTrusted] = [0, 0, false, true];

  const body = () => {
    const { kind, variables, ...asked } = operation;
    return JSON.stringify({
      ...asked,
      variables: cursor === undefined ? variables : { ...variables, after: cursor },
    });
  };

  function take(result: Result, isStreamed: boolean): void {
    const error = result.errors?.find(({ path = [] }) => path.length <= 1);
    const code = error?.extensions?.code;
    why = error?.message;
    if (code === "UNAUTHENTICATED") return;
    if (code === "CURSOR_EXPIRED") cursor = undefined;
    cursor = result.extensions?.alma?.cursor ?? cursor;
    // What was held back on its way may be older than the last answer.
    if (isStreamed && isQuery && !isTrusted) askedAt = 0;
    // The last data stays, unless its caller may not see it any more.
    else if (!error || !isQuery || !last || code === "FORBIDDEN") {
      last = result;
      emit(result);
      if (isLeading) channel?.postMessage({ result, cursor });
    }
    if (!error) goodAt = Date.now();
  }

  async function poll(): Promise<void> {
    [askedAt, isAsking] = [Date.now(), true];
    const before = heardAt;
    const signal = AbortSignal.any([over.signal, AbortSignal.timeout(3 * POLL)]);
    const response = await ask(`${address}/graphql`, { method: "POST", headers, body: body(), signal }).catch(() => undefined);
    const result = await response?.json().catch(() => undefined);
    isAsking = false;
    if (over.signal.aborted || !isWanted()) return;
    if (!result) why = response ? `The answer has the status ${response.status}.` : "Nothing answers.";
    // What the stream has said meanwhile is newer.
    else if (!(isOpen && isTrusted && heardAt > before)) take(result, false);
    tick();
  }

  function hear(event?: StreamEvent): void {
    heardAt = Date.now();
    isTrusted ||= heardAt - openedAt > PROOF;
    if (!event) return;
    if (heardAt - openedAt > PROOF) delay = FIRST_DELAY;
    [isOpen, why] = [true, undefined];
    cursor = event.id ?? cursor;
    if (event.event === "next") take(JSON.parse(event.data ?? ""), true);
    if (isTrusted && why === undefined) goodAt = heardAt;
    tick();
  }

  async function open(): Promise<void> {
    const own = new AbortController();
    const { signal } = own;
    stream = own;
    heardAt = openedAt = Date.now();
    try {
      let isFree = name === undefined;
      for (let slot = 0; slot < MAX_STREAMS && !isFree; slot++) isFree = await takeLock(`${address} stream ${slot}`, signal);
      if (!isFree) {
        leave(POLL);
        return;
      }
      const token = await tokens.current();
      const response = await send(
        new Request(`${address}/graphql/stream`, { method: "POST", headers, body: body(), signal }),
        token,
      );
      if (response.status === 401 && token !== undefined) await tokens.refuse(token);
      if (!response.ok || !response.body) throw new Error(`A stream was refused with the status ${response.status}.`);
      await readEvents(response.body, hear);
    } catch (error) {
      if (stream === own) why ??= (error as Error).message;
    }
    if (stream === own) leave();
  }

  /** Ends the stream. Another one is opened after some milliseconds. */
  function leave(wait = delay * (0.5 + Math.random())): void {
    stream?.abort();
    [stream, isOpen] = [undefined, false];
    retryAt = Date.now() + wait;
    delay = Math.min(2 * delay, MAX_DELAY);
    askedAt = Math.min(askedAt, Date.now() - POLL);
  }

  function rest(): void {
    if (!lead) return;
    lead.abort();
    stream?.abort();
    [lead, stream, isLeading, isOpen, askedAt, retryAt, leaderAt] = [undefined, undefined, false, false, 0, 0, 0];
  }

  function compete(): void {
    const own = new AbortController();
    lead = own;
    if (name === undefined) isLeading = true;
    else
      void takeLock(`${name} lead`, own.signal, false).then((isMine) => {
        if (!isMine || lead !== own) return;
        isLeading = true;
        tick();
      });
  }

  function tick(): void {
    const now = Date.now();
    const slept = now - tickedAt > PROOF;
    tickedAt = now;
    if (over.signal.aborted || !isWanted()) {
      rest();
      return;
    }
    if (!lead) compete();
    if (stream && now - heardAt > SILENCE) {
      isTrusted = slept;
      leave(0);
    }
    if (isLeading && !stream && now >= retryAt) void open();
    const isLed = !isLeading && now - leaderAt < PROOF;
    const isLive = isOpen && isTrusted;
    if (isQuery && !isLive && !isAsking && now - askedAt >= (isLed ? CHECK : POLL)) void poll();
    if (isLed) return;
    if (isLive && why === undefined) status = { kind: "live" };
    else if (isQuery && why === undefined && goodAt > 0 && now - goodAt < 3 * POLL)
      status = { kind: "polling", seconds: POLL / 1_000 };
    else if (goodAt > 0 || why !== undefined || now - createdAt > 3_000)
      status = { kind: "waiting", since: goodAt || createdAt, ...(why !== undefined && { why }) };
    if (isLeading) channel?.postMessage({ status, cursor });
  }

  if (channel)
    channel.onmessage = ({ data }) => {
      if (isLeading || !isWanted()) return;
      leaderAt = Date.now();
      cursor = data.cursor ?? cursor;
      if ("status" in data) status = data.status;
      if (status?.kind === "live") goodAt = leaderAt;
      if (data.result) take(data.result, false);
    };

  return {
    tick,
    get status() {
      return status;
    },
    get last() {
      return last;
    },
    /** Opens the stream again, with another token. */
    reopen(): void {
      if (!stream) return;
      const wasOpen = isOpen;
      leave(0);
      isOpen = wasOpen;
      delay = FIRST_DELAY;
      tick();
    },
    stop(): void {
      over.abort();
      rest();
      channel?.close();
    },
  };
}

export type Feed = ReturnType<typeof createFeed>;
