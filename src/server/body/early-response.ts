import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Milliseconds for which the rest of a body is read after its response. */
const lingerTime = 1_500;

/**
 * A step of a response: lets clients read a response sent before their body has arrived, such as a 413. Closing a
 * connection while bytes arrive resets it and loses the response; many clients also read it only after they have sent
 * the body. So the rest of the body is read and dropped, and the response ends with it. Senders still active after
 * 1.5 s are disconnected.
 */
export function readBodyAfterResponse(request: FastifyRequest, reply: FastifyReply, body: unknown): unknown {
  const { raw } = request;
  if (raw.method === "GET" || raw.complete || raw.destroyed || typeof body !== "string") return body;
  // With its length, the response is complete for the client before it ends.
  reply.header("content-length", Buffer.byteLength(body));
  return Readable.from(sendThenDropBody(body, request));
}

async function* sendThenDropBody(text: string, { raw }: FastifyRequest): AsyncGenerator<string, void> {
  const ended = new Promise<void>((resolve) => raw.once("end", resolve).once("close", resolve));
  raw.unpipe();
  raw.resume();
  const timer = setTimeout(() => raw.socket.destroy(), lingerTime);
  try {
    yield text;
    await ended;
  } finally {
    clearTimeout(timer);
  }
}
