import type { CodegenConfig } from "@graphql-codegen/cli";
import { addTypenameSelectionDocumentTransform } from "@graphql-codegen/client-preset";

/** Types, and the manifest of persisted documents. The texts include the `__typename` that the cache needs. */
const config: CodegenConfig = {
  schema: "schema.graphql",
  documents: "src/documents.ts",
  documentTransforms: [addTypenameSelectionDocumentTransform],
  generates: {
    "src/gql/": {
      preset: "client",
      presetConfig: { persistedDocuments: { hashAlgorithm: "sha256" } },
      config: { enumsAsTypes: true, useTypeImports: true, scalars: { Date: "string", DateTime: "string", Decimal: "string" } },
    },
  },
};
export default config;
