import { optional, text } from "../../config/index.ts";

/** Where reports are. */
export const settings = {
  reports: optional(
    "REPORTS",
    text,
    "Folder of the documents that are reports, `NAME.graphql` at `/reports/NAME.csv` and the like; replaces those that come with the gateway, which may be copied. They are read at the start: a change needs another.",
    "those that come with the gateway",
  ),
};
