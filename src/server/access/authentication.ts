import type { IncomingHttpHeaders } from "node:http";
import type { Config, Log } from "../../config/index.ts";
import type { PromiseOrValue } from "../../graph/index.ts";
import { RefusedRequest } from "../http/error-response.ts";
import { anonymousCaller, type Caller, isCurrent, reportScopes } from "../scope/scope.ts";
import { parseApiKeys, watchApiKeyFile } from "./api-key.ts";
import { createTokenVerifier } from "./jwt.ts";
import type { Link } from "./link.ts";

/** The refusal of a caller who could not be authenticated. */
export class UnauthenticatedCaller extends RefusedRequest {
  /** Whether a wrong key or token was sent, which counts against the limit of its address. */
  readonly countsAsFailure: boolean;

  /** `status`: 503 if the issuer's keys cannot be fetched; 404 for a link. */
  constructor(message: string, countsAsFailure: boolean, status: 401 | 404 | 503 = 401) {
    const code = status === 404 ? "NOT_FOUND" : "UNAUTHENTICATED";
    super(status, code, message, { retryAfter: status === 503 ? 5 : undefined });
    this.countsAsFailure = countsAsFailure;
  }
}

/** Finds the caller by headers. Returns a promise only if a token must be verified. */
export type Authenticate = (headers: IncomingHttpHeaders) => PromiseOrValue<Caller | UnauthenticatedCaller>;

/** How callers are authenticated. */
export interface Authentication {
  /** Authenticates by a key in `X-Api-Key`, or a key or token in `Authorization: Bearer`. */
  readonly authenticate: Authenticate;
  /**
   * Authenticates requests for pages. Also accepts `Authorization: Basic` with a key as the password, without
   * permission to write or to read secrets.
   */
  readonly authenticateReader: Authenticate;
  /** Authenticates forms on the gateway's own pages by Basic, with all scopes of the key. */
  readonly authenticateWriter: Authenticate;
  /** Whether `authenticateReader` accepts Basic. */
  readonly acceptsBasic: boolean;
  /** Returns what a link opens, or why it opens nothing. `file`: the requested file. */
  openLink(link: string, file: string): Link | UnauthenticatedCaller;
  /** Returns a known caller with its current scopes; undefined if its key or token has expired or was removed. */
  callerNow(caller: Caller): Caller | undefined;
  /** Returns whether there may be several callers: several keys, or tokens. */
  hasSeveralCallers(): boolean;
}

const invalidLink = new UnauthenticatedCaller(
  "This link is invalid: it is unknown or has expired, or its key has. Ask its sender for a new one.",
  true,
  404,
);

/** Creates authentication by API keys, tokens and links as configured. Throws if the keys cannot be read. */
export function createAuthentication(config: Config, log: Log): Authentication {
  if (config.open) {
    const authenticate = () => anonymousCaller;
    return {
      authenticate,
      authenticateReader: authenticate,
      authenticateWriter: authenticate,
      acceptsBasic: false,
      openLink: () => invalidLink,
      callerNow: authenticate,
      hasSeveralCallers: () => false,
    };
  }
  const givenKeys = config.apiKeys ? parseApiKeys(config.apiKeys) : undefined;
  const apiKeys = config.apiKeysFile
    ? watchApiKeyFile(config.apiKeysFile, log)
    : givenKeys && (() => givenKeys);
  const verifyToken = createTokenVerifier(config);
  const acceptedCredentials = [
    apiKeys && "an API key in X-Api-Key or Authorization: Bearer",
    verifyToken && "a token in Authorization: Bearer",
  ]
    .filter(Boolean)
    .join(", or ");
  const noCredential = new UnauthenticatedCaller(
    `The request has no credentials. Send ${acceptedCredentials}.`,
    false,
  );
  const noReaderCredential = new UnauthenticatedCaller(
    `The request has no credentials. Send ${acceptedCredentials}, or a user name and password, where the password is an API key.`,
    false,
  );
  const unknownKey = new UnauthenticatedCaller(
    `The API key is not known. Check it, or ask for another; this gateway asks for ${acceptedCredentials}.`,
    true,
  );
  const expiredKey = new UnauthenticatedCaller("The API key has expired. Ask for another.", true);
  const tokenErrors = {
    invalid: new UnauthenticatedCaller(
      `The token is not accepted: its signature, or one of iss, aud, sub, exp and nbf, does not fit. This gateway asks for ${acceptedCredentials}.`,
      true,
    ),
    expired: new UnauthenticatedCaller("The token has expired. Fetch another.", false),
    unchecked: new UnauthenticatedCaller(
      "The token cannot be checked: its issuer's keys cannot be fetched. Try again.",
      false,
      503,
    ),
  };

  const authenticateKey = (key: string) => {
    const keyResult = apiKeys?.().find(key);
    return keyResult === "expired" ? expiredKey : (keyResult ?? unknownKey);
  };
  const authenticate: Authenticate = (headers) => {
    const presentedCredential = readCredential(headers);
    if (presentedCredential === "") return noCredential;
    const keyResult = authenticateKey(presentedCredential);
    if (keyResult !== unknownKey) return keyResult;
    if (!verifyToken || !/^[\w-]+\.[\w-]+\.[\w-]*$/.test(presentedCredential)) return unknownKey;
    return verifyToken(presentedCredential).then((tokenResult) =>
      typeof tokenResult === "string" ? tokenErrors[tokenResult] : tokenResult,
    );
  };
  const authenticateWriter: Authenticate = (headers) => {
    const password = readCredential(headers) === "" ? readBasicPassword(headers) : "";
    if (password === "") {
      const result = authenticate(headers);
      return result === noCredential && apiKeys ? noReaderCredential : result;
    }
    return authenticateKey(password);
  };
  const authenticateReader: Authenticate = (headers) => {
    const result = authenticateWriter(headers);
    if (
      readCredential(headers) !== "" ||
      result instanceof UnauthenticatedCaller ||
      result instanceof Promise
    )
      return result;
    return { ...result, scopes: reportScopes(result.scopes) };
  };
  return {
    authenticate,
    authenticateReader,
    authenticateWriter,
    acceptsBasic: apiKeys !== undefined,
    openLink(link, file) {
      const opened = apiKeys?.().findLink(link);
      return opened?.file === file ? opened : invalidLink;
    },
    callerNow(caller) {
      // Tokens are not stored, so their scopes stay valid until they expire.
      const current = isTokenCaller(caller) ? caller : apiKeys?.().callerOf(caller.id);
      return current && isCurrent(current) ? current : undefined;
    },
    hasSeveralCallers: () => verifyToken !== undefined || (apiKeys?.().size ?? 0) > 1,
  };
}

const isTokenCaller = ({ id }: Caller) => id.startsWith("sub:");

function readCredential(headers: IncomingHttpHeaders) {
  const key = headers["x-api-key"];
  if (typeof key === "string" && key !== "") return key.trim();
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1] ?? "";
}

/** Returns the password of `Authorization: Basic`, or "". */
function readBasicPassword({ authorization = "" }: IncomingHttpHeaders) {
  const encoded = /^Basic +(\S+) *$/i.exec(authorization)?.[1] ?? "";
  const [, ...password] = Buffer.from(encoded, "base64").toString().split(":");
  return password.join(":").trim();
}
