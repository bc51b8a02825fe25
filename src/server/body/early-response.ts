import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";

/** The time, in milliseconds, during which the rest of a body is read after the response. */
const LINGER_TIME = 1_500;

/**
 * Step of a response: lets clients read a response sent before their whole body has arrived, such as a 413. Closing a
 * connection while bytes arrive would reset it and lose the response, and many clients read the response only after
 * they have sent the body. So the rest of the body is read and discarded, and the response ends with it. Clients that
 * still send after 1.5 s are disconnected.
 */
export function readBodyAfterResponse(request: FastifyRequest, reply: FastifyReply, body: unknown): unknown {
  const { raw } = request;
  if (raw.method === "GET" || raw.complete || raw.destroyed || typeof body !== "string") return body;
  // With a content length, clients consider the response complete before the stream ends.
  reply.header("content-length", Buffer.byteLength(body));
  return Readable.from(sendThenDropBody(body, request));
}

async function* sendThenDropBody(text: string, { raw }: FastifyRequest): AsyncGenerator<string, void> {
  const ended = new Promise<void>((resolve) => raw.once("end", resolve).once("close", resolve));
  raw.unpipe();
  raw.resume();
  const timer = setTimeout(() => raw.socket.destroy(), LINGER_TIME);
  try {
    yield text;
    await ended;
  } finally {
    clearTimeout(timer);
  }
}
