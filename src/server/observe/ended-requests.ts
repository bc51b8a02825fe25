import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { GraphQLError } from "graphql";
import type { Config } from "../../config/index.ts";
import type { ResolvedOperation } from "../../graph/index.ts";
import type { AskingRequest } from "./admitted-request.ts";
import type { ServerContext } from "./server-context.ts";

/** Milliseconds for which a request that has ended a process is refused. */
const REFUSED_FOR = 10 * 60_000;

/** The file in which the watchdog notes requests, beside that of the store; undefined where nothing outlasts the process. */
export const endedRequestsFile = ({ storeUrl: { file } }: Pick<Config, "storeUrl">): string | undefined =>
  file === undefined ? undefined : `${file}.ended`;

/**
 * Names what a caller asks: by the document and the variables as they came, or as the row of a job. What is not held as
 * text has a name of its own each time.
 */
export function nameRequest({ id, caller, raw, bodyText }: AskingRequest): string {
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

/** A step: refuses what has ended a process, for some minutes: it would end this one too. */
export function refuseEnded(
  { contextValue: { admittedRequest } }: ResolvedOperation<ServerContext>,
  { endedRequests }: { readonly endedRequests: EndedRequests },
): void {
  const left = (endedRequests.get(admittedRequest.name) ?? 0) - performance.now();
  if (left <= 0) return;
  const retryAfter = Math.ceil(left / 1_000);
  const message =
    "The gateway's process stood still on this request and was ended (WATCHDOG), so it is not tried again for " +
    `${Math.ceil(retryAfter / 60)} minutes. Ask for less at once, or with other values.`;
  throw new GraphQLError(message, {
    extensions: { code: "LIMIT_EXCEEDED", retryAfter, http: { status: 400 } },
  });
}
