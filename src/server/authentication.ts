import type { IncomingHttpHeaders } from "node:http";
import type { Config } from "../config.ts";
import { type KeyRing, readKeys } from "./api-key.ts";
import { watchKeyFile } from "./key-file.ts";
import type { Log } from "./log.ts";
import { type Caller, everybody } from "./scope.ts";
import { tokenCheck } from "./token.ts";

/** A caller that is not known, and why: with a message for it. */
export class Stranger {
  readonly message: string;
  /** Whether it tried something, which is worth counting against guessing. */
  readonly tried: boolean;
  /** 401, or 503 if the fault is not the caller's. */
  readonly status: 401 | 503;
  constructor(message: string, tried: boolean, status: 401 | 503 = 401) {
    this.message = message;
    this.tried = tried;
    this.status = status;
  }
}

/** Who sends these headers. A promise only where a token must be checked. */
export type Authenticate = (headers: IncomingHttpHeaders) => Caller | Stranger | Promise<Caller | Stranger>;

/**
 * Keys and tokens, as configured. Keys come as `X-Api-Key` or `Authorization: Bearer`, tokens as the latter. Throws if
 * the keys cannot be read.
 */
export function createAuthentication(config: Config, log: Log): Authenticate {
  if (config.open) return () => everybody;
  const keys: KeyRing | undefined = config.apiKeysFile
    ? watchKeyFile(config.apiKeysFile, log)
    : config.apiKeys
      ? readKeys(config.apiKeys)
      : undefined;
  const tokens = tokenCheck(config);
  const how = [
    keys && "an API key in X-Api-Key or Authorization: Bearer",
    tokens && "a token in Authorization: Bearer",
  ]
    .filter(Boolean)
    .join(", or ");
  const nothing = new Stranger(`This gateway asks for ${how}; the request has none.`, false);
  const wrongKey = new Stranger(
    `The API key is not known. Check it, or ask for another; this gateway asks for ${how}.`,
    true,
  );
  const oldKey = new Stranger("The API key has expired. Ask for another.", true);
  const wrongToken = new Stranger(
    `The token is not accepted: its signature, issuer or audience does not fit. This gateway asks for ${how}.`,
    true,
  );
  const oldToken = new Stranger("The token has expired. Fetch another.", false);
  const unchecked = new Stranger(
    "The token cannot be checked: its issuer's keys cannot be fetched. Try again.",
    false,
    503,
  );

  return (headers) => {
    const given = credential(headers);
    if (given === "") return nothing;
    const holder = keys?.find(given);
    if (holder === "expired") return oldKey;
    if (holder) return holder;
    if (!tokens || !/^[\w-]+\.[\w-]+\.[\w-]*$/.test(given)) return wrongKey;
    return tokens(given).then((found) => {
      if (found === "expired") return oldToken;
      if (found === "invalid") return wrongToken;
      return found === "unchecked" ? unchecked : found;
    });
  };
}

function credential(headers: IncomingHttpHeaders): string {
  const key = headers["x-api-key"];
  if (typeof key === "string" && key !== "") return key.trim();
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1] ?? "";
}
