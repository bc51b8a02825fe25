import graphql from "@graphql-eslint/eslint-plugin";

/**
 * Lints the SDL: graphql-eslint's recommended and relay rule sets, with every description required. Where a
 * rule is set differently from its set, the reason stands beside it.
 */
export default [
  {
    files: ["schema/**/*.graphql"],
    plugins: { "@graphql-eslint": graphql },
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: "schema/**/*.graphql" } },
    },
    rules: {
      ...graphql.configs["flat/schema-recommended"].rules,
      ...graphql.configs["flat/schema-relay"].rules,
      // The schema is the manual: everything has a description.
      "@graphql-eslint/require-description": [
        "error",
        {
          types: true,
          rootField: true,
          DirectiveDefinition: true,
          FieldDefinition: true,
          InputValueDefinition: true,
          EnumValueDefinition: true,
        },
      ],
      // The rule allows only blocks or only quotes. Here one line is quoted and more are a block, which a test checks.
      "@graphql-eslint/description-style": "off",
      // Connections have `nodes: [Unit!]!` beside `edges`, so a list may wrap more than edge types.
      "@graphql-eslint/relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false }],
      // Only Alma's records have ids that `node(id:)` accepts.
      "@graphql-eslint/strict-id-in-types": "off",
    },
  },
];
