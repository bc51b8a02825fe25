import { randomUUID } from "node:crypto";
import type { StreamBody } from "../http/send.ts";
import type { IncomingFile } from "./file-content.ts";

/** A file to send. Its declared length may be too large, since the form is padded after its end. */
export interface FileSource extends IncomingFile {
  /** The media type, detected from the content. */
  readonly type: string;
}

/**
 * Creates a multipart form (RFC 7578) of text fields and one file. It is generated while being sent, so the whole file
 * is never in memory. Its length is declared if known, since many WSGI servers read no body without a length.
 */
export function multipart(
  fields: Readonly<Record<string, string>>,
  fileField: string,
  file: FileSource,
): StreamBody {
  const boundary = `alma-gateway-${randomUUID()}`;
  const textParts = Object.entries(fields).map(
    ([name, value]) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${escapeQuotes(name)}"\r\n\r\n${value}\r\n`,
  );
  const head = Buffer.from(
    `${textParts.join("")}--${boundary}\r\n` +
      `Content-Disposition: form-data; name="${escapeQuotes(fileField)}"; filename="${escapeQuotes(file.name)}"\r\n` +
      `Content-Type: ${file.type.replace(/[^\x21-\x7e]/g, "")}\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  async function* content() {
    yield head;
    let padding = file.length ?? 0;
    for await (const chunk of file.content) {
      padding -= chunk.length;
      yield chunk;
    }
    yield tail;
    // Receivers ignore data after the last boundary (RFC 2046, epilogue). The empty line ends a search for headers.
    if (padding > 0) yield Buffer.from("\r\n\r\n".padEnd(padding).slice(0, padding));
  }
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    content: content(),
    ...(file.length === undefined ? {} : { length: head.length + file.length + tail.length }),
  };
}

/** Escapes line breaks and quotes, which would end the header, as browsers do. */
function escapeQuotes(text: string) {
  return text.replace(/\r\n|\r|\n/g, "%0D%0A").replaceAll('"', "%22");
}
