import type { FastifyReply, FastifyRequest } from "fastify";
import {
  type Caller,
  createFairSlots,
  onRequestClosed,
  RefusedRequest,
  type RouteParts,
  scopesText,
  UnreadBytes,
} from "../../server/index.ts";
import type { Framing, StreamEnd } from "./framing.ts";
import { createStream, type EndReason, type Stream } from "./stream.ts";

/** The `Retry-After` of refused streams, in seconds. */
const RETRY_AFTER = 5;

/**
 * Manages the streams open in this process, or forwarded to it. They don't occupy operation slots. With several
 * processes, a stream ends with the term in which it was opened.
 */
export function createStreams(
  { authentication, leadership }: RouteParts,
  maxStreams: number,
  countEnd: (reason: EndReason) => void,
) {
  const slots = createFairSlots(maxStreams, 0, authentication.hasSeveralCallers);
  const unread = new UnreadBytes();
  const streams = new Set<Stream>();
  let isDraining = false;

  leadership?.onChange(() => {
    if (!leadership.hasLease()) endAll("moved", "Another process leads now.");
  });

  function endAll(reason: EndReason, what: string) {
    const why: StreamEnd = {
      code: "STREAM_ENDED",
      message: `${what} Open the stream again, after this cursor.`,
    };
    for (const stream of [...streams]) stream.end(reason, why);
  }

  function refusal() {
    const why = isDraining
      ? "This process is being stopped and opens no streams"
      : `No further stream can be opened: ${slots.taken} are open, of ${maxStreams}; one of several ` +
        "keys may have half";
    return new RefusedRequest(503, "OVERLOADED", `${why}. Try again in ${RETRY_AFTER} s.`, {
      retryAfter: RETRY_AFTER,
    });
  }

  function isSameKey(caller: Caller) {
    const now = authentication.callerNow(caller);
    return now !== undefined && scopesText(now.scopes) === scopesText(caller.scopes);
  }

  return {
    get size() {
      return streams.size;
    },
    /** Opens a stream for a request. Throws a RefusedRequest if there are too many. */
    open(request: FastifyRequest, reply: FastifyReply, framing: Framing): Stream {
      const { caller } = request;
      if (!caller)
        throw new RefusedRequest(401, "UNAUTHENTICATED", "Authentication is required: send an API key.");
      const free = isDraining ? undefined : slots.tryTake(caller.id);
      if (!free) throw refusal();
      const onEnd = (reason: EndReason) => {
        free();
        streams.delete(stream);
        countEnd(reason);
      };
      const isKeyGood = () => isSameKey(caller);
      const stream = createStream({ reply, framing, caller, unread, isKeyGood, onEnd });
      streams.add(stream);
      onRequestClosed(reply, () => stream.end("closed"));
      return stream;
    },
    /** Ends all streams with their cursors, and opens no more. */
    drain() {
      isDraining = true;
      endAll("drain", "This process is being stopped.");
    },
  };
}

export type Streams = ReturnType<typeof createStreams>;
