import type { FastifyRequest } from "fastify";
import type { Config } from "../../config/index.ts";
import { isOwnOrigin } from "../http/cross-origin.ts";
import { createErrorBody } from "../http/error-response.ts";
import { hasPreflightHeader, isBasic } from "../http/preflight-header.ts";
import type { RequestHook } from "../http/route-hooks.ts";
import { bearerChallenge, type CountFailure, createAuthHook, rejectCaller } from "./auth-hook.ts";
import { type Authentication, UnauthenticatedCaller } from "./authentication.ts";
import type { ReportLink } from "./report-link.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The link to a report by which the request came; null if it came by another address. */
    reportLink: ReportLink | null;
  }
}

const basicChallenge = 'Basic realm="Alma gateway: the key is the password", charset="UTF-8"';

/**
 * The `onRequest` hooks of the routes below /reports, and of the schema. Browsers send Basic unasked, also for pages of
 * other sites. So it is accepted here alone, for GET and HEAD; it is asked for only where a person or a program opens
 * an address; and requests of other sites' pages are refused, unless they have a key in a header or come from
 * CORS_ORIGINS.
 */
export function createReportHooks(
  { authenticate, authenticateReader, acceptsBasic }: Authentication,
  countFailure: CountFailure,
  config: Pick<Config, "corsOrigins">,
): readonly [RequestHook, RequestHook, RequestHook] {
  const challenge = ({ headers }: FastifyRequest) =>
    acceptsBasic && /^(navigate)?$/.test(`${headers["sec-fetch-mode"] ?? ""}`)
      ? basicChallenge
      : bearerChallenge;
  const readerHook = createAuthHook(authenticateReader, countFailure, { challenge });
  const keyHook = createAuthHook(authenticate, countFailure);
  return [
    keepToOwnOrigin,
    rejectOtherSites(config),
    (request, reply, done) =>
      request.method === "GET" || request.method === "HEAD"
        ? readerHook(request, reply, done)
        : keyHook(request, reply, done),
  ];
}

/**
 * The `onRequest` hooks of the routes below /imports. As those of reports; and a form that a page of this gateway sends
 * is written with all that its key may: browsers name the origin of whoever sends a form.
 */
export function createImportHooks(
  authentication: Authentication,
  countFailure: CountFailure,
  config: Pick<Config, "corsOrigins">,
): readonly RequestHook[] {
  const [keepToOwn, rejectOthers, authenticateHook] = createReportHooks(authentication, countFailure, config);
  const writerHook = createAuthHook(authentication.authenticateWriter, countFailure, {
    challenge: () => basicChallenge,
  });
  return [
    keepToOwn,
    rejectOthers,
    (request, reply, done) => {
      // With what pages have otherwise, a browser hides from which origin a form is sent.
      reply.header("referrer-policy", "same-origin");
      const { method, headers } = request;
      const isFromPage = method !== "POST" || (headers.origin !== undefined && isOwnOrigin(headers));
      (isFromPage ? writerHook : authenticateHook)(request, reply, done);
    },
  ];
}

/**
 * The `onRequest` hooks of the route `/links/:link/:file`. A link opens one file with frozen parameters; a wrong one is
 * not found, and counted like a wrong key.
 */
export function createLinkHooks(
  { openLink }: Pick<Authentication, "openLink">,
  countFailure: CountFailure,
): readonly RequestHook[] {
  const openLinkHook: RequestHook = (request, reply, done) => {
    const { link, file } = request.params as { readonly link: string; readonly file: string };
    const opened = openLink(link, file);
    if (opened instanceof UnauthenticatedCaller)
      return void rejectCaller(opened, countFailure, request, reply);
    if (Object.keys(request.query as object).length > 0) {
      const message =
        "The parameters of a link are frozen: leave out what follows the ? in its address. Other parameters need another link.";
      return void reply.code(400).send(createErrorBody("BAD_USER_INPUT", message));
    }
    request.caller = opened.caller;
    request.reportLink = opened;
    done();
  };
  return [keepToOwnOrigin, hideLink, openLinkHook];
}

/** No page of another origin may embed the response, as an image or a script. */
const keepToOwnOrigin: RequestHook = (_request, reply, done) => {
  reply.header("cross-origin-resource-policy", "same-origin");
  done();
};

/** Whoever has the address of a link has the report: nobody stores or lists it. */
const hideLink: RequestHook = (_request, reply, done) => {
  reply.headers({ "cache-control": "no-store", "x-robots-tag": "noindex, nofollow" });
  done();
};

function rejectOtherSites({ corsOrigins }: Pick<Config, "corsOrigins">): RequestHook {
  return ({ method, headers }, reply, done) => {
    const { origin } = headers;
    const site = headers["sec-fetch-site"];
    const isOwn = (site === undefined || site === "same-origin" || site === "none") && isOwnOrigin(headers);
    const isNavigation =
      method === "GET" &&
      headers["sec-fetch-mode"] === "navigate" &&
      headers["sec-fetch-dest"] === "document";
    const isAllowedOrigin =
      origin !== undefined && (corsOrigins.includes(origin) || corsOrigins.includes("*"));
    const hasProof = !isBasic(headers) && (hasPreflightHeader(headers) || isAllowedOrigin);
    if (isOwn || isNavigation || hasProof) return done();
    const message =
      "A page of another site asks in the name of whoever looks at it, which is refused. Open the address itself; a " +
      "program sends a key as X-Api-Key, and a page of an origin in CORS_ORIGINS may do so too.";
    reply.code(403).send(createErrorBody("FORBIDDEN", message));
  };
}
