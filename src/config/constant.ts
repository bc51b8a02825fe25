/**
 * Values that are the same for every gateway, with the names by which errors (`extensions.limit`) and tests refer to
 * them. Times are in milliseconds, sizes in bytes. Tests replace them.
 */
export const constants = {
  /** MAX_FILE: the size of an uploaded file. */
  maxFile: 20_971_520,
  /** FILE_TIMEOUT: the time within which a file must arrive, from a caller or from a link. */
  fileTimeout: 60_000,
  /** WARM_UP_CONCURRENCY: concurrent calls while the catalog is first filled and no query waits for it. */
  warmUpConcurrency: 16,
  /** MAX_PAGE: records in a page of a connection. */
  maxPage: 10_000,
  /** MAX_COMPARED: the records whose secrets one operation compares with its arguments. */
  maxCompared: 500,
  /** MAX_TOKENS: tokens of a document, and objects in its variables except inside a JSON value. */
  maxTokens: 4000,
  /** MAX_DEPTH: nesting of fields, with fragments followed. */
  maxDepth: 20,
  /** MAX_ALIASES: aliased and repeated fields of one operation. */
  maxAliases: 100,
  /** MAX_RESPONSE: the size of a GraphQL response. */
  maxResponse: 67_108_864,
  /** RESPONSE_CACHE_SIZE: the memory of cached answers; 0 disables the cache. */
  responseCacheSize: 67_108_864,
  /** CPU_BUDGET: the CPU time of one operation, from parsing to printing. */
  cpuBudget: 5000,
  /** MAX_OPERATIONS: concurrent operations. */
  maxOperations: 256,
  /** MAX_REPORTS: concurrent reports, and operations with large pages. */
  maxReports: 4,
  /** LEADER_WAIT: the time that a request waits for a leader. */
  leaderWait: 5000,
  /** The PostgreSQL schema that contains all tables. */
  storeSchema: "alma",
  /** How Alma accepts files; with `auto`, the first upload decides. */
  fileForm: "auto" as "auto" | "link" | "multipart",
};

/** Constants by their keys in the Config. */
export type Constants = Readonly<Record<string, unknown>>;
