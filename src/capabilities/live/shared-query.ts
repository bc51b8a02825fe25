import { LightSignal } from "../../alma/index.ts";
import { nextTurn } from "../../graph/index.ts";
import {
  type AuditedRequest,
  createFairSlots,
  ownersOf,
  type RouteParts,
  UnreadBytes,
} from "../../server/index.ts";
import { createRefusal, type Refusal, type StreamedAnswer } from "./streamed-answer.ts";

/** The interval, in milliseconds, at which changes are checked for. */
const OUTDATED_CHECK_INTERVAL = 100;

/** Limits concurrent answers. */
type Slots = ReturnType<typeof createFairSlots>;

/** What a stream follows. */
export interface FollowedSource {
  /** Equal for all followers of the same query. */
  readonly key: string;
  /**
   * Creates the answer after a cursor for all followers; `payer` bears its cost. Rejects with an error that ends all
   * their streams.
   */
  ask(followers: readonly AuditedRequest[], payer: string, after: unknown): Promise<StreamedAnswer>;
  /** The minimum time, in milliseconds, between the starts of two answers. */
  readonly minInterval: number;
  readonly follower: AuditedRequest;
  /** The gateway's address for links. */
  readonly address: string;
  /** The cursor to start after. */
  readonly after: unknown;
  /** Whether the stream ends after one answer. */
  readonly isOnce: boolean;
}

/**
 * Creates a query shared by all streams that are at the same cursor of equal sources. Its answer is created once, and
 * again when outdated. `unread`: counts the bytes of all answers.
 */
function createSharedQuery(
  { ask, minInterval }: FollowedSource,
  after: unknown,
  slots: Slots,
  unread: UnreadBytes,
) {
  const followers = new Set<AuditedRequest>();
  let executionCount = 0;
  /** Releases the memory of its answer. */
  let free: (() => void) | undefined;
  let answer: StreamedAnswer | undefined;
  let failure: unknown;
  let isExecuting = false;
  let startedAt = -Infinity;
  const waiting = new Set<() => void>();

  function begin() {
    if (isExecuting) return;
    isExecuting = true;
    startedAt = performance.now();
    void make().finally(() => {
      isExecuting = false;
      for (const proceed of [...waiting]) proceed();
    });
  }

  async function make() {
    // The followers bear the cost in turns.
    const payer = [...followers][executionCount++ % followers.size]?.caller.id ?? "";
    const release = await slots.take(payer, noSignal);
    try {
      // Many answers may be outdated together; other requests run in between.
      await nextTurn(ownersOf(followers), 0);
      if (followers.size > 0) take(await ask([...followers], payer, after), payer);
    } catch (error) {
      failure = error;
    } finally {
      release?.();
    }
  }

  /** Replaces the previous answer. A temporary failure replaces nothing. */
  function take(made: StreamedAnswer, payer: string) {
    free?.();
    free = undefined;
    // There are no followers any more.
    if (followers.size === 0) return;
    free = unread.tryTake(payer, made.size);
    const refusal = free ? made.refusal : noRoom;
    answer =
      refusal?.isPassing && answer && !answer.refusal
        ? { ...answer, isOutdated: made.isOutdated }
        : { ...made, refusal };
  }

  function change(signal: LightSignal): Promise<void> {
    return new Promise((resolve) => {
      const proceed = () => {
        signal.removeEventListener("abort", proceed);
        waiting.delete(proceed);
        resolve();
      };
      waiting.add(proceed);
      signal.addEventListener("abort", proceed);
    });
  }

  return {
    /**
     * Resolves with an answer that differs from `had`; if `had` is omitted, with one that is not outdated. Undefined
     * once the signal is aborted. Rejects with the reason if there is no answer.
     */
    async next(had: StreamedAnswer | undefined, signal: LightSignal): Promise<StreamedAnswer | undefined> {
      // An answer in progress may have started before its follower's last answer.
      for (let tries = 0; !had && tries < 2 && answer?.isOutdated() !== false && !failure; tries++) {
        begin();
        await change(signal);
      }
      for (;;) {
        if (signal.aborted) return undefined;
        if (failure) throw failure;
        if (answer && answer.content !== had?.content) return answer;
        await change(signal);
      }
    },

    /** Creates the answer again if it is outdated and not too recent. */
    refreshIfOutdated(now: number) {
      if (answer?.isOutdated() && now - startedAt >= minInterval) begin();
    },

    /** Adds a follower. */
    join(follower: AuditedRequest) {
      followers.add(follower);
    },

    /** Removes a follower. Returns whether none is left. */
    leave(follower: AuditedRequest): boolean {
      followers.delete(follower);
      if (followers.size === 0) free?.();
      return followers.size === 0;
    },
  };
}

type SharedQuery = ReturnType<typeof createSharedQuery>;

const noRoom = createRefusal(
  "OVERLOADED",
  "The answers of all streams have used up their memory. Ask for less, or try again later.",
  true,
);
const noSignal = new LightSignal();

/** Creates the queries of all streams. Equal ones are shared. */
export function createSharedQueries(
  { config, authentication: { hasSeveralCallers } }: RouteParts,
  maxStreams: number,
) {
  const slots = createFairSlots(config.maxOperations, Infinity, hasSeveralCallers);
  /** Returns the maximum number of different queries of one caller. */
  const share = () => (hasSeveralCallers() ? Math.ceil(maxStreams / 4) : maxStreams);
  const unread = new UnreadBytes();
  const queries = new Map<string, SharedQuery>();
  let timer: NodeJS.Timeout | undefined;

  function lookAtAll() {
    const now = performance.now();
    for (const query of queries.values()) query.refreshIfOutdated(now);
  }

  /** The number of streams by caller and query. */
  const followed = new Map<string, Map<string, number>>();

  return {
    /** Counts a stream of a caller. Returns a function to call when it ends, or a refusal. */
    enter({ key, follower: { caller } }: FollowedSource): (() => void) | Refusal {
      const own = followed.get(caller.id) ?? new Map<string, number>();
      if (!own.has(key) && own.size >= share())
        return createRefusal(
          "OVERLOADED",
          `The streams of this key follow ${own.size} different queries, the maximum for one of several keys. ` +
            "Send the same query in several streams, or close some.",
          true,
        );
      followed.set(caller.id, own);
      own.set(key, (own.get(key) ?? 0) + 1);
      return () => {
        const left = (own.get(key) ?? 0) - 1;
        if (left > 0) own.set(key, left);
        else own.delete(key);
        if (own.size === 0) followed.delete(caller.id);
      };
    },

    /** Follows the query of a source after a cursor until `run` has ended. */
    async listen<T>(
      source: FollowedSource,
      after: unknown,
      run: (query: SharedQuery) => Promise<T>,
    ): Promise<T> {
      const { follower } = source;
      const key = `${source.key} ${JSON.stringify(after)}`;
      const query = queries.get(key) ?? createSharedQuery(source, after, slots, unread);
      queries.set(key, query);
      timer ??= setInterval(lookAtAll, OUTDATED_CHECK_INTERVAL).unref();
      query.join(follower);
      try {
        return await run(query);
      } finally {
        if (query.leave(follower)) queries.delete(key);
        if (queries.size === 0) {
          clearInterval(timer);
          timer = undefined;
        }
      }
    },
  };
}

export type SharedQueries = ReturnType<typeof createSharedQueries>;
