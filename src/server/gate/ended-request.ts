import { GraphQLError } from "graphql";
import type { ResolvedOperation } from "../../graph/index.ts";
import type { EndedRequests } from "../observe/ended-requests.ts";
import type { ServerContext } from "../observe/server-context.ts";

/** A step: refuses what has ended a process, for some minutes: it would end this one too. */
export function refuseEnded(
  { contextValue: { admittedRequest } }: ResolvedOperation<ServerContext>,
  { endedRequests }: { readonly endedRequests: EndedRequests },
): void {
  const left = (endedRequests.get(admittedRequest.name) ?? 0) - performance.now();
  if (left <= 0) return;
  const retryAfter = Math.ceil(left / 1_000);
  const message =
    "The gateway's process stood still on this request and was ended (WATCHDOG), so it is not tried again for " +
    `${Math.ceil(retryAfter / 60)} minutes. Ask for less at once, or with other values.`;
  throw new GraphQLError(message, {
    extensions: { code: "LIMIT_EXCEEDED", retryAfter, http: { status: 400 } },
  });
}
