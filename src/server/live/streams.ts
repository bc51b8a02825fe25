import type { FastifyReply, FastifyRequest } from "fastify";
import type { Config } from "../../config/index.ts";
import type { Leadership } from "../../share/index.ts";
import { type Authentication, UnauthenticatedCaller } from "../access/authentication.ts";
import { createFairSlots } from "../admission/fair-slots.ts";
import { UnreadBytes } from "../admission/quota.ts";
import { RefusedRequest } from "../http/error-response.ts";
import { onRequestClosed } from "../http/request-closed.ts";
import { scopesText } from "../kept/kept-answers.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { Caller } from "../scope/scope.ts";
import type { Framing, StreamEnd } from "./framing.ts";
import { createStream, type EndReason, type Stream } from "./stream.ts";

interface StreamsParts {
  readonly config: Pick<Config, "maxStreams">;
  readonly authentication: Pick<Authentication, "authenticate" | "hasSeveralCallers">;
  readonly metrics: Pick<Metrics, "recordStreamEnd">;
  /** Of several processes: a stream ends with the term in which it was opened. */
  readonly leadership: Leadership | undefined;
}

/** Seconds. */
const retryAfter = 5;

/** The streams that are open in this process, or handed on to it. They take no places of operations. */
export function createStreams({ config: { maxStreams }, authentication, metrics, leadership }: StreamsParts) {
  const slots = createFairSlots(maxStreams, 0, authentication.hasSeveralCallers);
  const unread = new UnreadBytes();
  const streams = new Set<Stream>();
  let isDraining = false;

  leadership?.onChange(() => {
    if (!leadership.hasLease()) endAll("moved", "Another process leads now.");
  });

  function endAll(reason: EndReason, what: string): void {
    const why: StreamEnd = {
      code: "STREAM_ENDED",
      message: `${what} Open the stream again, after this cursor.`,
    };
    for (const stream of [...streams]) stream.end(reason, why);
  }

  function refusal(): RefusedRequest {
    const why = isDraining
      ? "This process is being stopped and opens no streams"
      : `No further stream can be opened: ${slots.taken} are open, of ${maxStreams} (MAX_STREAMS), of which one of several ` +
        "keys may have half";
    return new RefusedRequest(503, "OVERLOADED", `${why}. Try again in ${retryAfter} s.`, { retryAfter });
  }

  function isSameKey({ headers }: FastifyRequest, { id, scopes, expires }: Caller) {
    const isSame = (now: Caller | UnauthenticatedCaller) => {
      // While its issuer does not answer, a token counts until it expires.
      if (now instanceof UnauthenticatedCaller) return now.status === 503 && (expires ?? 0) > Date.now();
      return now.id === id && scopesText(now.scopes) === scopesText(scopes);
    };
    const authenticated = authentication.authenticate(headers);
    return authenticated instanceof Promise ? authenticated.then(isSame) : isSame(authenticated);
  }

  return {
    get size() {
      return streams.size;
    },
    /** Opens a stream for a request. Throws a RefusedRequest if there is no room for it. */
    open(request: FastifyRequest, reply: FastifyReply, framing: Framing): Stream {
      const { caller } = request;
      if (!caller)
        throw new RefusedRequest(401, "UNAUTHENTICATED", "Send a key: nothing is streamed without one.");
      const free = isDraining ? undefined : slots.tryTake(caller.id);
      if (!free) throw refusal();
      const onEnd = (reason: EndReason) => {
        free();
        streams.delete(stream);
        metrics.recordStreamEnd(reason);
      };
      const isKeyGood = () => isSameKey(request, caller);
      const stream = createStream({ reply, framing, caller, unread, isKeyGood, onEnd });
      streams.add(stream);
      onRequestClosed(request, reply, () => stream.end("closed"));
      return stream;
    },
    /** Ends all streams with their cursors, and opens no more. */
    drain(): void {
      isDraining = true;
      endAll("drain", "This process is being stopped.");
    },
  };
}

export type Streams = ReturnType<typeof createStreams>;
