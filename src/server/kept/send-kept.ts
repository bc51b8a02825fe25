import type { FastifyReply, FastifyRequest } from "fastify";
import { chooseEncoding } from "../http/compression.ts";
import { isUnmodified, privateCacheControl } from "../http/private-cache.ts";
import { logKept, type Observers } from "../observe/log-operation.ts";
import type { ChosenContentTypes } from "./chosen-content-type.ts";
import { answerKeyOf, type KeptAnswer, type KeptAnswers } from "./kept-answers.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The cache key of the answer; null if it must not be cached. */
    answerKey: string | null;
  }
}

interface KeptParts extends Observers {
  readonly answers: KeptAnswers;
  readonly contentTypes: Pick<ChosenContentTypes, "find">;
}

/** Returns the current cached answer to a request, if there is one. */
export function findKept(
  request: FastifyRequest,
  { answers, contentTypes }: KeptParts,
): KeptAnswer | undefined {
  if (!answers.isOn || request.isLeaderless) return undefined;
  const key = answerKeyOf(request);
  if (key === undefined) return undefined;
  request.answerKey = key;
  return contentTypes.find(request) === undefined ? undefined : answers.find(key);
}

/** Sends a cached answer, and logs and counts it like every other operation. */
export async function sendKept(
  answer: KeptAnswer,
  request: FastifyRequest,
  reply: FastifyReply,
  parts: KeptParts,
): Promise<FastifyReply> {
  const startedAt = performance.now();
  const { name, hash, oldest, maxAge, repeatable } = answer.details;
  reply.header("content-type", parts.contentTypes.find(request));
  const isGet = request.method === "GET";
  reply.header("cache-control", isGet ? privateCacheControl(maxAge, oldest) : "no-store");
  if (isGet && isUnmodified(request, reply, answer.etag)) reply.send();
  else {
    const encoding = chooseEncoding(request, reply, answer.bytes.length);
    const bytes = encoding ? await answer.encoded(encoding) : answer.bytes;
    if (encoding && request.answerKey !== null) parts.answers.keep(request.answerKey, answer);
    reply.send(bytes);
  }
  logKept(parts, request, { name, hash, startedAt, reused: repeatable.reused, oldest });
  return reply;
}
