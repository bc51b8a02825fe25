import { hash } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { Leadership } from "../../share/index.ts";

/** Milliseconds for which a request that has ended a process is refused. */
export const REFUSED_FOR = 10 * 60_000;

/** Notes the request on which a process stands still, so that the note outlasts the process. */
export interface EndedNotes {
  note(name: string): void;
  /** Removes the note: the process goes on. */
  clear(): void;
}

/** Where such notes are. */
export interface EndedNotesPlace {
  /** A module that the watchdog's thread imports; its `openNotes` gets `data` and returns `EndedNotes`. */
  readonly program: string;
  readonly data: unknown;
  /** The requests that earlier processes have left a note of, and for how many milliseconds each is refused. */
  read(): Promise<ReadonlyMap<string, number>>;
}

interface NamedRequest extends Pick<FastifyRequest, "id" | "caller" | "raw"> {
  readonly bodyText?: string | null;
}

/**
 * Names what a caller asks: by the document and the variables as they came, or as the row of a job. What is not held as
 * text has a name of its own each time.
 */
export function nameRequest({ id, caller, raw, bodyText }: NamedRequest): string {
  const asked = bodyText ?? (raw.method === "GET" ? raw.url : undefined) ?? id;
  return hash("sha256", `${caller?.id}\n${asked}`, "base64url");
}

/** Knows the requests that have ended processes. */
export interface EndedRequests {
  /** The milliseconds for which a request is still refused; 0 if it is not. */
  refusedFor(name: string): number | Promise<number>;
}

/**
 * Reads the notes once in each term: that is when another process may have ended. Without a term, each time, since
 * another process may lead meanwhile.
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
      // What the notes do not tell is not refused.
      return read(place, term).then(
        () => left(name),
        () => left(name),
      );
    },
  };
}
