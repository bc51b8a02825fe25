/** The date `offset` days from today in Dubai, `YYYY-MM-DD`. */
export function day(offset: number): string {
  return new Date(Date.now() + 4 * 3_600_000 + offset * 86_400_000).toISOString().slice(0, 10);
}
