import { hash } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { Leadership } from "../../share/index.ts";

/** Milliseconds for which a request that has ended a process is refused. */
export const REFUSED_FOR = 10 * 60_000;

/** Leaves a note of the request that blocks a process, which outlasts the process. */
export interface EndedNotes {
  note(name: string): void;
  /** Removes the note, because the process continues. */
  clear(): void;
}

/** Where such notes are kept. */
export interface EndedNotesPlace {
  /** A module imported by the watchdog's thread; its `openNotes` gets `data` and returns `EndedNotes`. */
  readonly program: string;
  readonly data: unknown;
  /** Returns the requests noted by earlier processes, with the milliseconds for which each is refused. */
  read(): Promise<ReadonlyMap<string, number>>;
}

interface SentRequest extends Pick<FastifyRequest, "id" | "caller" | "raw"> {
  readonly bodyText?: string | null;
}

/** In characters. A longer request is replaced by its digest. */
const MAX_ASKED = 16_384;

const digestOf = (text: string) => hash("sha256", text, "base64url");

/**
 * Returns a caller's request: the document and variables as received, or the row of a job. A request not held as text
 * is a new one each time.
 */
export function askedBy({ id, caller, raw, bodyText }: SentRequest): string {
  const asked = bodyText ?? (raw.method === "GET" ? raw.url : undefined) ?? id;
  return `${caller?.id}\n${asked.length > MAX_ASKED ? digestOf(asked) : asked}`;
}

/** Returns the name under which a request is noted, which reveals nothing of it. */
export const nameOf = digestOf;

/** Knows the requests that have ended processes. */
export interface EndedRequests {
  /** Returns the milliseconds for which a request is still refused; 0 if it is not. `asked`: as of `askedBy`. */
  refusedFor(asked: string): number | Promise<number>;
}

/**
 * Reads the notes once in each term, because another process may have ended by then. Without a term, reads
 * them each time, since another process may lead meanwhile.
 */
export function createEndedRequests(
  place: EndedNotesPlace | undefined,
  leadership: Pick<Leadership, "term"> | undefined,
): EndedRequests {
  /** By `performance.now()`. */
  const refusedUntil = new Map<string, number>();
  let readIn: string | undefined;
  const left = (asked: string) =>
    refusedUntil.size === 0 ? 0 : Math.max(0, (refusedUntil.get(nameOf(asked)) ?? 0) - performance.now());
  const read = async ({ read }: EndedNotesPlace, term: string | undefined) => {
    for (const [name, ms] of await read()) refusedUntil.set(name, performance.now() + ms);
    readIn = term;
  };
  return {
    refusedFor(asked) {
      const term = leadership ? leadership.term() : "alone";
      if (!place || (term !== undefined && term === readIn)) return left(asked);
      // Requests without a note are not refused.
      return read(place, term).then(
        () => left(asked),
        () => left(asked),
      );
    },
  };
}
