/** The samples of /metrics: `name{labels}` to value. */
export async function scrape(address: string, init: RequestInit = {}): Promise<Map<string, number>> {
  const text = await (await fetch(`${address}/metrics`, init)).text();
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]),
  );
}
