import type { FastifyReply } from "fastify";
import type { ApiResponse } from "./route.ts";

/** Sends an answer and tells nothing more. */
export function send(reply: FastifyReply, answer: ApiResponse): void {
  const { type, text } = serialize(answer);
  reply.code(answer.status).headers(answer.headers ?? {});
  if (type) reply.header("content-type", type);
  reply.send(text);
}

/** Sends an answer whose body ends in the middle, and with it the connection. */
export function sendTruncated(reply: FastifyReply, answer: ApiResponse): void {
  const { type, text } = serialize(answer);
  const bytes = Buffer.from(text);
  const { raw } = reply.hijack();
  raw.writeHead(answer.status, {
    ...answer.headers,
    "content-type": type,
    "content-length": bytes.length + 1,
  });
  raw.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => raw.socket?.destroy());
}

/** Ends the connection without an answer. */
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
