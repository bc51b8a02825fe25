import { defineCapability } from "../../capability.ts";
import { findReadErrors, optional, text } from "../../config/index.ts";
import { jobsKey } from "../jobs/api.ts";
import { listImports } from "./import.ts";
import { addImports } from "./imports.ts";

/** The folder of imports. */
const settings = {
  imports: optional(
    "IMPORTS",
    text,
    "Folder of imports (`NAME.graphql`), read at the start; replaces the shipped ones.",
    "those that come with the gateway",
  ),
};

/** Imports tables that change a record for each row: `/imports`. */
export const imports = defineCapability({
  name: "imports",
  requires: ["reports", "jobs"],
  settings,
  faultsOf: (values) => findReadErrors("IMPORTS", values.imports, listImports),
  prepare: ({ config, inject }) => ({
    routes: (app, parts) => addImports(app, parts, config.imports, inject(jobsKey).maxRows),
  }),
});
