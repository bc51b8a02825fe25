import { setImmediate } from "node:timers";
import type { FastifyBodyParser, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { RefusedRequest } from "../http/error-response.ts";

/** The number of characters allowed per token of a document: enough for long names and deep indentation. */
const CHARACTERS_PER_TOKEN = 100;

/**
 * Returns a Fastify `preHandler` hook that refuses documents far longer than their token limit needs, and deeply nested
 * JSON in a query string. `MAX_TOKENS` does not count comments, but parsing millions of them takes a second and 200 MB.
 */
export function limitDocumentLength(maxTokens: number) {
  const maxLength = maxTokens * CHARACTERS_PER_TOKEN;
  return (
    { body, query: search }: FastifyRequest,
    _reply: FastifyReply,
    done: (error?: Error) => void,
  ): void => {
    const { query } = (body ?? search ?? {}) as { readonly query?: unknown };
    try {
      if (typeof query === "string" && query.length > maxLength)
        throw new RefusedRequest(
          400,
          "LIMIT_EXCEEDED",
          `The document has ${query.length} characters; ${maxLength} are allowed. Leave out ` +
            "comments, split the operation, and send long texts and lists as variables.",
          { limit: "MAX_TOKENS" },
        );
      for (const name of ["variables", "extensions"]) {
        const text = (search as Readonly<Record<string, unknown>>)[name];
        if (text !== undefined) limitJson(String(text), `The parameter ${name}`);
      }
      done();
    } catch (error) {
      done(error as RefusedRequest);
    }
  };
}

declare module "fastify" {
  interface FastifyRequest {
    /** The text of the body as received; null if there is none or it is streamed. */
    bodyText: string | null;
  }
}

/** The bytes of body per allowed value: fewer than a field of a Bitrix item takes. */
const BYTES_PER_VALUE = 32;
/** The maximum nesting of lists and objects: more than any client needs, less than recursive code can handle. */
const MAX_NESTING = 500;
/** The length, in characters, from which parsing a body is followed by a yield. */
const LONG_BODY = 65_536;

/**
 * Parses JSON unless it is too deep or has too many values for `maxBytes`, the largest body. The check runs before
 * parsing: a million `{}` or names would block the process for a third of a second.
 */
export function parseLimitedJson(app: FastifyInstance, maxBytes: number): FastifyBodyParser<string> {
  const parse = app.getDefaultJsonParser("error", "error");
  const maxValues = Math.floor(maxBytes / BYTES_PER_VALUE);
  return (request, body, done) => {
    try {
      limitJson(body, "The body", maxValues);
    } catch (error) {
      done(error as RefusedRequest);
      return;
    }
    request.bodyText = body;
    void parse(request, body, (failure, value) => {
      const error = failure ?? (hasTooLargeNumber(body, value) ? numberTooLarge : null);
      if (body.length > LONG_BODY) setImmediate(() => done(error, value));
      else done(error, value);
    });
  };
}

/**
 * Returns whether JSON contains a number too large for a double, such as 1e400. It would be parsed as infinite and
 * printed as null, so that different texts would look equal.
 */
export function hasTooLargeNumber(json: string, parsed: unknown): boolean {
  return largeNumberPattern.test(json) && hasInfinite(parsed);
}

/** Matches an exponent of three digits, or 210 digits: a number of 309 is too large, and an exponent may add 99. */
const largeNumberPattern = /[eE]\+?\d{3}|\d{210}/;

function hasInfinite(value: unknown) {
  if (typeof value === "number") return !Number.isFinite(value);
  return typeof value === "object" && value !== null && Object.values(value).some(hasInfinite);
}

/** The refusal of a number that is too large for a double. */
export const numberTooLarge = new RefusedRequest(
  400,
  "BAD_USER_INPUT",
  "The request has a number that is too large, such as 1e400. Send a smaller one, or text.",
);

const [QUOTE, COMMA, OPEN_BRACKET, BACKSLASH, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [
  0x22, 0x2c, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d,
];

/**
 * Throws a RefusedRequest for JSON that is too deep or has more than `maxValues` values, counted by commas and
 * brackets. `what`: the start of the message.
 */
function limitJson(json: string, what: string, maxValues = Infinity) {
  // A value with its comma, or the two brackets of a level, take at least two characters.
  if (json.length < 2 * Math.min(maxValues, MAX_NESTING)) return;
  let values = 1;
  let nesting = 0;
  let deepest = 0;
  let isText = false;
  for (let index = 0; index < json.length && values <= maxValues; index++) {
    const code = json.charCodeAt(index);
    if (code === QUOTE) isText = !isText;
    else if (isText) index += code === BACKSLASH ? 1 : 0;
    else if (code === COMMA) values += 1;
    else if (code === OPEN_BRACKET || code === OPEN_BRACE) {
      values += 1;
      nesting += 1;
      if (nesting > deepest) deepest = nesting;
    } else if (code === CLOSE_BRACKET || code === CLOSE_BRACE) nesting -= 1;
  }
  if (values > maxValues)
    throw new RefusedRequest(
      413,
      "PAYLOAD_TOO_LARGE",
      `${what} has more than ${maxValues} values (one for each ${BYTES_PER_VALUE} of the bytes that a body may have), so it ` +
        "was not read. Ask in several operations.",
    );
  if (deepest > MAX_NESTING)
    throw new RefusedRequest(
      400,
      "LIMIT_EXCEEDED",
      `${what} is nested ${deepest} deep, so it was not read; ${MAX_NESTING} are allowed. Nest fewer lists and objects.`,
      { limit: "MAX_DEPTH" },
    );
}
