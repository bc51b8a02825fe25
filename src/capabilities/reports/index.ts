import { defineCapability } from "../../capability.ts";
import { findReadErrors, optional, text } from "../../config/index.ts";
import { listReports } from "./definition/report.ts";
import { createReadLink } from "./read-link.ts";
import { addReports } from "./reports.ts";
import { createTableAnswers } from "./run/negotiated-table.ts";

/** The folder of reports. */
const settings = {
  reports: optional(
    "REPORTS",
    text,
    "Folder of reports (`NAME.graphql`), read at the start; replaces the shipped ones.",
    "those that come with the gateway",
  ),
};

/** Serves reports as pages and files: `/reports`, `/links`; and answers of `/graphql` as tables. */
export const reports = defineCapability({
  name: "reports",
  settings,
  faultsOf: (values) => findReadErrors("REPORTS", values.reports, listReports),
  readLink: ({ REPORTS }, rules) => createReadLink(REPORTS, rules),
  prepare: ({ config }) => ({
    ports: { tableAnswers: createTableAnswers },
    routes: (app, parts) => addReports(app, parts, config.reports),
  }),
});
