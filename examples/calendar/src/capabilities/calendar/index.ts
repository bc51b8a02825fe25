import { defineCapability } from "../../capability.ts";
import { addCalendar, file } from "./route.ts";

/** The days on which contracts in force end, as a calendar that a link opens. */
export const calendar = defineCapability({
  name: "calendar",
  readLink: () => (text) => {
    if (text !== file) throw new Error(`--link is "${text}", and the only calendar is ${file}.`);
    return { file, query: "", origin: "" };
  },
  prepare: () => ({ routes: addCalendar }),
});
