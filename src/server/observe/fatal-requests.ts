import { hash } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { PromiseOrValue } from "../../graph/index.ts";
import type { Leadership } from "../../share/index.ts";

/** For how long, in milliseconds, a request that crashed a process is refused. */
export const REFUSED_FOR = 10 * 60_000;

/** Leaves a note of the request that blocks a process. The note survives the process. */
export interface FatalRequestNotes {
  note(name: string): void;
  /** Removes the note, because the process recovered. */
  clear(): void;
}

/** The storage of such notes. */
export interface FatalRequestStorage {
  /** A module that the watchdog's thread imports; its `openNotes` gets `data` and returns `FatalRequestNotes`. */
  readonly program: string;
  readonly data: unknown;
  /** Returns the requests noted by earlier processes, and for how many milliseconds each is refused. */
  read(): Promise<ReadonlyMap<string, number>>;
}

/** In characters. Longer requests are replaced by their digest. */
const MAX_KEY_LENGTH = 16_384;

const digestOf = (text: string) => hash("sha256", text, "base64url");

/**
 * Returns what identifies a caller's request: the document and variables as received, or the row of a job. A request
 * that is not held as text counts as a new one each time.
 */
export function requestKeyOf({
  id,
  caller,
  raw,
  bodyText,
}: Pick<FastifyRequest, "id" | "caller" | "raw"> & Partial<Pick<FastifyRequest, "bodyText">>): string {
  const text = bodyText ?? (raw.method === "GET" ? raw.url : undefined) ?? id;
  return `${caller?.id}\n${text.length > MAX_KEY_LENGTH ? digestOf(text) : text}`;
}

/** Returns the name under which a request is noted. It reveals nothing about the request. */
export const nameOfRequest = digestOf;

/** The requests that have crashed processes. */
export interface FatalRequests {
  /** Returns for how many milliseconds a request is still refused, or 0. `requestKey`: the result of `requestKeyOf`. */
  refusedFor(requestKey: string): PromiseOrValue<number>;
}

/**
 * Reads the notes once per leadership term, because another process may have crashed by then. Without a term it reads
 * them each time, since another process may lead meanwhile.
 */
export function createFatalRequests(
  storage: FatalRequestStorage | undefined,
  leadership: Pick<Leadership, "term"> | undefined,
): FatalRequests {
  /** In milliseconds by `performance.now()`. */
  const refusedUntil = new Map<string, number>();
  let readIn: string | undefined;
  const left = (requestKey: string) =>
    refusedUntil.size === 0
      ? 0
      : Math.max(0, (refusedUntil.get(nameOfRequest(requestKey)) ?? 0) - performance.now());
  const read = async ({ read }: FatalRequestStorage, term: string | undefined) => {
    for (const [name, ms] of await read()) refusedUntil.set(name, performance.now() + ms);
    readIn = term;
  };
  return {
    refusedFor(requestKey) {
      const term = leadership ? leadership.term() : "alone";
      if (!storage || (term !== undefined && term === readIn)) return left(requestKey);
      // Requests without a note are accepted.
      return read(storage, term)
        .catch(() => {})
        .then(() => left(requestKey));
    },
  };
}
