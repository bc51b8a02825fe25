import type { FastifyReply, FastifyRequest } from "fastify";
import { createErrorBody } from "../http/error-response.ts";
import { isRequestClosed, onRequestClosed } from "../http/request-closed.ts";
import { shareOf, Tally } from "./share.ts";

/** Seconds. */
const retryAfter = 1;

/** The places of operations that run at once (MAX_OPERATIONS). */
export interface Places {
  readonly taken: number;
  /**
   * A Fastify `preValidation` hook: takes a place for a request whose body has come, until its response is sent or its
   * caller has disconnected. Answers 503 if there is none, or if the caller has its share.
   */
  take(request: FastifyRequest, reply: FastifyReply, done: () => void): void;
  /** Gives the place of a request back early. */
  leave(request: FastifyRequest): void;
}

/** `hasSeveralCallers`: whether one caller may have only a share of the places. */
export function createPlaces(maxOperations: number, hasSeveralCallers: () => boolean): Places {
  const byCaller = new Tally();
  /** How a request leaves its place. */
  const leaving = new WeakMap<FastifyRequest, () => void>();
  let taken = 0;

  function refuse(reply: FastifyReply, message: string): void {
    reply.code(503).header("retry-after", retryAfter).send(createErrorBody("OVERLOADED", message));
  }

  return {
    get taken() {
      return taken;
    },
    take(request, reply, done) {
      // The caller may have disconnected while its body was read.
      if (isRequestClosed(request, reply)) return;
      const caller = request.caller?.id ?? "";
      const share = shareOf(maxOperations, hasSeveralCallers());
      if (taken >= maxOperations)
        return refuse(
          reply,
          `The gateway is busy with ${taken} operations (MAX_OPERATIONS). Try again in ${retryAfter} s.`,
        );
      if (byCaller.get(caller) >= share)
        return refuse(
          reply,
          `The gateway is busy with ${share} operations of this key, which is all that one key may have at once (half of ` +
            `MAX_OPERATIONS, since there are other keys). Try again in ${retryAfter} s.`,
        );
      taken += 1;
      byCaller.add(caller, 1);
      const leave = () => {
        if (!leaving.delete(request)) return;
        taken -= 1;
        byCaller.add(caller, -1);
      };
      leaving.set(request, leave);
      onRequestClosed(request, reply, leave);
      done();
    },
    leave: (request) => leaving.get(request)?.(),
  };
}
