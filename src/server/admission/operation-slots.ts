import type { FastifyReply, FastifyRequest } from "fastify";
import { RefusedRequest } from "../http/error-response.ts";
import { isRequestClosed, onComputed } from "../http/request-closed.ts";
import { createFairSlots } from "./fair-slots.ts";
import { quotaOf } from "./quota.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Releases the operation slot early; null or undefined if the request has none. */
    releaseSlot?: (() => void) | null;
  }
}

/** The `Retry-After` of refused requests, in seconds. */
const RETRY_AFTER = 1;

/**
 * Creates the slots for concurrent operations (MAX_OPERATIONS). `hasSeveralCallers` decides whether each caller is
 * limited to a quota.
 */
export function createOperationSlots(maxOperations: number, hasSeveralCallers: () => boolean) {
  const slots = createFairSlots(maxOperations, 0, hasSeveralCallers);

  function refuse(reply: FastifyReply) {
    const quota = quotaOf(maxOperations, hasSeveralCallers());
    const busy =
      slots.taken >= maxOperations
        ? `${slots.taken} operations`
        : `${quota} operations of this key, the maximum for one of several keys`;
    const message = `The gateway is busy with ${busy}. Try again in ${RETRY_AFTER} s.`;
    new RefusedRequest(503, "OVERLOADED", message, { retryAfter: RETRY_AFTER }).send(reply);
  }

  return {
    get taken() {
      return slots.taken;
    },
    /**
     * A Fastify `preValidation` hook: takes a slot for a request whose body has arrived, until its response is computed
     * or its caller disconnects. Answers 503 if none is free or the caller has used its quota.
     */
    take(request: FastifyRequest, reply: FastifyReply, done: () => void) {
      // The caller may have disconnected while its body was read.
      if (isRequestClosed(reply)) return;
      const release = slots.tryTake(request.caller?.id ?? "");
      if (!release) {
        refuse(reply);
        return;
      }
      request.releaseSlot = release;
      onComputed(reply, release);
      done();
    },
  };
}

export type OperationSlots = ReturnType<typeof createOperationSlots>;
