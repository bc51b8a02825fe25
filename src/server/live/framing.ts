/** How messages are written on a stream. A cursor is where to go on after what comes before it. */
export interface Framing {
  readonly contentType: string;
  /** What a stream begins with. */
  start(cursor: string | null): string;
  /** A message: the JSON text of what has happened. */
  message(json: string, cursor: string | null): string;
  /** What keeps a connection open on which nothing happens. */
  beat(cursor: string | null): string;
  /** The last message. `isOver`: whether it helps nobody to ask again. */
  end(why: StreamEnd, cursor: string | null, isOver: boolean): string;
}

/** Why a stream ends. */
export interface StreamEnd {
  readonly code: string;
  readonly message: string;
}

const eventId = (cursor: string | null): string => (cursor === null ? "" : `id: ${cursor}\n`);
const eventStream = "text/event-stream; charset=utf-8";

/** Changes as server-sent events, for EventSource. */
export const changeEvents: Framing = {
  contentType: eventStream,
  start: (cursor) => `retry: 1000\n${eventId(cursor)}\n`,
  message: (json, cursor) => `${eventId(cursor)}data: ${json}\n\n`,
  beat: (cursor) => `:\n${eventId(cursor)}\n`,
  end: (why, cursor) =>
    `event: end\n${eventId(cursor)}data: ${JSON.stringify({ ...why, after: cursor })}\n\n`,
};

/** Changes as lines of JSON; an empty line says nothing. */
export const changeLines: Framing = {
  contentType: "application/x-ndjson; charset=utf-8",
  start: () => "\n",
  message: (json) => `${json}\n`,
  beat: () => "\n",
  end: (why, cursor) => `${JSON.stringify({ end: { ...why, after: cursor } })}\n`,
};

/**
 * The protocol of graphql-sse, for distinct connections. It has no event for an end after which to subscribe again: that is
 * told by a comment, and the stream ends without `complete`, as by a broken connection.
 */
export const graphqlEvents: Framing = {
  contentType: eventStream,
  start: () => ":\n\n",
  message: (json) => `event: next\ndata: ${json}\n\n`,
  beat: () => ":\n\n",
  end: ({ code, message }, cursor, isOver) =>
    isOver
      ? `${graphqlEvents.message(JSON.stringify({ errors: [{ message, extensions: { code, after: cursor } }] }), null)}event: complete\ndata:\n\n`
      : `: ${code} ${message} ${cursor ?? ""}\n\n`,
};

/** What follows the last message of an operation that is over. */
export const complete = "event: complete\ndata:\n\n";
