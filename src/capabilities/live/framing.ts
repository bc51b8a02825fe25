import { createErrorBody } from "../../server/index.ts";

/** The format of messages on a stream. A cursor marks where to continue after the previous messages. */
export interface Framing {
  readonly name: string;
  readonly contentType: string;
  /** Returns the start of a stream. */
  start(cursor: string | null): string;
  /**
   * Returns the message with a change, as JSON. `key`: the name of the field of changes. `errors`: those of its fields.
   */
  change(json: string, cursor: string | null, key: string, errors: readonly object[]): string;
  /** Returns a heartbeat, which keeps an idle connection open. */
  beat(cursor: string | null): string;
  /** Returns the last message; if `why` is omitted, the regular end. `isOver`: whether reconnecting is useless. */
  end(why: StreamEnd | undefined, cursor: string | null, isOver: boolean): string;
}

/** Why a stream ends. */
export interface StreamEnd {
  readonly code: string;
  readonly message: string;
  /** An equivalent GraphQL response. */
  readonly text?: string;
}

const eventId = (cursor: string | null) => (cursor === null ? "" : `id: ${cursor}\n`);
const endOf = (why: StreamEnd | undefined, after: string | null) => ({
  code: why?.code,
  message: why?.message,
  after,
});
const eventStream = "text/event-stream; charset=utf-8";

/** A comment, which clients ignore, with the current cursor. */
const heartbeat: Framing["beat"] = (cursor) => `:\n${eventId(cursor)}\n`;

/** Changes as server-sent events, for EventSource. */
export const changeEvents: Framing = {
  name: "change events",
  contentType: eventStream,
  start: (cursor) => `retry: 1000\n${eventId(cursor)}\n`,
  change: (json, cursor) => `${eventId(cursor)}data: ${json}\n\n`,
  beat: heartbeat,
  end: (why, cursor) => `event: end\n${eventId(cursor)}data: ${JSON.stringify(endOf(why, cursor))}\n\n`,
};

/** Changes as lines of JSON. An empty line is a heartbeat. */
export const changeLines: Framing = {
  name: "change lines",
  contentType: "application/x-ndjson; charset=utf-8",
  start: () => "\n",
  change: (json) => `${json}\n`,
  beat: () => "\n",
  end: (why, cursor) => `${JSON.stringify({ end: endOf(why, cursor) })}\n`,
};

/** Returns the message of graphql-sse with a response. */
export const nextMessage = (json: string): string => `event: next\ndata: ${json}\n\n`;

/**
 * The protocol of graphql-sse, in distinct connections mode. It has no event that asks clients to subscribe again: a
 * comment says so, and the stream ends without `complete`, like a broken connection. A cursor is the id of an event
 * without data, which the protocol ignores.
 */
export const graphqlEvents: Framing = {
  name: "graphql-sse",
  contentType: eventStream,
  start: heartbeat,
  change: (json, cursor, key, errors) =>
    nextMessage(
      `{${errors.length > 0 ? `"errors":${JSON.stringify(errors)},` : ""}"data":{"${key}":${json}},"extensions":${JSON.stringify({ alma: { cursor } })}}`,
    ),
  beat: heartbeat,
  end: (why, cursor, isOver) => {
    if (why && !isOver) return `: ${why.code} ${why.message} ${cursor ?? ""}\n\n`;
    const last = why && nextMessage(why.text ?? JSON.stringify(createErrorBody(why.code, why.message)));
    return `${last ?? ""}event: complete\ndata:\n\n`;
  },
};
