import { isCalendarDate } from "../../../alma/index.ts";
import { InvalidParameterError, quoteStart } from "../definition/parameter.ts";
import { parseDay } from "../definition/parse-day.ts";
import type { Report } from "../definition/report.ts";
import type { FileExtension } from "../sheet/format.ts";

/** The parsed query string of a URL. */
export type Address = ReturnType<typeof readAddress>;

/** The options only for CSV files, and those only for pages. */
export const csvOptions: readonly string[] = ["_locale", "_bom", "_header", "_escape"];
export const pageOptions: readonly string[] = ["_page", "_columns", "_unchanged", "_group"];
const fileOptions = [...csvOptions, "_partial", "_maxAge", "_asOf", "_compare"];

/**
 * Reads the query string of a report's URL. `ending`: the extension of a file; undefined for the page. Throws an
 * InvalidParameterError for an unknown name, a repeated option, or an invalid value.
 */
export function readAddress(
  url: string,
  report: Pick<Report, "parameters" | "key" | "groupings" | "isGrouped">,
  ending: FileExtension | undefined,
  today: string,
) {
  const parameters = report.parameters.map(({ name }) => name);
  const known = ending === undefined ? [...fileOptions, ...pageOptions] : fileOptions;
  const query = new URLSearchParams(/\?(.*)/s.exec(url)?.[1]);
  const texts = new Map<string, readonly string[]>();
  const optionTexts = new Map<string, string>();
  for (const name of new Set(query.keys())) {
    const [value = "", ...others] = query.getAll(name);
    if (parameters.includes(name)) {
      texts.set(name, [value, ...others]);
      continue;
    }
    if (!known.includes(name)) {
      const names = parameters.length === 0 ? "It has none." : `It has ${parameters.join(", ")}.`;
      throw new InvalidParameterError(
        `This report has no parameter ${quoteStart(name)}. ${names} Options are ${known.join(", ")}.`,
      );
    }
    if (others.length > 0)
      throw new InvalidParameterError(`${name} is given ${others.length + 1} times. Give it once.`);
    if (csvOptions.includes(name) && ending !== undefined && ending !== "csv")
      throw new InvalidParameterError(`${name} changes only CSV. Leave it out, or ask for the ending .csv.`);
    optionTexts.set(name, value.trim());
  }
  const read = (name: string, pattern: RegExp, advice: string) => {
    const text = optionTexts.get(name) ?? "";
    if (text === "" || pattern.test(text)) return text;
    throw new InvalidParameterError(`${name} is ${quoteStart(text)}${advice}`);
  };
  const flag = (name: string, byDefault: boolean) =>
    (read(name, /^[01]$/, ", and is either 0 or 1.") || String(Number(byDefault))) === "1";
  const age = read("_maxAge", /^\d{1,9}$/, ". Write seconds, such as 60, or 0 to read everything now.");
  const day = optionTexts.get("_asOf") ?? "";
  if (age !== "" && day !== "")
    throw new InvalidParameterError("_asOf asks for the past, and _maxAge for now. Leave one of them out.");
  const asOf = day === "" ? undefined : readPast("_asOf", day, today);
  const earlier = optionTexts.get("_compare") ?? "";
  if (earlier !== "" && !report.key)
    throw new InvalidParameterError(
      "_compare: this report cannot be compared with itself, since nothing identifies its rows. Its head needs a key.",
    );
  const titles = report.groupings.map(({ label }) => label.title);
  const group = optionTexts.get("_group") || (report.isGrouped ? titles[0] : undefined);
  if (group !== undefined && !titles.includes(group))
    throw new InvalidParameterError(
      `_group is ${quoteStart(group)}. It may be ${titles.join(", ") || "nothing"}.`,
    );
  const page = read("_page", /^(all|[1-9]\d{0,6})$/, ". Write the number of a page, or all.") || "1";
  return {
    /** Everything besides the parameters. */
    options: {
      hasHeader: flag("_header", true),
      hasByteOrderMark: flag("_bom", true),
      escapesFormulas: flag("_escape", true),
      hasDecimalComma: hasDecimalComma(optionTexts.get("_locale") ?? ""),
      acceptsPartial: flag("_partial", false),
      /** In milliseconds; undefined if the document and the settings decide. */
      maxAge: age === "" ? undefined : Number(age) * 1000,
      /** The day at whose end the data is shown; undefined for the current data. */
      asOf,
      /** An earlier day to compare with. */
      compare: earlier === "" ? undefined : readPast("_compare", earlier, asOf ?? today, true),
      /** Whether a comparison also shows unchanged rows. */
      showsUnchanged: flag("_unchanged", false),
      /** The page to show. */
      page: page === "all" ? ("all" as const) : Number(page),
      /** How a page groups its rows; undefined for no groups. */
      grouping: report.groupings.find(({ label }) => label.title === group),
      /** Whether a page shows all columns. */
      showsMore: read("_columns", /^all$/, ". Write all, or leave it out.") === "all",
    },
    /** The texts of all other names, in order. */
    texts,
  };
}

const pastDay = {
  namedType: { name: "Date" },
  isList: false,
  isRequired: false,
  defaultTexts: undefined,
  choicesOf: undefined,
};

/** The parameters about the past. */
export const pastParameters = {
  _asOf: {
    ...pastDay,
    name: "_asOf",
    title: "As known at the end of",
    description: "What the gateway knew then. Now, if it is empty",
  },
  _compare: {
    ...pastDay,
    name: "_compare",
    title: "Compared with the end of",
    description: "What has changed since then",
  },
} as const;

function readPast(name: keyof typeof pastParameters, text: string, last: string, isBefore = false) {
  const day = parseDay(text, last);
  if (day !== undefined && isCalendarDate(day) && (isBefore ? day < last : day <= last)) return day;
  const advice = isBefore ? `before ${last}` : "that is not in the future";
  throw new InvalidParameterError(
    `is ${quoteStart(text)}. Write a day ${advice}, such as 2026-10-31 or startOfMonth-1d.`,
    pastParameters[name],
  );
}

function hasDecimalComma(locale: string) {
  if (locale === "") return false;
  try {
    if (Intl.NumberFormat.supportedLocalesOf(locale).length > 0)
      return new Intl.NumberFormat(locale, { numberingSystem: "latn" }).format(1.5).includes(",");
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new InvalidParameterError(
    `_locale is ${quoteStart(locale)}, which is not a language. Write de, en or the like.`,
  );
}
