import { setImmediate } from "node:timers";
import type { FastifyBodyParser, FastifyInstance } from "fastify";

/** Bytes of a body for each value that it may have: fewer than a field of a Bitrix item takes. */
const bytesPerValue = 32;
/** Characters. After a longer body was parsed, other requests have their turn. */
const longBody = 65_536;

/**
 * Parses JSON unless it has far more values than `maxBytes`, the largest body, suggests. It is refused before it is
 * parsed: a million `{}` or names take a third of a second, in which nobody else is answered.
 */
export function parseLimitedJson(app: FastifyInstance, maxBytes: number): FastifyBodyParser<string> {
  const parse = app.getDefaultJsonParser("error", "error");
  const maxValues = Math.floor(maxBytes / bytesPerValue);
  return (request, body, done) => {
    if (countValues(body, maxValues) > maxValues) {
      done(tooManyValuesError(maxValues));
      return;
    }
    void parse(request, body, (error, value) => {
      if (body.length > longBody) setImmediate(() => done(error, value));
      else done(error, value);
    });
  };
}

const [quote, comma, openBracket, backslash, openBrace] = [0x22, 0x2c, 0x5b, 0x5c, 0x7b];

/** Counts the values in JSON text, by the commas and brackets before them; no more than one beyond `max`. */
function countValues(json: string, max: number): number {
  // A value and its comma take two characters.
  if (json.length < max * 2) return 0;
  let count = 1;
  let isText = false;
  for (let index = 0; index < json.length && count <= max; index++) {
    const code = json.charCodeAt(index);
    if (code === quote) isText = !isText;
    else if (isText) index += code === backslash ? 1 : 0;
    else if (code === comma || code === openBracket || code === openBrace) count += 1;
  }
  return count;
}

function tooManyValuesError(maxValues: number): Error {
  const message =
    `The body has more than ${maxValues} values (one for each ${bytesPerValue} of the bytes that a body may have), so it ` +
    "was not read. Ask in several operations.";
  return Object.assign(new Error(message), { statusCode: 413 });
}
