import { optional, text } from "../../config/index.ts";

/** The folder of reports. */
export const settings = {
  reports: optional(
    "REPORTS",
    text,
    "Folder of reports (`NAME.graphql`), read at the start; replaces the shipped ones.",
    "those that come with the gateway",
  ),
};
