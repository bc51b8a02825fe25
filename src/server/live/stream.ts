import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";
import { LightSignal } from "../../alma/index.ts";
import type { UnreadBytes } from "../admission/unread-bytes.ts";
import type { Caller } from "../scope/scope.ts";
import type { Framing, StreamEnd } from "./framing.ts";

/** Milliseconds without a message after which a beat is sent; a proxy closes connections that are silent for longer. */
const BEAT_INTERVAL = 15_000;
/** Milliseconds in which a reader has to take what was sent, and in which the connection of one that does not ends. */
const PATIENCE = 30_000;
const END_PATIENCE = 5_000;

/** How streams end, as metrics have it: the caller has left, or has all; or for another reason, which it is told. */
export type EndReason = "closed" | "complete" | "drain" | "slow" | "moved" | "key" | "refused" | "failed";

interface StreamParts {
  readonly reply: FastifyReply;
  readonly framing: Framing;
  readonly caller: Caller;
  /** The bytes that wait for the readers of all streams. */
  readonly unread: UnreadBytes;
  /** Whether the caller's key is what it was when the stream began. */
  readonly isKeyGood: () => boolean | Promise<boolean>;
  readonly onEnd: (reason: EndReason) => void;
}

/** One stream to its reader. It holds what it has sent last until that is taken, and no more. */
export class Stream {
  /** Aborted at its end. */
  readonly signal = new LightSignal();
  /** The cursor behind what was sent. */
  cursor: string | null = null;
  readonly #parts: StreamParts;
  readonly #response: ServerResponse;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: StreamParts) {
    this.#parts = parts;
    this.#response = parts.reply.raw;
  }

  get isStarted(): boolean {
    return this.#timer !== undefined;
  }

  /** Begins the response, unless it has begun, or is over. */
  start(cursor: string | null): void {
    if (this.isStarted || this.signal.aborted) return;
    const { reply, framing } = this.#parts;
    this.cursor = cursor;
    reply.hijack();
    this.#response.writeHead(200, {
      ...(reply.getHeaders() as OutgoingHttpHeaders),
      "content-type": framing.contentType,
      // Neither a cache nor a proxy holds it back, to compress it for instance.
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    });
    this.#response.write(framing.start(cursor));
    this.#timer = setInterval(() => void this.#beat(), BEAT_INTERVAL);
  }

  /** Sends bytes. Resolves when the next may be sent, or at the end. */
  async send(bytes: Buffer, cursor: string | null): Promise<void> {
    if (!(await this.#parts.isKeyGood())) return this.end("key", keyEnded);
    if (this.signal.aborted) return;
    this.cursor = cursor;
    this.#timer?.refresh();
    const { caller, unread } = this.#parts;
    if (this.#response.write(bytes)) return;
    let free = () => {};
    const onClosed = (callback: () => void) => {
      free = callback;
    };
    const isHeld = unread.add({ caller, onClosed }, bytes.length);
    if (!isHeld || !(await this.#isTaken())) this.end("slow", slowReader);
    free();
  }

  /** Ends it, with a message that says why. `isOver`: whether it helps nobody to ask again. */
  end(reason: EndReason, why?: StreamEnd): void {
    if (this.signal.aborted) return;
    this.signal.abort(reason);
    clearInterval(this.#timer);
    const { framing, onEnd } = this.#parts;
    onEnd(reason);
    if (!this.isStarted) return;
    const isOver = reason === "key" || reason === "refused";
    const isTold = why !== undefined || reason === "complete";
    this.#response.end(isTold ? framing.end(why, this.cursor, isOver) : undefined);
    const timer = setTimeout(() => this.#response.destroy(), END_PATIENCE).unref();
    this.#response.once("close", () => clearTimeout(timer));
  }

  async #beat(): Promise<void> {
    const { framing, isKeyGood } = this.#parts;
    if (!(await isKeyGood())) this.end("key", keyEnded);
    else if (!this.signal.aborted && !this.#response.writableNeedDrain)
      this.#response.write(framing.beat(this.cursor));
  }

  /** Resolves with whether the reader takes what was sent, in time. */
  #isTaken(): Promise<boolean> {
    const response = this.#response;
    return new Promise((resolve) => {
      const end = (isTaken: boolean) => {
        clearTimeout(timer);
        response.off("drain", onDrain);
        this.signal.removeEventListener("abort", onDrain);
        resolve(isTaken);
      };
      const onDrain = () => end(true);
      const timer = setTimeout(() => end(false), PATIENCE).unref();
      response.once("drain", onDrain);
      this.signal.addEventListener("abort", onDrain);
    });
  }
}

const keyEnded: StreamEnd = {
  code: "UNAUTHENTICATED",
  message:
    "The key or token with which this stream was opened has ended, or has other scopes now. Open it with a new one.",
};

const slowReader: StreamEnd = {
  code: "STREAM_ENDED",
  message: `What was sent was not read within ${PATIENCE / 1000} s, or takes too much memory. Read without pauses; go on after this cursor.`,
};
