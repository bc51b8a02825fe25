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
      // Stricter than recommended: the schema is the manual, so nothing in it goes without a sentence.
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
      // Exception: the rule knows blocks only or quotes only. Here one line goes in quotes and more in a block, because
      // the formatter gives every block three lines; the test of the schema's style holds this instead.
      "@graphql-eslint/description-style": "off",
      // Exception: connections carry `nodes: [Unit!]!` beside `edges`, so a list may wrap more than edge types.
      "@graphql-eslint/relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false }],
      // Exceptions: these have no id of their own in Alma, so an `id: ID!` would promise what `node(id:)` cannot keep.
      "@graphql-eslint/strict-id-in-types": [
        "error",
        {
          exceptions: {
            // Parts of an answer, not records.
            suffixes: ["Connection", "Edge", "Payload", "Impact", "Groups", "Group", "GroupKeys", "Summary"],
            // Letting: a row worked out. Viewer: whoever asks. FieldChoices, ChoiceValue, Settings, PricePeriods, PricePeriodException: words, and settings of the gateway. Project: Alma has no call to confirm one. JobRow, JobRowError: parts of a job. Choice, Photo, UnitUsage: parts of the record that shows them.
            // What begins with Bitrix: parts of the mapping, and of answers about items that are Bitrix's, not Alma's,
            // or about several records at once.
            types: [
              "PageInfo",
              "Period",
              "Letting",
              "Viewer",
              "FieldChoices",
              "ChoiceValue",
              "Settings",
              "PricePeriods",
              "PricePeriodException",
              "Project",
              "Choice",
              "Photo",
              "UnitUsage",
              "JobRow",
              "JobRowError",
              "Change",
              "ChangeAuthor",
              "ChangePage",
              "UserError",
              "BitrixDictionary",
              "BitrixOption",
              "BitrixMapping",
              "BitrixLink",
              "BitrixMappedField",
              "BitrixSyncResult",
              "BitrixChange",
              "BitrixBuildingResult",
              "BitrixDrift",
              "BitrixDriftGroup",
              "BitrixDriftCase",
              "DataIssue",
            ],
          },
        },
      ],
    },
  },
];
