import { hash, randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { FastifyRequest } from "fastify";
import type { AskingRequest } from "../observe/admitted-request.ts";
import type { AuditedRequest } from "../observe/audit-log.ts";
import type { Caller } from "../scope/scope.ts";
import type { Questions, Refusal, StreamedAnswer } from "./question.ts";
import type { Stream } from "./stream.ts";

/** What a stream follows. */
export interface Followed {
  /** All who follow the same have the same key. */
  readonly key: string;
  /** Makes the answer that comes after a cursor, by a request for all who follow it. */
  ask(request: AskingRequest, after: unknown): Promise<StreamedAnswer>;
  /** The request of the answers, which may outlast it. Undefined if all who ask the same get the same answers. */
  readonly request: AskingRequest | undefined;
  readonly minInterval: number;
  readonly follower: AuditedRequest;
  /** That of this gateway, for links. */
  readonly address: string;
  readonly after: unknown;
  /** Whether one answer is all. */
  readonly isOnce: boolean;
}

/** Sends what comes, until the stream ends. Resolves with why there is no answer, if there is none any more. */
export async function follow(
  stream: Stream,
  questions: Questions,
  followed: Followed,
): Promise<Refusal | undefined> {
  const leave = questions.enter(followed.follower.caller.id, followed.key);
  if (typeof leave !== "function") return leave;
  try {
    return await send(stream, questions, followed);
  } finally {
    leave();
  }
}

async function send(
  stream: Stream,
  questions: Questions,
  { key, ask, request, follower, address, after, isOnce, minInterval }: Followed,
): Promise<Refusal | undefined> {
  const { signal } = stream;
  const { scopes } = follower.caller;
  let refusal: Refusal | undefined;
  for (let at = after; !signal.aborted && !refusal; at = stream.cursor) {
    const asking = {
      minInterval,
      ask: (followers: readonly AuditedRequest[], payer: string) =>
        ask(request ?? sharedRequest(followers, { id: payer, name: "", scopes, expires: null }), at),
    };
    refusal = await questions.listen(`${key} ${JSON.stringify(at)}`, asking, follower, async (question) => {
      for (let answer = await question.next(undefined, signal); answer; ) {
        const { cursor, refusal } = answer;
        if (refusal && !(stream.isStarted && refusal.isPassing)) return refusal;
        if (!refusal) {
          const bytes = answer.bytesFor(address);
          stream.start(bytes ? null : cursor);
          if (bytes) await stream.send(bytes, cursor);
          else stream.moveTo(cursor);
          if (isOnce) stream.end("complete");
          else if (cursor !== at) return undefined;
        }
        answer = await question.next(answer, signal);
      }
      return undefined;
    });
  }
  return refusal;
}

/** A request as its own answers need it. */
export const askerOf = (
  { id, headers, body, routeOptions, caller, raw, ticket, protocol, host }: FastifyRequest,
  isStreamed: boolean,
): AskingRequest => ({
  ...{ id, headers, body, routeOptions, caller, raw, ticket, protocol, host, isStreamed },
  document: null,
  answerKey: null,
});

/** What asks for an answer that is made once for several. Nothing of it comes from the request of any of them. */
const sharedRequest = (followers: readonly AuditedRequest[], caller: Caller): AskingRequest => ({
  id: randomUUID(),
  headers: {},
  body: undefined,
  // Safe, here and below: what stands for a request has what is read of one.
  routeOptions: { url: "a stream" } as AskingRequest["routeOptions"],
  raw: { complete: true } as IncomingMessage,
  caller,
  document: null,
  answerKey: null,
  isStreamed: true,
  followers,
});

/** Names what is asked: two with the same key get the same answers. */
export const keyOf = (asked: readonly unknown[]): string => hash("sha256", JSON.stringify(asked), "base64");
