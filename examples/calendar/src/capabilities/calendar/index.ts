import { defineCapability } from "../../capability.ts";
import { addCalendar, file } from "./route.ts";

/** The days on which active contracts end, as a calendar at a link. */
export const calendar = defineCapability({
  name: "calendar",
  readLink: () => (text) => {
    if (text !== file) throw new Error(`--link is "${text}", and the only calendar is ${file}.`);
    return { file, query: "", origin: "" };
  },
  prepare: () => ({ routes: addCalendar }),
});
