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

interface NamedRequest extends Pick<FastifyRequest, "id" | "caller" | "raw"> {
  readonly bodyText?: string | null;
}

/**
 * Names a request: by the document and variables as received, or as the row of a job. A request not held as
 * text gets a new name each time.
 */
export function nameRequest({ id, caller, raw, bodyText }: NamedRequest): string {
  const asked = bodyText ?? (raw.method === "GET" ? raw.url : undefined) ?? id;
  return hash("sha256", `${caller?.id}\n${asked}`, "base64url");
}

/** Knows the requests that have ended processes. */
export interface EndedRequests {
  /** Returns the milliseconds for which a request is still refused; 0 if it is not. */
  refusedFor(name: string): number | Promise<number>;
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
  const left = (name: string) => Math.max(0, (refusedUntil.get(name) ?? 0) - performance.now());
  const read = async ({ read }: EndedNotesPlace, term: string | undefined) => {
    for (const [name, ms] of await read()) refusedUntil.set(name, performance.now() + ms);
    readIn = term;
  };
  return {
    refusedFor(name) {
      const term = leadership ? leadership.term() : "alone";
      if (!place || (term !== undefined && term === readIn)) return left(name);
      // Requests without a note are not refused.
      return read(place, term).then(
        () => left(name),
        () => left(name),
      );
    },
  };
}
