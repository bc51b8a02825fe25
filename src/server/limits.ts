import type { onRequestHookHandler } from "fastify";
import type { Config } from "../config/index.ts";
import type { SharedStore } from "../share/index.ts";
import { createSharedLimit } from "../share/index.ts";
import type { CountFailure } from "./access/auth-hook.ts";
import { createFailedKeyLimit, maxFailures } from "./access/failed-key-limit.ts";
import { createRateLimiter, limitRate } from "./http/rate-limit.ts";

/** What limits callers by their number of requests. */
export interface Limits {
  /** Counts wrong keys, tokens and links of an address. */
  readonly countFailure: CountFailure;
  /** Hooks that limit the operations of a caller (RATE_LIMIT). */
  readonly rateHooks: readonly onRequestHookHandler[];
}

/** Creates the limits: of all processes together if there is a store, else of this one. */
export function createLimits({ open, rateLimit }: Config, store: SharedStore | undefined): Limits {
  const countOwnFailure = createFailedKeyLimit();
  const takeOwn = createRateLimiter(rateLimit);
  const take = store ? createSharedLimit(store, "rate", rateLimit, takeOwn) : takeOwn;
  return {
    countFailure: store
      ? createSharedLimit(store, "wrong keys", maxFailures, countOwnFailure)
      : countOwnFailure,
    rateHooks: open || rateLimit === 0 ? [] : [limitRate(rateLimit, take)],
  };
}
