/** One request and its outcome. */
export interface LogEntry {
  readonly method: string;
  /** Path as sent, with its query. */
  readonly url: string;
  /** Path below `external_api/`, decoded: `realty/units/external_id/A 1/`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Body as sent; "" without a body and for a multipart form, whose parts are in `body`. */
  readonly raw: string;
  /** Parsed body; undefined without a body or if it could not be parsed. */
  readonly body: unknown;
  /** Time of arrival, in milliseconds since 1970. */
  readonly at: number;
  /** Status of the answer; undefined before it is sent and if none is sent. */
  status?: number;
  /** The kind of fault that was applied. */
  fault?: string;
  /** An error of the simulator itself, or the exception of the switch `overlapAnswer`. */
  error?: string;
}

/** The requests in order of arrival. */
export interface Log {
  readonly entries: readonly LogEntry[];
  /** The entries in the form `GET realty/units/`. */
  readonly calls: readonly string[];
  /** The number of requests since the start or the last `clear`, discarded requests included. */
  readonly total: number;
  /** The highest number of simultaneous requests since then. */
  readonly peak: number;
  clear(): void;
}

/** A log with its writing side. */
export interface LogWriter {
  readonly log: Log;
  /** Adds a request. Call the returned function when its response is closed. */
  open(entry: LogEntry): () => void;
}

/** A log of the newest entries: at least `minEntries`, never more than twice as many. */
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
      // Discards half at once, so that a full log is not copied at every request.
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
