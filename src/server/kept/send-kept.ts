import type { FastifyReply, FastifyRequest } from "fastify";
import type { Config, Log } from "../../config/index.ts";
import { chooseEncoding } from "../http/compression.ts";
import { isUnmodified, privateCacheControl } from "../http/private-cache.ts";
import { auditedRequest } from "../observe/admitted-request.ts";
import { logOperation } from "../observe/log-operation.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { OperationOutcome } from "../observe/operation-outcome.ts";
import { answerKeyOf } from "./answer-key.ts";
import type { ChosenContentTypes } from "./chosen-content-type.ts";
import type { KeptAnswer } from "./kept-answer.ts";
import type { KeptAnswers } from "./kept-answers.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The key under which the answer may be kept; null if it may not. */
    answerKey: string | null;
  }
}

/** The operation of a kept answer, for its span. */
export interface KeptOperation extends Pick<OperationOutcome, "outcome" | "calls"> {
  readonly name: string | undefined;
  readonly kind: string;
}

/** Sends kept answers in place of Apollo Server, after the hooks of the route. */
export function createKeptSender(
  answers: KeptAnswers,
  contentTypes: Pick<ChosenContentTypes, "find">,
  { compression }: Pick<Config, "compression">,
  log: Log,
  metrics: Metrics,
  describeSpan: (operation: KeptOperation) => void,
) {
  return {
    /** The kept answer to a request, if there is one that stands. */
    find(request: FastifyRequest): KeptAnswer | undefined {
      if (!answers.isOn) return undefined;
      const key = answerKeyOf(request);
      if (key === undefined) return undefined;
      request.answerKey = key;
      return contentTypes.find(request) === undefined ? undefined : answers.find(key);
    },

    /** Sends a kept answer, and logs and counts it like every other operation. */
    async send(answer: KeptAnswer, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
      const startedAt = performance.now();
      const { name, hash, oldest, maxAge, repeatable } = answer.details;
      reply.header("content-type", contentTypes.find(request));
      const isGet = request.method === "GET";
      reply.header("cache-control", isGet ? privateCacheControl(maxAge, oldest) : "no-store");
      if (isGet && isUnmodified(request, reply, answer.etag)) reply.send();
      else {
        const encoding = compression ? chooseEncoding(request, reply, answer.bytes.length) : undefined;
        const bytes = encoding ? await answer.encoded(encoding) : answer.bytes;
        if (encoding && request.answerKey !== null) answers.keep(request.answerKey, answer);
        reply.send(bytes);
      }
      const kind = "query";
      const { readAt } = answer;
      const age = readAt === undefined ? undefined : Math.round((Date.now() - readAt) / 100) / 10;
      const outcome = "ok";
      const calls = 0;
      describeSpan({ name, kind, outcome, calls });
      if (request.caller)
        logOperation(log, metrics, {
          request: auditedRequest(request, request.caller),
          name,
          kind,
          hash,
          startedAt,
          isKept: true,
          outcome,
          codes: [],
          calls,
          reused: repeatable.reused,
          age,
        });
      return reply;
    },
  };
}
