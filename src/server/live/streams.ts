import type { FastifyReply, FastifyRequest } from "fastify";
import type { Config } from "../../config/index.ts";
import type { Leadership } from "../../share/index.ts";
import { type Authentication, UnauthenticatedCaller } from "../access/authentication.ts";
import { createFairSlots, type FairSlots } from "../admission/fair-slots.ts";
import { UnreadBytes } from "../admission/unread-bytes.ts";
import { RefusedRequest } from "../http/error-response.ts";
import { onRequestClosed } from "../http/request-closed.ts";
import { scopesText } from "../kept/answer-key.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { Caller } from "../scope/scope.ts";
import type { Framing, StreamEnd } from "./framing.ts";
import { type EndReason, Stream } from "./stream.ts";

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
export class Streams {
  readonly #parts: StreamsParts;
  readonly #slots: FairSlots;
  readonly #unread = new UnreadBytes();
  readonly #streams = new Set<Stream>();
  #isDraining = false;

  constructor(parts: StreamsParts) {
    this.#parts = parts;
    const { config, authentication, leadership } = parts;
    this.#slots = createFairSlots(config.maxStreams, 0, authentication.hasSeveralCallers);
    leadership?.onChange(() => {
      if (!leadership.hasLease()) this.#endAll("moved", "Another process leads now.");
    });
  }

  get size(): number {
    return this.#streams.size;
  }

  /** Opens a stream for a request. Throws a RefusedRequest if there is no room for it. */
  open(request: FastifyRequest, reply: FastifyReply, framing: Framing): Stream {
    const { caller } = request;
    if (!caller)
      throw new RefusedRequest(401, "UNAUTHENTICATED", "Send a key: nothing is streamed without one.");
    const free = this.#isDraining ? undefined : this.#slots.tryTake(caller.id);
    if (!free) throw this.#refusal();
    const onEnd = (reason: EndReason) => {
      free();
      this.#streams.delete(stream);
      this.#parts.metrics.recordStreamEnd(reason);
    };
    const isKeyGood = () => this.#isKeyGood(request, caller);
    const stream = new Stream({ reply, framing, caller, unread: this.#unread, isKeyGood, onEnd });
    this.#streams.add(stream);
    onRequestClosed(request, reply, () => stream.end("closed"));
    return stream;
  }

  /** Ends all streams with their cursors, and opens no more. */
  drain(): void {
    this.#isDraining = true;
    this.#endAll("drain", "This process is being stopped.");
  }

  #endAll(reason: EndReason, what: string): void {
    const why: StreamEnd = {
      code: "STREAM_ENDED",
      message: `${what} Open the stream again, after this cursor.`,
    };
    for (const stream of [...this.#streams]) stream.end(reason, why);
  }

  #refusal(): RefusedRequest {
    const { maxStreams } = this.#parts.config;
    const why = this.#isDraining
      ? "This process is being stopped and opens no streams"
      : `No further stream can be opened: ${this.#slots.taken} are open, of ${maxStreams} (MAX_STREAMS), of which one of several ` +
        "keys may have half";
    return new RefusedRequest(503, "OVERLOADED", `${why}. Try again in ${retryAfter} s.`, {}, retryAfter);
  }

  #isKeyGood({ headers }: FastifyRequest, { id, scopes, expires }: Caller): boolean | Promise<boolean> {
    const isSame = (now: Caller | UnauthenticatedCaller) => {
      // While its issuer does not answer, a token counts until it expires.
      if (now instanceof UnauthenticatedCaller) return now.status === 503 && (expires ?? 0) > Date.now();
      return now.id === id && scopesText(now.scopes) === scopesText(scopes);
    };
    const authenticated = this.#parts.authentication.authenticate(headers);
    return authenticated instanceof Promise ? authenticated.then(isSame) : isSame(authenticated);
  }
}
