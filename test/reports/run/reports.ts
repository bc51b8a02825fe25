import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { SimulatorOptions } from "../../../simulator/index.ts";
import { startGateway } from "../../support/gateway.ts";
import { portfolio } from "../../support/portfolio.ts";

/** Creates a folder of documents by name, for the setting REPORTS. It is deleted at the end of the test. */
export function reportFolder(documents: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "alma-reports-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(documents)) writeFileSync(join(folder, `${name}.graphql`), text);
  return folder;
}

/** A requested file. */
export interface Given {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  readonly text: string;
}

/**
 * A gateway with these reports, or the built-in ones, and a full catalog unless the settings switch it off. It is
 * closed at the end of the test.
 */
export async function startReports(
  documents: Readonly<Record<string, string>> | undefined,
  env: Record<string, string> = {},
  options: SimulatorOptions = { size: 0, data: portfolio },
) {
  const gateway = await startGateway(options, {
    CATALOG: "on",
    REPORTS: documents ? reportFolder(documents) : "",
    ...env,
  });
  onTestFinished(() => gateway.close());
  if (gateway.config.catalog) await gateway.warm();
  gateway.asked();
  const send = async (path: string, init: RequestInit = {}): Promise<Given> => {
    const response = await fetch(gateway.address + path, init);
    const bytes = Buffer.from(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, bytes, text: bytes.toString() };
  };
  return {
    ...gateway,
    get: (file: string, headers: Record<string, string> = {}, method = "GET") =>
      send(`/reports/${file}`, { headers, method }),
    /** Posts a query to /graphql with the format in the Accept header. */
    ask: (query: string, accept: string, headers: Record<string, string> = {}, variables = {}) =>
      send("/graphql", {
        method: "POST",
        headers: { "content-type": "application/json", accept, ...headers },
        body: JSON.stringify({ query, variables }),
      }),
    send,
  };
}

/** A report of units: names, amounts and buildings. */
export const unitsReport = `# title: Units
# rows: units.nodes
# columns: { name: Unit, goalRentCost: { title: Goal, total: sum }, building.name: Building }
query Units($name: String, $archived: Boolean) {
  units(filter: { name: { startsWith: $name }, isArchived: $archived }, orderBy: [{ field: NAME }]) {
    nodes { name goalRentCost building { name } }
  }
}
`;
