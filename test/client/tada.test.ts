import { afterAll, beforeAll, expect, test } from "vitest";
import { blocksOf } from "../support/documentation.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { createProject, type Project, pageFiles } from "./project.ts";

const page = pageFiles("urql", "gql.tada");
const [plugin = ""] = blocksOf("docs/frontend.md", "json").filter((block) => block.includes("ts-plugin"));
const { compilerOptions, include } = JSON.parse(page["tsconfig.json"] ?? "");
const own = { compilerOptions: { ...compilerOptions, ...JSON.parse(plugin) }, include };
const screen = `
import type { ResultOf, VariablesOf } from "gql.tada";
import { graphql } from "./graphql";
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
import type { VariablesOf } from "gql.tada";
import type { query, Row } from "./screen";
export const notAsked = (row: Row) => row.number;
export const rounded = (row: Row): number | null => row.price;
export const noSuchState: VariablesOf<typeof query> = { filter: { state: ["RUNNING"] } };
export const noSuchFilter: VariablesOf<typeof query> = { filter: { colour: { eq: "red" } } };
`;
const misspelt = `
import { graphql } from "./graphql";
export const query = graphql(\`{ units { nodes { nam } } }\`);
`;

let gateway: TestGateway;
let project: Project;
beforeAll(async () => {
  gateway = await startGateway({ size: 0 });
  project = await createProject(gateway.address, {
    ...page,
    "src/documents.ts": page["src/documents.ts"]?.replace("./gql", "./graphql") ?? "",
    "tsconfig.json": JSON.stringify(own),
    "src/screen.ts": screen,
    "src/wrong.ts": wrong,
    "src/misspelt.ts": misspelt,
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
  expect(faults).toEqual([4, 5, 6, 7].map((line) => `src/wrong.ts:${line}`));
}, 60_000);

test("its checker names a misspelt field, and nothing else", async () => {
  const { code, output } = await project.run("gql.tada", "check");
  expect(code).not.toBe(0);
  expect(output).toContain('Cannot query field "nam" on type "Unit". Did you mean "name"?');
  expect(output).toContain("1 problems");
}, 60_000);
