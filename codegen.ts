import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { CodegenConfig } from "@graphql-codegen/cli";
import { buildSchema, isInterfaceType } from "graphql";
import { declarations } from "./src/alma/kind.ts";

const files = readdirSync("schema", { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".graphql"),
);
const schema = buildSchema(files.map((name) => readFileSync(`schema/${name}`, "utf8")).join("\n"));
const node = schema.getType("Node");
const nodeTypes = isInterfaceType(node)
  ? schema.getImplementations(node).objects.map(({ name }) => name)
  : [];

/** The kinds of records by the names of their types in the schema. */
const kinds = new Map(
  Object.keys(declarations).map((kind) => [kind.charAt(0).toUpperCase() + kind.slice(1), kind]),
);
for (const name of nodeTypes) {
  if (!kinds.has(name))
    throw new Error(`The type ${name} in schema/ is a Node: add its kind to src/alma/kind.ts.`);
}
for (const [name, kind] of kinds) {
  if (!nodeTypes.includes(name))
    throw new Error(
      `src/alma/kind.ts has the kind ${kind}: add a type ${name} that implements Node to schema/.`,
    );
}

/** What resolvers of capabilities are given, by the names of types in the schema: a type, or the values of an enum. */
const ofCapabilities = readdirSync("src/capabilities")
  .map((name) => `src/capabilities/${name}/mappers.json`)
  .filter(existsSync)
  .flatMap((path) => Object.entries<unknown>(JSON.parse(readFileSync(path, "utf8"))));

const config: CodegenConfig = {
  schema: "schema/**/*.graphql",
  generates: {
    "src/graph/generated.ts": {
      plugins: ["typescript", "typescript-resolvers"],
      config: {
        enumsAsTypes: true,
        useTypeImports: true,
        immutableTypes: true,
        // GraphQL fills in a default value, so that resolvers always see one.
        avoidOptionals: { defaultValue: true },
        resolverTypeWrapperSignature: "T | Promise<T | null>",
        contextType: "./write/write-context.ts#WriteContext",
        scalars: {
          Date: "string",
          DateTime: { input: "string", output: "Date" },
          Decimal: "string",
          JSON: { input: "./argument/scalar.ts#JsonValue", output: "unknown" },
        },
        // What resolvers are given and hand on, where it is not what the schema shows.
        enumValues: Object.fromEntries(ofCapabilities.filter(([, type]) => typeof type !== "string")),
        mappers: {
          ...Object.fromEntries(
            [...kinds].flatMap(([name, kind]) => [
              [name, `./resolver/record-view.ts#RecordView<"${kind}">`],
              [`${name}Connection`, `./connection/resolve-connection.ts#Connection<"${kind}">`],
            ]),
          ),
          RentalObjectConnection: `./connection/resolve-connection.ts#Connection<"unit" | "room">`,
          ...Object.fromEntries(ofCapabilities.filter(([, type]) => typeof type === "string")),
          UserError: "./write/user-error.ts#UserError as FoundError",
        },
      },
    },
  },
};
export default config;
