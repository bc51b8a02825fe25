import type { FastifyReply } from "fastify";
import type { ApiResponse } from "./route.ts";

/** Sends an answer. */
export function send(reply: FastifyReply, response: ApiResponse): void {
  const { type, text } = serialize(response);
  reply.code(response.status).headers(response.headers ?? {});
  if (type) reply.header("content-type", type);
  reply.send(text);
}

/** Sends half of an answer's body and closes the connection. */
export function sendTruncated(reply: FastifyReply, response: ApiResponse): void {
  const { type, text } = serialize(response);
  const bytes = Buffer.from(text);
  const { raw } = reply.hijack();
  raw.writeHead(response.status, {
    ...response.headers,
    "content-type": type,
    "content-length": bytes.length + 1,
  });
  raw.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => raw.socket?.destroy());
}

/** Resets the connection without an answer. */
export function resetConnection(reply: FastifyReply): void {
  reply.hijack().raw.socket?.resetAndDestroy();
}

function serialize({ body, html, text }: ApiResponse): { type: string; text: string } {
  if (html !== undefined) return { type: "text/html; charset=utf-8", text: html };
  if (text !== undefined) return { type: "text/plain; charset=utf-8", text };
  return body === undefined
    ? { type: "", text: "" }
    : { type: "application/json", text: JSON.stringify(body) };
}
