import { hash } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { scopesText } from "../kept/answer-key.ts";
import type { AskingRequest } from "../observe/admitted-request.ts";
import type { Questions, Refusal, StreamedAnswer } from "./question.ts";
import type { Stream } from "./stream.ts";

/** What a stream follows. */
export interface Followed {
  /** All who follow the same have the same key. */
  readonly key: string;
  /** Makes the answer that comes after a cursor. */
  ask(after: unknown): Promise<StreamedAnswer>;
  readonly minInterval: number;
  readonly owner: string;
  readonly after: unknown;
  /** Whether one answer is all. */
  readonly isOnce: boolean;
}

/** Sends what comes, until the stream ends. Resolves with why there is no answer, if there is none any more. */
export async function follow(
  stream: Stream,
  questions: Questions,
  { key, ask, after, isOnce, ...asking }: Followed,
): Promise<Refusal | undefined> {
  const { signal } = stream;
  let refusal: Refusal | undefined;
  for (let at = after; !signal.aborted && !refusal; at = stream.cursor) {
    const own = { ...asking, ask: () => ask(at) };
    refusal = await questions.listen(`${key} ${JSON.stringify(at)}`, own, async (question) => {
      for (let answer = await question.next(undefined, signal); answer; ) {
        const { bytes, cursor, refusal } = answer;
        if (refusal && !(stream.isStarted && refusal.isPassing)) return refusal;
        if (!refusal) {
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

/** The request as its answers need it, which may outlast it: others listen, too. */
export const askerOf = (
  { id, headers, body, routeOptions, caller, raw, ticket }: FastifyRequest,
  isStreamed: boolean,
): AskingRequest => ({
  ...{ id, headers, body, routeOptions, caller, raw, ticket, isStreamed },
  document: null,
  answerKey: null,
});

/** Two with the same key get the same answers. */
export function keyOf({ caller }: FastifyRequest, asked: readonly unknown[]): string {
  const text = JSON.stringify(asked);
  const viewer = /\b(viewer|jobs?)\b/.test(text) ? caller?.id : "";
  const scopes = caller ? scopesText(caller.scopes) : "";
  return hash("sha256", `${viewer}\n${scopes}\n${text}`, "base64");
}
