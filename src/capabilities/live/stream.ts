import type { OutgoingHttpHeaders } from "node:http";
import type { FastifyReply } from "fastify";
import { LightSignal } from "../../alma/index.ts";
import { type Caller, IDLE_READER_TIME, type UnreadBytes } from "../../server/index.ts";
import type { Framing, StreamEnd } from "./framing.ts";

/** The milliseconds without a message after which a heartbeat is sent, since proxies close silent connections. */
const BEAT_INTERVAL = 15_000;
/** Milliseconds in which the reader of a stream that ends must read the last message. */
const LAST_MESSAGE_TIME = 5_000;

/** The reasons why streams end, for metrics. All but "closed" and "complete" are also sent to the client. */
export type EndReason = "closed" | "complete" | "drain" | "slow" | "moved" | "key" | "refused" | "failed";

interface StreamParts {
  readonly reply: FastifyReply;
  readonly framing: Framing;
  readonly caller: Caller;
  /** The unread bytes of all streams. */
  readonly unread: UnreadBytes;
  /** Returns whether the caller's key is unchanged since the start. */
  readonly isKeyGood: () => boolean;
  readonly onEnd: (reason: EndReason) => void;
}

/** Creates one stream. It holds only the data sent last, until the client has read it. */
export function createStream({ reply, framing, caller, unread, isKeyGood, onEnd }: StreamParts) {
  const signal = new LightSignal();
  const response = reply.raw;
  /** The cursor after the data sent last. */
  let cursor: string | null = null;
  let timer: NodeJS.Timeout | undefined;

  function beat() {
    if (!isKeyGood()) end("key", keyEnded);
    else if (!signal.aborted && !response.writableNeedDrain) response.write(framing.beat(cursor));
  }

  /** Ends the stream with a message that explains why. */
  function end(reason: EndReason, why?: StreamEnd) {
    if (signal.aborted) return;
    signal.abort(reason);
    clearInterval(timer);
    onEnd(reason);
    if (!timer) return;
    // Whether reconnecting is useless.
    const isOver = reason === "key" || reason === "refused";
    const hasEndMessage = why !== undefined || reason === "complete";
    response.end(hasEndMessage ? framing.end(why, cursor, isOver) : undefined);
    const destroying = setTimeout(() => response.destroy(), LAST_MESSAGE_TIME).unref();
    response.once("close", () => clearTimeout(destroying));
  }

  /** Resolves with whether the client has read the sent data in time. */
  function isTaken(): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (isInTime: boolean) => {
        clearTimeout(waiting);
        response.off("drain", onDrain);
        signal.removeEventListener("abort", onDrain);
        resolve(isInTime);
      };
      const onDrain = () => settle(true);
      const waiting = setTimeout(() => settle(false), IDLE_READER_TIME).unref();
      response.once("drain", onDrain);
      signal.addEventListener("abort", onDrain);
    });
  }

  return {
    /** Aborted when the stream ends. */
    signal,
    get cursor() {
      return cursor;
    },
    get isStarted() {
      return timer !== undefined;
    },
    /** Records that there was nothing to send before a cursor. */
    moveTo(next: string | null) {
      cursor = next;
    },
    /** Starts the response, unless it has started or ended. */
    start(first: string | null) {
      if (timer || signal.aborted) return;
      cursor = first;
      reply.hijack();
      response.writeHead(200, {
        ...(reply.getHeaders() as OutgoingHttpHeaders),
        "content-type": framing.contentType,
        // Keeps caches and proxies from delaying it, for example to compress it.
        "cache-control": "no-store, no-transform",
        "x-accel-buffering": "no",
      });
      response.write(framing.start(cursor));
      timer = setInterval(beat, BEAT_INTERVAL);
    },
    /** Sends bytes. Resolves when more may be sent, or when the stream ends. */
    async send(bytes: Buffer, next: string | null) {
      if (signal.aborted) return;
      if (!isKeyGood()) return end("key", keyEnded);
      cursor = next;
      timer?.refresh();
      if (response.write(bytes)) return;
      const release = unread.tryTake(caller.id, bytes.length);
      if (!release || !(await isTaken())) end("slow", slowReader);
      release?.();
    },
    end,
  };
}

export type Stream = ReturnType<typeof createStream>;

const keyEnded: StreamEnd = {
  code: "UNAUTHENTICATED",
  message:
    "The key or token with which this stream was opened has ended, or has other scopes now. Open it with a new one.",
};

const slowReader: StreamEnd = {
  code: "STREAM_ENDED",
  message: `The messages were not read within ${IDLE_READER_TIME / 1000} s, or take too much memory. Read without pauses; continue after this cursor.`,
};
