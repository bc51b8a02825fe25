/** One request, as it came and as it ended. */
export interface LogEntry {
  readonly method: string;
  /** Path as sent, with its query. */
  readonly url: string;
  /** Path below `external_api/`, decoded: `realty/units/external_id/A 1/`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Body as sent, "" if there was none; of a multipart request only its parts are kept, in `body`. */
  readonly raw: string;
  /** Body as parsed; undefined if there was none or it could not be parsed. */
  readonly body: unknown;
  /** When it came, in ms since 1970. */
  readonly at: number;
  /** Status that was sent, undefined as long as (or because) none was. */
  status?: number;
  /** The kind of fault that struck it, if one did. */
  fault?: string;
  /** What went wrong in the stand-in itself, or the exception that a switch asked for. */
  error?: string;
}

/** Every request in order. */
export interface Log {
  readonly entries: readonly LogEntry[];
  /** The same as `GET realty/units/`, for comparing and counting. */
  readonly calls: readonly string[];
  /** How many requests came since the start or the last `clear`, also those no longer kept. */
  readonly total: number;
  /** The most that were being answered at the same time since then. */
  readonly peak: number;
  clear(): void;
}

export interface LogWriter {
  readonly log: Log;
  /** Notes a request. Call what it returns once the connection is done with it. */
  open(entry: LogEntry): () => void;
}

/** A log that keeps the newest entries: at least `keep` of them, and never more than twice as many. */
export function createLog(minEntries: number): LogWriter {
  let entries: LogEntry[] = [];
  let total = 0;
  let pending = 0;
  let peak = 0;
  const log: Log = {
    get entries() {
      return entries;
    },
    get calls() {
      return entries.map(({ method, path }) => `${method} ${path}`);
    },
    get total() {
      return total;
    },
    get peak() {
      return peak;
    },
    clear() {
      entries = [];
      total = 0;
      peak = pending;
    },
  };
  return {
    log,
    open(entry) {
      entries.push(entry);
      // Dropped by halves, so that a full log does not move all its entries at each request.
      if (entries.length > 2 * minEntries) entries = entries.slice(entries.length - minEntries);
      total += 1;
      pending += 1;
      peak = Math.max(peak, pending);
      let isOpen = true;
      return () => {
        if (isOpen) pending -= 1;
        isOpen = false;
      };
    },
  };
}
