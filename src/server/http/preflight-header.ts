import type { IncomingHttpHeaders } from "node:http";

/** Headers that a page of another origin cannot send without a preflight: a GET or a form needs one of them. */
export const preflightHeaders = [
  "authorization",
  "x-api-key",
  "apollo-require-preflight",
  "x-apollo-operation-name",
];

/** Whether a request has one of them. */
export const hasPreflightHeader = (headers: IncomingHttpHeaders): boolean =>
  preflightHeaders.some((name) => headers[name] !== undefined && headers[name] !== "");
