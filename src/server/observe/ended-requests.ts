import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { FastifyRequest } from "fastify";
import type { Config } from "../../config/index.ts";

/** Milliseconds for which a request that has ended a process is refused. */
const REFUSED_FOR = 10 * 60_000;

/** Where the watchdog notes requests: beside the file of the store; undefined where nothing outlasts the process. */
export const endedRequestsFile = ({ storeUrl: { file } }: Pick<Config, "storeUrl">): string | undefined =>
  file === undefined ? undefined : `${file}.ended`;

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

/** One line of the file. */
export const endedLine = (name: string): string => `${name} ${Date.now()}\n`;

/** The requests that ended earlier processes: until when each is refused, by `performance.now()`. */
export type EndedRequests = ReadonlyMap<string, number>;

/** Reads which requests ended the processes before this one. */
export function readEndedRequests(file: string | undefined): EndedRequests {
  const ended = new Map<string, number>();
  for (const line of file === undefined ? [] : linesOf(file)) {
    const [name = "", at] = line.split(" ");
    // The clock may have been set back.
    const age = Math.max(0, Date.now() - Number(at));
    if (age < REFUSED_FOR) ended.set(name, performance.now() + REFUSED_FOR - age);
  }
  return ended;
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n");
  } catch {
    // Most processes were not ended.
    return [];
  }
}
