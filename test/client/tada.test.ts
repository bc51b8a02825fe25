import { afterAll, beforeAll, expect, test } from "vitest";
import { blocksOf } from "../support/documentation.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { createProject, type Project } from "./project.ts";

const compilerOptions = {
  strict: true,
  noEmit: true,
  module: "NodeNext",
  target: "ES2023",
  lib: ["ES2023"],
  skipLibCheck: true,
  types: [],
  plugins: [
    { name: "gql.tada/ts-plugin", schema: "./schema.graphql", tadaOutputLocation: "./graphql-env.d.ts" },
  ],
};
const [setUp = ""] = blocksOf("docs/frontend.md", "ts").filter((block) => block.includes("initGraphQLTada"));
const graphql = `${setUp}export type { ResultOf, VariablesOf } from "gql.tada";\n`;
const screen = `
import { graphql, type ResultOf, type VariablesOf } from "./graphql.js";
export const query = graphql(\`
  query Tenants($filter: TenantContractFilter) {
    tenantContracts(first: 10, filter: $filter) {
      nodes { id price state rentalObject { __typename name ... on Unit { numberOfBedrooms } } }
    }
  }
\`);
export type Row = NonNullable<ResultOf<typeof query>["tenantContracts"]>["nodes"][number];
export const label = ({ id, price, state, rentalObject }: Row): string =>
  rentalObject?.__typename === "Unit" && state === "ACTIVE"
    ? \`\${id} \${price ?? ""} \${rentalObject.numberOfBedrooms?.toFixed()}\`
    : id;
export const active: VariablesOf<typeof query> = { filter: { state: ["ACTIVE"], client: { almaId: 7 } } };
`;

const wrong = `
import type { VariablesOf } from "./graphql.js";
import type { query, Row } from "./screen.js";
export const notAsked = (row: Row) => row.number;
export const rounded = (row: Row): number | null => row.price;
export const noSuchState: VariablesOf<typeof query> = { filter: { state: ["RUNNING"] } };
export const noSuchFilter: VariablesOf<typeof query> = { filter: { colour: { eq: "red" } } };
`;
const misspelt = `
import { graphql } from "./graphql.js";
export const query = graphql(\`{ units { nodes { nam } } }\`);
`;

let gateway: TestGateway;
let project: Project;
beforeAll(async () => {
  gateway = await startGateway({ size: 0 });
  project = await createProject(gateway.address, {
    "tsconfig.json": JSON.stringify({ compilerOptions, include: ["*.ts"] }),
    "graphql.ts": graphql,
    "screen.ts": screen,
    "wrong.ts": wrong,
    "misspelt.ts": misspelt,
  });
  const made = await project.run("gql.tada", "generate-output");
  expect(made, made.output).toMatchObject({ code: 0 });
}, 60_000);
afterAll(async () => {
  project.remove();
  await gateway.close();
});

test("gql.tada types answers and variables: what the schema lacks fails to compile, and only that", async () => {
  const { output } = await project.run("tsc", "-p", ".");
  const faults = [...output.matchAll(/^(\S+)\((\d+),/gm)].map(([, file, line]) => `${file}:${line}`);
  expect(faults).toEqual(["wrong.ts:4", "wrong.ts:5", "wrong.ts:6", "wrong.ts:7"]);
}, 60_000);

test("its checker names a misspelt field, and nothing else", async () => {
  const { code, output } = await project.run("gql.tada", "check");
  expect(code).not.toBe(0);
  expect(output).toContain('Cannot query field "nam" on type "Unit". Did you mean "name"?');
  expect(output).toContain("1 problems");
}, 60_000);
