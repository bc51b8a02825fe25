import type { FastifyRequest } from "fastify";
import type { Config } from "../../config/index.ts";
import { hasPreflightHeader, isBasic, isOwnOrigin } from "../http/cross-origin.ts";
import { RefusedRequest } from "../http/error-response.ts";
import type { RequestHook } from "../http/route-hooks.ts";
import { bearerChallenge, type CountFailure, createAuthHook, rejectCaller } from "./auth-hook.ts";
import { type Authentication, UnauthenticatedCaller } from "./authentication.ts";
import type { Link } from "./link.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The link that authenticated the request; null otherwise. */
    link: Link | null;
  }
}

const basicChallenge = 'Basic realm="Alma gateway: the key is the password", charset="UTF-8"';

/** The `onRequest` hooks of routes opened in browsers. */
export type BrowserHooks = ReturnType<typeof createBrowserHooks>;

/** Creates the hooks. Each list ends with the hooks in `then`. */
export function createBrowserHooks(
  authentication: Authentication,
  countFailure: CountFailure,
  config: Config,
  then: readonly RequestHook[] = [],
) {
  const readerHook = createReaderHook(authentication, countFailure);
  const isolated = [keepToOwnOrigin, rejectOtherSites(config)];
  return {
    /**
     * For reads. Browsers send Basic credentials automatically, even for pages of other sites. So Basic is accepted
     * only here, for GET and HEAD, and requests from pages of other sites are rejected unless they carry a key in a
     * header or come from CORS_ORIGINS.
     */
    readers: [...isolated, readerHook, ...then],
    /**
     * For writes. A form on a page of this gateway has all permissions of its key. The `Origin` header shows which site
     * sent the form.
     */
    forms: [...isolated, createFormHook(authentication, countFailure, readerHook), ...then],
    /**
     * For a route `/links/:link/:file`. A link opens one file with fixed parameters. An unknown link gets 404 and
     * counts as a wrong key.
     */
    links: [keepToOwnOrigin, hideLink, createLinkHook(authentication, countFailure), ...then],
  };
}

function createReaderHook(
  { authenticate, authenticateReader, acceptsBasic }: Authentication,
  countFailure: CountFailure,
): RequestHook {
  const challenge = ({ headers }: FastifyRequest) =>
    acceptsBasic && /^(navigate)?$/.test(`${headers["sec-fetch-mode"] ?? ""}`)
      ? basicChallenge
      : bearerChallenge;
  const readerHook = createAuthHook(authenticateReader, countFailure, challenge);
  const keyHook = createAuthHook(authenticate, countFailure);
  return (request, reply, done) =>
    request.method === "GET" || request.method === "HEAD"
      ? readerHook(request, reply, done)
      : keyHook(request, reply, done);
}

function createFormHook(
  { authenticateWriter }: Authentication,
  countFailure: CountFailure,
  readerHook: RequestHook,
): RequestHook {
  const writerHook = createAuthHook(authenticateWriter, countFailure, () => basicChallenge);
  return (request, reply, done) => {
    // With the default referrer policy of pages, browsers hide the origin of a form.
    reply.header("referrer-policy", "same-origin");
    const { method, headers } = request;
    const isFromPage = method !== "POST" || (headers.origin !== undefined && isOwnOrigin(request));
    (isFromPage ? writerHook : readerHook)(request, reply, done);
  };
}

function createLinkHook({ openLink }: Authentication, countFailure: CountFailure): RequestHook {
  return (request, reply, done) => {
    const { link, file } = request.params as { readonly link: string; readonly file: string };
    const opened = openLink(link, file);
    if (opened instanceof UnauthenticatedCaller)
      return void rejectCaller(opened, countFailure, request, reply);
    if (Object.keys(request.query as object).length > 0) {
      const message =
        "The parameters of a link are frozen: leave out what follows the ? in its address. Other parameters need another link.";
      return void new RefusedRequest(400, "BAD_USER_INPUT", message).send(reply);
    }
    request.caller = opened.caller;
    request.link = opened;
    done();
  };
}

/** Keeps pages of other origins from embedding the response, as an image or a script. */
const keepToOwnOrigin: RequestHook = (_request, reply, done) => {
  reply.header("cross-origin-resource-policy", "same-origin");
  done();
};

/** The URL of a link grants access, so it must not be cached or indexed. */
const hideLink: RequestHook = (_request, reply, done) => {
  reply.headers({ "cache-control": "no-store", "x-robots-tag": "noindex, nofollow" });
  done();
};

function rejectOtherSites({ corsOrigins }: Config): RequestHook {
  return (request, reply, done) => {
    const { method, headers } = request;
    const { origin } = headers;
    const site = headers["sec-fetch-site"];
    const isOwn = (site === undefined || site === "same-origin" || site === "none") && isOwnOrigin(request);
    const isNavigation =
      method === "GET" &&
      headers["sec-fetch-mode"] === "navigate" &&
      headers["sec-fetch-dest"] === "document";
    const isAllowedOrigin =
      origin !== undefined && (corsOrigins.includes(origin) || corsOrigins.includes("*"));
    const hasProof = !isBasic(headers) && (hasPreflightHeader(headers) || isAllowedOrigin);
    if (isOwn || isNavigation || hasProof) return done();
    const message =
      "Requests from pages of another site are refused. Open the address itself, or send a key as X-Api-Key from a " +
      "program or from a page whose origin is in CORS_ORIGINS.";
    new RefusedRequest(403, "FORBIDDEN", message).send(reply);
  };
}
