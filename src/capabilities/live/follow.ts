import type { AuditedRequest } from "../../server/index.ts";
import type { Refusal, SharedQueries, StreamedAnswer } from "./shared-query.ts";
import type { Stream } from "./stream.ts";

/** The source that a stream follows. */
export interface FollowedSource {
  /** Equal for all followers of the same query. */
  readonly key: string;
  /** Creates the answer after a cursor for all followers; `payer` bears its cost. */
  ask(followers: readonly AuditedRequest[], payer: string, after: unknown): Promise<StreamedAnswer>;
  readonly minInterval: number;
  readonly follower: AuditedRequest;
  /** The gateway's address for links. */
  readonly address: string;
  readonly after: unknown;
  /** Whether the stream ends after one answer. */
  readonly isOnce: boolean;
}

/** Sends answers until the stream ends. Resolves with the reason if there can be no more answers. */
export async function follow(
  stream: Stream,
  queries: SharedQueries,
  followed: FollowedSource,
): Promise<Refusal | undefined> {
  const leave = queries.enter(followed.follower.caller.id, followed.key);
  if (typeof leave !== "function") return leave;
  try {
    return await send(stream, queries, followed);
  } finally {
    leave();
  }
}

async function send(
  stream: Stream,
  queries: SharedQueries,
  { key, ask, follower, address, after, isOnce, minInterval }: FollowedSource,
) {
  const { signal } = stream;
  let refusal: Refusal | undefined;
  for (let at = after; !signal.aborted && !refusal; at = stream.cursor) {
    const execution = {
      minInterval,
      execute: (followers: readonly AuditedRequest[], payer: string) => ask(followers, payer, at),
    };
    refusal = await queries.listen(`${key} ${JSON.stringify(at)}`, execution, follower, async (query) => {
      for (let answer = await query.next(undefined, signal); answer; ) {
        const { cursor, refusal } = answer;
        if (refusal && !(stream.isStarted && refusal.isPassing)) return refusal;
        if (!refusal) {
          const bytes = answer.bytesFor(address);
          stream.start(bytes ? null : cursor);
          if (bytes) await stream.send(bytes, cursor);
          else stream.moveTo(cursor);
          if (isOnce) stream.end("complete");
          else if (cursor !== at) return undefined;
        }
        answer = await query.next(answer, signal);
      }
      return undefined;
    });
  }
  return refusal;
}
