import type { FastifyReply, FastifyRequest } from "fastify";
import type { Config } from "../config/index.ts";
import type { Leadership } from "../share/index.ts";
import type { Places } from "./admission/places.ts";
import type { Reports } from "./admission/reports.ts";
import type { WrappedContext } from "./gate/server-context.ts";
import type { TableOptions } from "./gate/table-operation.ts";
import { admitRequest } from "./observe/admitted-request.ts";
import type { AuditLog } from "./observe/audit-log.ts";
import type { Graph } from "./scope/graph.ts";

/** Creates the contexts of operations; `table` is set for one whose answer is a table. */
export function createOperationContext(
  graph: Graph,
  config: Config,
  audit: AuditLog,
  places: Pick<Places, "leave">,
  reports: Pick<Reports, "admission">,
  leadership: Pick<Leadership, "term"> | undefined,
) {
  return async (
    request: FastifyRequest,
    reply: FastifyReply,
    table?: TableOptions,
  ): Promise<WrappedContext> => {
    const deadline = Math.min(config.deadline, table?.timeout ?? config.deadline);
    const limits = { deadline, cpuBudget: config.cpuBudget };
    const admittedRequest = admitRequest(request, reply, limits, audit);
    const { requestId, signal, caller, meter } = admittedRequest;
    return {
      graphContext: graph.context({
        requestId,
        signal,
        caller,
        meter,
        forwardingId: request.ticket?.forwardingId,
        isLeaderless: request.isLeaderless,
        rows: table?.rows,
      }),
      admittedRequest,
      admission: reports.admission(admittedRequest, () => places.leave(request)),
      httpRequest: request.raw,
      isHandedOn: Boolean(request.ticket),
      term: leadership?.term(),
      document: request.document,
      answerKey: request.answerKey,
      isReport: table?.isReport ?? false,
      checksOnly: table?.checksOnly ?? false,
      checked: undefined,
    };
  };
}
