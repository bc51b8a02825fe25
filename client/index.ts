import { createAsk } from "./ask.ts";
import { createFeed, type Feed, type Operation, type Result, type Status } from "./feed.ts";
import { canShare } from "./lock.ts";
import { createTokens, type GetToken, identify } from "./token.ts";

export type { GetToken, Token } from "./token.ts";
export type { Operation, Result, Status };

/** What screens can show of all that is live in this tab; undefined: nothing is. */
export type State = Status | { readonly kind: "signed out" } | undefined;

/** Who follows an operation. */
interface Follower {
  readonly feed: () => Feed | undefined;
  restart(): void;
}

/**
 * Creates the client of a gateway. `ask` is a `fetch` that says who asks; `streamed` keeps an operation up to date and
 * returns what ends that; `state` is told to the listeners of `onState` when it changes.
 */
export function createClient(address: string, getToken: GetToken) {
  const followers = new Map<string, Follower & { readonly sinks: Set<(result: Result) => void> }>();
  const listeners = new Set<() => void>();
  let isSignedOut = false;
  let state: State;
  /** Who asks, in a hash. */
  let caller: string | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;

  const tokens = createTokens(getToken, () => void renewed());
  const ask = createAsk(tokens, (is) => {
    isSignedOut = is;
    show();
  });

  /** Streams of the same caller go on with the new token; those of another one begin anew. */
  async function renewed(): Promise<void> {
    const token = await tokens.current().catch(() => undefined);
    const next = canShare ? await identify(address, token) : undefined;
    isSignedOut &&= token === undefined;
    const isSame = next === caller;
    caller = next;
    for (const follower of followers.values()) isSame ? follower.feed()?.reopen() : follower.restart();
    tickAll();
  }

  function tickAll(): void {
    // So a token is renewed in time where no request asks for it.
    if (!isSignedOut) void tokens.current().catch(() => {});
    for (const { feed } of followers.values()) feed()?.tick();
    show();
  }

  function show(): void {
    const statuses = [...followers.values()].flatMap(({ feed }) => feed()?.status ?? []);
    const rank = { waiting: 0, polling: 1, live: 2 };
    statuses.sort((a, b) => rank[a.kind] - rank[b.kind] || ("since" in a && "since" in b ? a.since - b.since : 0));
    const next: State = isSignedOut ? { kind: "signed out" } : statuses[0];
    if (JSON.stringify(next) === JSON.stringify(state)) return;
    state = next;
    for (const listener of listeners) listener();
  }

  function follow(key: string, operation: Operation) {
    const sinks = new Set<(result: Result) => void>();
    let feed: Feed | undefined;
    const restart = () => {
      feed?.stop();
      const name = caller && `${caller} ${key}`;
      const isWanted = () => !isSignedOut && globalThis.document?.visibilityState !== "hidden";
      const emit = (result: Result) => {
        for (const sink of [...sinks]) sink(result);
      };
      feed = createFeed(operation, { address, tokens, ask, name, isWanted, emit });
      feed.tick();
    };
    return { sinks, feed: () => feed, restart };
  }

  const events = ["visibilitychange", "online", "pageshow", "focus"];

  return {
    ask,
    /** Answers a live query now and whenever its answer changes, or tells what a subscription tells. */
    streamed(operation: Operation, sink: (result: Result) => void): () => void {
      const key = JSON.stringify(operation);
      const follower = followers.get(key) ?? follow(key, operation);
      follower.sinks.add(sink);
      const last = operation.kind === "query" && follower.feed()?.last;
      if (last) queueMicrotask(() => follower.sinks.has(sink) && sink(last));
      if (!followers.has(key)) {
        followers.set(key, follower);
        if (!timer) {
          timer = setInterval(tickAll, 1_000);
          for (const event of events) globalThis.addEventListener?.(event, tickAll);
        }
        if (caller || !canShare) follower.restart();
        else void renewed();
      }
      return () => {
        follower.sinks.delete(sink);
        if (follower.sinks.size > 0) return;
        follower.feed()?.stop();
        followers.delete(key);
        if (followers.size === 0) {
          clearInterval(timer);
          timer = undefined;
          for (const event of events) globalThis.removeEventListener?.(event, tickAll);
        }
        show();
      };
    },
    get state(): State {
      return state;
    },
    onState(listener: () => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    /** Says that somebody has signed in or out in this tab. */
    signedIn(): void {
      isSignedOut = false;
      tokens.forget();
    },
  };
}

export type Client = ReturnType<typeof createClient>;
