import { isUtf8 } from "node:buffer";
import { parseJson } from "./json.ts";
import type { ResponseBody } from "./send.ts";
import type { Slices } from "./slice.ts";

/** Bytes from which a body takes milliseconds to parse. */
const LONG_BODY = 262_144;

/** Reads a complete body; a long one in two slices, for its text and for what the text says. Never throws. */
export function readBody(
  chunks: readonly Buffer[],
  contentType: string | undefined,
  slices: Slices,
): ResponseBody | Promise<ResponseBody> {
  const size = chunks.reduce((sum, { length }) => sum + length, 0);
  const decode = () => decodeText(Buffer.concat(chunks, size), contentType);
  return size < LONG_BODY
    ? parseBody(decode())
    : slices.inOwn(decode).then((text) => slices.inOwn(() => parseBody(text)));
}

/** A body is JSON if it parses as JSON, whatever its content type says. */
function parseBody(text: string): ResponseBody {
  try {
    return { json: parseJson(text) };
  } catch {
    return { text };
  }
}

/**
 * JSON is UTF-8. Other bytes come from a proxy that converted them and names their charset in the content type. A byte
 * order mark is left out.
 */
function decodeText(bytes: Buffer, contentType: string | undefined): string {
  const charset = isUtf8(bytes) ? undefined : /charset="?([^\s";]+)/i.exec(String(contentType))?.[1];
  return decodeAs(charset, bytes).replace(/^\uFEFF/, "");
}

function decodeAs(charset: string | undefined, bytes: Buffer): string {
  try {
    return charset === undefined ? bytes.toString("utf8") : new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.toString("utf8");
  }
}
