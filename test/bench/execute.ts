import { performance } from "node:perf_hooks";
import { buildSchema, type ExecutionArgs, execute as executePlainly, parse } from "graphql";
import { executeQuery } from "../../src/graph/execution/execution.ts";
import { JsonText } from "../../src/graph/output/json-text.ts";
import { unlimited } from "../support/unlimited.ts";

/**
 * Compares the gateway's own query execution with graphql-js on one query over objects in memory, including JSON text.
 * If graphql-js comes close, `src/graph/execution` is no longer justified.
 */
const schema = buildSchema(`
  type Query { units: Units unit: Unit }
  type Units { nodes: [Unit!]! }
  type Unit { name: String header: String externalId: String building: Building rooms: [Room!] }
  type Building { id: ID! name: String }
  type Room { name: String propertyType: Choice }
  type Choice { value: String }
`);
const rooms = [1, 2].map((number) => ({ name: `Room ${number}`, propertyType: { value: "room" } }));
const nodes = Array.from({ length: 1_000 }, (_, index) => ({
  name: `Unit ${index}`,
  header: `Unit ${index}, Marina Heights`,
  externalId: String(40_000 + index),
  building: { id: `Building:${index % 50}`, name: `Building ${index % 50}` },
  rooms,
}));
const rootValue = { units: { nodes }, unit: nodes[0] };
const fields = "name header externalId building { id name }";
const queries = {
  "one unit": `{ unit { ${fields} } }`,
  "one unit under 20 names": `{ ${nodes
    .slice(0, 20)
    .map((_, index) => `a${index}: unit { ${fields} }`)
    .join(" ")} }`,
  "list fields": "{ units { nodes { name header externalId } } }",
  "list with building": "{ units { nodes { name building { id name } } } }",
  "list with rooms": "{ units { nodes { name rooms { name propertyType { value } } } } }",
};

const executeOurs = (args: ExecutionArgs) => executeQuery(args, unlimited);

/** Microseconds per answer as text. */
function time(run: (args: ExecutionArgs) => unknown, query: string): number {
  const document = parse(query);
  const count = query.includes("nodes") ? 100 : 5_000;
  const began = performance.now();
  for (let n = 0; n < count; n++) print(run({ schema, document, rootValue }));
  return ((performance.now() - began) / count) * 1_000;
}

/** graphql-js's answer is serialized; the gateway's own is already text and is encoded. */
function print(result: unknown): void {
  const { data } = result as { data: unknown };
  if (data instanceof JsonText) for (const text of data.texts()) Buffer.from(text);
  else Buffer.from(JSON.stringify(data));
}

const median = (figures: readonly number[]) => [...figures].sort((a, b) => a - b)[figures.length >> 1] ?? 0;
const line = (text: string) => process.stdout.write(`${text}\n`);
line("| 1,000 units | graphql-js, µs | own, µs | ratio |\n| --- | ---: | ---: | ---: |");
for (const [name, query] of Object.entries(queries)) {
  const figures = Array.from({ length: 12 }, () => [time(executePlainly, query), time(executeOurs, query)]);
  // The first rounds compile.
  const [theirs = 0, ours = 0] = [0, 1].map((side) =>
    median(figures.slice(3).map((turn) => turn[side] ?? 0)),
  );
  line(`| ${name} | ${theirs.toFixed(0)} | ${ours.toFixed(0)} | ${(theirs / ours).toFixed(1)} |`);
}
