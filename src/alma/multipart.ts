import { randomUUID } from "node:crypto";
import type { Stream } from "./send.ts";

/** A file on its way: read once, as it is sent. */
export interface FileSource {
  readonly name: string;
  /** The media type, as found by content. */
  readonly type: string;
  readonly content: AsyncIterable<Uint8Array>;
  /** Bytes, if known beforehand. */
  readonly length?: number;
}

/** A multipart form (RFC 7578) of text fields and one file, made while it is sent: a file is never held as a whole. */
export function multipart(
  fields: Readonly<Record<string, string>>,
  fileField: string,
  file: FileSource,
): Stream {
  const boundary = `alma-gateway-${randomUUID()}`;
  const texts = Object.entries(fields).map(
    ([name, value]) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"\r\n\r\n${value}\r\n`,
  );
  const head = Buffer.from(
    `${texts.join("")}--${boundary}\r\n` +
      `Content-Disposition: form-data; name="${quoted(fileField)}"; filename="${quoted(file.name)}"\r\n` +
      `Content-Type: ${file.type.replace(/[^\x21-\x7e]/g, "")}\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  async function* content() {
    yield head;
    yield* file.content;
    yield tail;
  }
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    content: content(),
    ...(file.length === undefined ? {} : { length: head.length + file.length + tail.length }),
  };
}

/** As browsers do it: line breaks and quotes would end the header. */
function quoted(text: string): string {
  return text.replace(/\r\n|\r|\n/g, "%0D%0A").replaceAll('"', "%22");
}

/** The same content, and what went wrong with reading it, if anything did. */
export function watched(content: AsyncIterable<Uint8Array>): {
  readonly content: AsyncIterable<Uint8Array>;
  readonly fault: () => unknown;
} {
  let fault: unknown;
  async function* watching() {
    try {
      yield* content;
    } catch (error) {
      fault = error ?? new Error("no reason given");
      throw error;
    }
  }
  return { content: watching(), fault: () => fault };
}
