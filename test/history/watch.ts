import { expect } from "vitest";
import { start } from "../graph/start.ts";

const node =
  "event kind recordId field before after isWithheld origin by { name operation requestId } cursor";
/** A page of changes, whole. */
export const page = `{ nodes { ${node} } pageInfo { hasNextPage endCursor } knownSince }`;
const readAll = `query @freshness(maxAge: 0) { buildings { nodes { address } } units { nodes { address status isArchived } }
  rooms { nodes { status isArchived } } clients { nodes { status birthday email } } tenantContracts { nodes { price } } }`;

/** A gateway over the household that has read everything once. */
export async function watch(env: Record<string, string> = {}, headers?: Record<string, string>) {
  const gateway = await start({}, env);
  const ask = async (query: string, variables?: Record<string, unknown>, as = headers) =>
    gateway.query(query, variables, as);
  const read = async () => expect((await ask(readAll)).errors).toBeUndefined();
  await read();
  const changes = async (args = "") => (await ask(`{ changes${args} ${page} }`)).data.changes;
  return { ...gateway, ask, read, changes };
}
