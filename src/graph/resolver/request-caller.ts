/** Who sent a request. */
export interface RequestCaller {
  readonly id: string;
  /** For people. */
  readonly name?: string;
  /** When its key or token stops working, in milliseconds since 1970; null if never. */
  readonly expires?: number | null;
}
