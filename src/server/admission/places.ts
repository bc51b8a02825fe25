import type { FastifyReply, FastifyRequest } from "fastify";
import { RefusedRequest } from "../http/error-response.ts";
import { isRequestClosed, onComputed } from "../http/request-closed.ts";
import { createFairSlots } from "./fair-slots.ts";
import { quotaOf } from "./quota.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Leaves its place early; null or undefined without one. */
    leavePlace?: (() => void) | null;
  }
}

/** Seconds. */
const retryAfter = 1;

/**
 * Creates the places of concurrent operations (MAX_OPERATIONS). `hasSeveralCallers`: whether one caller is
 * limited to its quota.
 */
export function createPlaces(maxOperations: number, hasSeveralCallers: () => boolean) {
  const slots = createFairSlots(maxOperations, 0, hasSeveralCallers);

  function refuse(reply: FastifyReply): void {
    const quota = quotaOf(maxOperations, hasSeveralCallers());
    const busy =
      slots.taken >= maxOperations
        ? `${slots.taken} operations (MAX_OPERATIONS)`
        : `${quota} operations of this key, which is all that one key may have at once (half of MAX_OPERATIONS, since ` +
          "there are other keys)";
    const message = `The gateway is busy with ${busy}. Try again in ${retryAfter} s.`;
    new RefusedRequest(503, "OVERLOADED", message, { retryAfter }).send(reply);
  }

  return {
    get taken() {
      return slots.taken;
    },
    /**
     * A Fastify `preValidation` hook: takes a place for a request whose body has arrived, until its response
     * is computed or its caller has disconnected. Answers 503 if there is none, or the caller has its quota.
     */
    take(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
      // The caller may have disconnected while its body was read.
      if (isRequestClosed(request, reply)) return;
      const leave = slots.tryTake(request.caller?.id ?? "");
      if (!leave) {
        refuse(reply);
        return;
      }
      request.leavePlace = leave;
      onComputed(request, reply, leave);
      done();
    },
  };
}

export type Places = ReturnType<typeof createPlaces>;
