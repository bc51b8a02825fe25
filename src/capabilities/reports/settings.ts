import { optional, text } from "../../config/index.ts";

/** Where reports are. */
export const settings = {
  reports: optional(
    "REPORTS",
    text,
    "Folder of reports (`NAME.graphql`), read at the start; replaces the shipped ones.",
    "those that come with the gateway",
  ),
};
