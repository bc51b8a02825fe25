import { performance } from "node:perf_hooks";
import { buildSchema, execute as executePlainly, parse } from "graphql";
import { execute } from "../../src/graph/execute.ts";

/**
 * What the gateway's own execution of a query saves: it and graphql-js take turns at one query over plain objects in
 * memory, JSON text included. Once graphql-js comes near, `src/graph/execute.ts` has lost its reason.
 */
const schema = buildSchema(`
  type Query { units: Units }
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
const rootValue = { units: { nodes } };
const queries = {
  "list fields": "{ units { nodes { name header externalId } } }",
  "with building": "{ units { nodes { name building { id name } } } }",
  "with rooms": "{ units { nodes { name rooms { name propertyType { value } } } } }",
};

/** Milliseconds for one answer as text. */
function time(run: typeof execute, query: string): number {
  const document = parse(query);
  const count = 100;
  const began = performance.now();
  for (let n = 0; n < count; n++) JSON.stringify(run({ schema, document, rootValue }));
  return (performance.now() - began) / count;
}

const median = (figures: readonly number[]) => [...figures].sort((a, b) => a - b)[figures.length >> 1] ?? 0;
const line = (text: string) => process.stdout.write(`${text}\n`);
line("| 1,000 units | graphql-js, ms | own, ms | ratio |\n| --- | ---: | ---: | ---: |");
for (const [name, query] of Object.entries(queries)) {
  const figures = Array.from({ length: 12 }, () => [time(executePlainly, query), time(execute, query)]);
  // The first turns compile.
  const [theirs = 0, ours = 0] = [0, 1].map((side) =>
    median(figures.slice(3).map((turn) => turn[side] ?? 0)),
  );
  line(`| ${name} | ${theirs.toFixed(2)} | ${ours.toFixed(2)} | ${(theirs / ours).toFixed(1)} |`);
}
