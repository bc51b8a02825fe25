import { defineCapability } from "../../capability.ts";
import { bitrixDrift, readDriftArgs } from "./bitrix-drift.ts";
import { dataIssue, dataIssues } from "./data-issues.ts";

/** Reports problems in the data: `dataIssues`, and `bitrixDrift` for Bitrix ids. */
export const issues = defineCapability({
  name: "issues",
  resolvers: {
    Query: {
      dataIssues,
      bitrixDrift: { resolve: bitrixDrift, extensions: { checkArguments: readDriftArgs } },
    },
    DataIssue: dataIssue,
  },
});
