import { type AlmaRequest, type AlmaResponse, type CallOptions, isSuccess, type Send } from "../http/send.ts";

/** A read that succeeded, without its caller. */
type KnownRead = Omit<AlmaRequest, "options">;

/**
 * Determines whether a 403 on the read of one record concerns the record or the key. It concerns the record if another
 * read has succeeded since the refused one was sent. Otherwise the last successful read is repeated, once for all
 * waiting refused reads; there is no check before a read has succeeded in this process.
 */
export function withKeyCheck(send: Send): Send {
  let known: KnownRead | undefined;
  /** The clock's times at which the last successful read and the last check were sent. */
  let succeededAt = -Infinity;
  let checkedAt = -Infinity;
  let check: Promise<void> | undefined;

  const noteRead = ({ options: _, ...read }: AlmaRequest, response: AlmaResponse) => {
    if (!isSuccess(response)) return;
    // A list may be long, so prefer to repeat the read of a single record.
    if (known === undefined || read.isAboutRecord) known = read;
    succeededAt = Math.max(succeededAt, response.sentAt);
  };

  const repeat = async (read: KnownRead, options: CallOptions) => {
    const request = { ...read, options };
    const response = await send(request);
    noteRead(request, response);
    checkedAt = response.sentAt;
  };

  const isKeyAccepted = async (refusedAt: number, options: CallOptions) => {
    while (known && Math.max(succeededAt, checkedAt) <= refusedAt) {
      const isOwn = check === undefined;
      check ??= repeat(known, options).finally(() => {
        check = undefined;
      });
      try {
        await check;
      } catch {
        // Another caller's check may have failed because that caller disconnected.
        if (isOwn) break;
      }
    }
    return succeededAt > refusedAt;
  };

  return async (request) => {
    const response = await send(request);
    if (request.method !== "GET") return response;
    noteRead(request, response);
    if (response.status !== 403 || !request.isAboutRecord) return response;
    return { ...response, isKeyAccepted: await isKeyAccepted(response.sentAt, request.options) };
  };
}
