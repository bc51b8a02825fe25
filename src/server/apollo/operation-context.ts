import type { Config } from "../../config/index.ts";
import type { FileLinks, Graph, GraphContext } from "../../graph/index.ts";
import type { Leadership } from "../../share/index.ts";
import type { ReportSlots } from "../admission/report-slots.ts";
import { admitRequest, type RequestLike, type ResponseEvents } from "../observe/admitted-request.ts";
import type { AuditLog } from "../observe/audit-log.ts";
import type { ServerContext, TableOptions } from "../observe/server-context.ts";

/** Creates the links to files in the answer to a request. */
export type FilesOf = (request: RequestLike) => FileLinks;

/** The parts of the server needed to admit an operation. */
interface ContextParts {
  readonly graph: Graph;
  readonly config: Config;
  readonly audit: AuditLog;
  readonly reportSlots: ReportSlots;
  readonly leadership: Leadership | undefined;
  /** Creates links to files. */
  readonly filesOf?: FilesOf;
}

/** Starts an operation: its deadline and CPU budget count from now. `table`: set if its answer is a table. */
export function createContext(
  request: RequestLike,
  events: ResponseEvents,
  { graph, config, audit, reportSlots, leadership, filesOf }: ContextParts,
  table?: TableOptions,
): ServerContext {
  const deadline = Math.min(config.deadline, table?.timeout ?? config.deadline);
  const limits = { deadline, cpuBudget: config.cpuBudget };
  const admittedRequest = admitRequest(request, events, limits, audit);
  const { requestId, signal, caller, meter } = admittedRequest;
  const { ticket, isLeaderless, isBulk, followers } = request;
  const forwardingId = ticket?.forwardingId;
  const context = graph.context({
    requestId,
    signal,
    scopes: caller.scopes,
    meter,
    forwardingId,
    isLeaderless,
    isBulk,
    caller: followers ? undefined : caller,
    // Stored answers of bulk operations may be read at any address, so they have no file links.
    files: isBulk ? undefined : filesOf?.(request),
  });
  return Object.assign(context, {
    admittedRequest,
    admission: reportSlots.admission(admittedRequest, request),
    httpRequest: request.raw,
    isForwarded: Boolean(ticket),
    term: leadership?.term(),
    cacheKey: request.cacheKey,
    table,
    checked: undefined,
    printed: undefined,
  } satisfies Omit<ServerContext, keyof GraphContext>);
}
