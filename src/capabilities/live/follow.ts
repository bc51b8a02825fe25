import type { FollowedSource, SharedQueries } from "./shared-query.ts";
import type { Stream } from "./stream.ts";
import type { Refusal } from "./streamed-answer.ts";

/** Sends answers until the stream ends. Resolves with the reason if there can be no more answers. */
export async function follow(
  stream: Stream,
  queries: SharedQueries,
  source: FollowedSource,
): Promise<Refusal | undefined> {
  const leave = queries.enter(source);
  if (typeof leave !== "function") return leave;
  try {
    return await send(stream, queries, source);
  } finally {
    leave();
  }
}

async function send(stream: Stream, queries: SharedQueries, source: FollowedSource) {
  const { address, after, isOnce } = source;
  const { signal } = stream;
  let refusal: Refusal | undefined;
  for (let at = after; !signal.aborted && !refusal; at = stream.cursor)
    refusal = await queries.listen(source, at, async (query) => {
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
  return refusal;
}
