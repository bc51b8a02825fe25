import type { CodegenConfig } from "@graphql-codegen/cli";

const kinds = ["building", "unit", "room", "client", "ownerContract", "tenantContract"];
const typeName = (kind: string) => kind.charAt(0).toUpperCase() + kind.slice(1);

const config: CodegenConfig = {
  schema: "schema/*.graphql",
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
          JSON: { input: "../bitrix/index.ts#JsonValue", output: "unknown" },
        },
        // What resolvers are given and hand on, where it is not what the schema shows.
        enumValues: {
          BitrixItemKind: {
            APARTMENT: "apartment",
            UNIT: "unit",
            CONTACT: "contact",
            OWNER_CONTRACT: "ownerContract",
            TENANT_CONTRACT: "tenantContract",
          },
        },
        mappers: {
          ...Object.fromEntries(
            kinds.map((kind) => [typeName(kind), `./record/record-view.ts#RecordView<"${kind}">`]),
          ),
          ...Object.fromEntries(
            kinds.map((kind) => [
              `${typeName(kind)}Connection`,
              `./connection/connection.ts#Connection<"${kind}">`,
            ]),
          ),
          UserError: "./write/user-error.ts#UserError as FoundError",
        },
      },
    },
  },
};
export default config;
