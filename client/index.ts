import { createAsk } from "./ask.ts";
import { createFeed, type Operation, type Result, readResult, type Status } from "./feed.ts";
import { createTokens, type GetToken, type Token } from "./token.ts";

export { type GetToken, type Operation, type Result, readResult, type Status, type Token };

/** The worst status of all live operations in this tab; undefined if there are none. */
export type State = Status | { readonly kind: "signed out" } | undefined;

/** Creates a client of the gateway at `address`. */
export function createClient(address: string, getToken: GetToken) {
  const feeds = new Set<ReturnType<typeof createFeed>>();
  const listeners = new Set<() => void>();
  let caller: string | undefined;
  let isSignedOut = false;
  let state: State;
  let timer: ReturnType<typeof setInterval> | undefined;

  const tokens = createTokens(address, getToken, (next) => {
    caller = next;
    tick();
  });
  const ask = createAsk(tokens, (isRefused) => {
    isSignedOut = isRefused;
    show();
  });

  function tick(): void {
    // Renews the token even if nothing is sent.
    if (!isSignedOut) void tokens.current().catch(() => {});
    const isIdle = isSignedOut || document.visibilityState === "hidden";
    for (const feed of feeds) feed.tick(isIdle ? undefined : caller);
    show();
  }

  function show(): void {
    const statuses = [...feeds].map((feed) => feed.status());
    const find = (kind: Status["kind"]) => statuses.find((status) => status?.kind === kind);
    const next: State = isSignedOut ? { kind: "signed out" } : (find("waiting") ?? find("polling") ?? find("live"));
    if (JSON.stringify(next) === JSON.stringify(state)) return;
    state = next;
    for (const listener of listeners) listener();
  }

  return {
    ask,
    /** Follows a live query or a subscription. Returns a function that ends it. */
    streamed(operation: Operation, sink: (result: Result) => void): () => void {
      const feed = createFeed(operation, address, ask, sink);
      feeds.add(feed);
      if (!timer) document.addEventListener("visibilitychange", tick);
      timer ??= setInterval(tick, 1_000);
      tick();
      return () => {
        feed.stop();
        feeds.delete(feed);
        show();
      };
    },
    get state(): State {
      return state;
    },
    /** Calls back whenever `state` changes. Returns a function that ends it. */
    onState(listener: () => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    /** Call it after a sign-in or sign-out in this tab. */
    signedIn(): void {
      isSignedOut = false;
      // Until the token has arrived, it is unknown whose data may be shown.
      caller = undefined;
      tokens.forget();
      tick();
    },
  };
}
