import { isEnumType } from "graphql";
import { type Content, Html, html } from "../../../server/index.ts";
import type { Parameter } from "../definition/parameter.ts";
import { parseDay } from "../definition/parse-day.ts";
import type { Report } from "../definition/report.ts";
import { pastParameters } from "../run/address.ts";
import { wordsOf } from "../run/written-value.ts";

/** A parameter of a report as a form field. */
export interface FormField {
  readonly name: string;
  readonly label: string;
  /** The type of input. `title`: a choice of a title, shown as it is written. */
  readonly kind: "date" | "choice" | "title" | "flag" | "integer" | "decimal" | "ref" | "text";
  /** Whether it may be given several times. */
  readonly isList: boolean;
  readonly isRequired: boolean;
  /** The values of an enum, with their descriptions in the schema. */
  readonly choices: readonly { readonly value: string; readonly meaning: string }[];
  /** The given values, or the default, in the form used in URLs. */
  readonly values: readonly string[];
  /** The days that relative values refer to today. */
  readonly meaning: string;
  /** The explanation of the parameter. */
  readonly hint: string;
  /** The report whose rows are the possible values. */
  readonly choicesOf?: string;
  /** The error in its value. */
  readonly fault?: string;
}

const kinds: Readonly<Record<string, FormField["kind"]>> = {
  Date: "date",
  Boolean: "flag",
  Int: "integer",
  Float: "decimal",
  Decimal: "decimal",
  Ref: "ref",
};

/** Returns the form field of a parameter, with its value in the URL, or its default. */
export function fieldOf(
  parameter: Parameter | (typeof pastParameters)[keyof typeof pastParameters],
  params: URLSearchParams,
  today: string,
): FormField {
  const { name, title, description, namedType, isList, isRequired, defaultTexts = [], choicesOf } = parameter;
  const values = params.has(name) ? params.getAll(name) : defaultTexts;
  const kind = isEnumType(namedType) ? "choice" : (kinds[namedType.name] ?? "text");
  const days = kind === "date" ? values.map((value) => parseDay(value.trimEnd(), today)) : [];
  const meaning = days.filter((day, index) => day !== undefined && day !== values[index]).join(", ");
  return {
    name,
    label: title,
    kind,
    isList,
    isRequired,
    choices: (isEnumType(namedType) ? namedType.getValues() : []).map((choice) => ({
      value: choice.name,
      meaning: (choice.description ?? "").replaceAll("`", "").replace(/\s+/g, " "),
    })),
    values: values.filter((value) => value !== ""),
    meaning,
    hint: description ?? "",
    choicesOf,
  };
}

/** The form field for grouping rows. */
export const groupingField = (
  { groupings, isGrouped }: Pick<Report, "groupings" | "isGrouped">,
  params: URLSearchParams,
): FormField => ({
  name: "_group",
  label: "Group by",
  kind: "title",
  isList: false,
  isRequired: isGrouped,
  choices: groupings.map(({ label }) => ({ value: label.title, meaning: "" })),
  values: [params.get("_group") ?? ""],
  meaning: "",
  hint: "",
});

const days: readonly (readonly [value: string, meaning: string])[] = [
  ["today", "Today"],
  ["today-1m", "A month ago"],
  ["today+90d", "In 90 days"],
  ["startOfMonth", "First day of this month"],
  ["endOfMonth", "Last day of this month"],
  ["startOfMonth-1m", "First day of last month"],
  ["endOfMonth-1m", "Last day of last month"],
  ["startOfQuarter", "First day of this quarter"],
  ["startOfYear", "First day of this year"],
  ["endOfYear", "Last day of this year"],
];
const dayPattern =
  "\\s*(\\d{4}-\\d{2}-\\d{2}|(today|(startOf|endOf)(Week|Month|Quarter|Year))?([+ \\-]\\d{1,5}[dwmy])*)\\s*";
const dayForms = "A day such as 2026-03-31, or a relative one: today, startOfMonth-1m, endOfYear, +90d";
const hints: Partial<Record<FormField["kind"], string>> = {
  date: "Or 2026-03-31, startOfMonth-1m, endOfYear, +90d …",
  ref: "An Alma id, or bitrix: and a Bitrix id",
};

/** The maximum number of checkboxes shown openly; more are collapsed. */
const MAX_OPEN_CHOICES = 8;

/**
 * Renders the parameters as a form that requests the same page by GET. `options`: the other parts of the URL, which are
 * kept.
 */
export function renderForm(
  action: string,
  fields: readonly FormField[],
  options: readonly (readonly [name: string, value: string])[],
): Content {
  if (fields.length === 0) return undefined;
  // The fields for past days are rarely used, and would push the report out of sight.
  const past = fields.filter(({ name }) => name in pastParameters);
  const isSet = past.some(({ values, fault }) => fault || values.length > 0);
  return html`<form action="${action}" method="get">
<div class="fields">
${fields.filter((field) => !past.includes(field)).map(renderField)}</div>
${
  past.length > 0 &&
  html`<details${isSet && new Html(" open")}><summary>Look back: earlier days and changes</summary>
<div class="fields">
${past.map(renderField)}</div></details>`
}
${options.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<p class="actions"><button class="main" type="submit">Show</button> <a href="${action}">Start again</a></p>
${
  fields.some(({ kind }) => kind === "date") &&
  html`<datalist id="days">${days.map(([value, meaning]) => html`<option value="${value}">${meaning}</option>`)}</datalist>`
}
</form>`;
}

function renderField(field: FormField) {
  const { name, label, kind, isList, choices, values, fault, choicesOf } = field;
  const id = `parameter-${name}`;
  const form = choicesOf === undefined ? hints[kind] : "A name, an id in Alma, or bitrix: and the Bitrix id";
  const hint = [field.meaning && `Means ${field.meaning}`, field.hint, form]
    .flatMap((sentence) => sentence?.replace(/\.$/, "") || [])
    .join(". ");
  const hintId = `${id}-hint`;
  const isHinted = hint !== "" || fault;
  const described =
    isHinted && html` aria-describedby="${hintId}"${fault && new Html(' aria-invalid="true"')}`;
  const shownHint =
    isHinted &&
    html`<p class="hint" id="${hintId}">${fault && html`<span class="fault">${fault}</span> `}${hint}</p>`;
  if (!isList)
    return html`<div><label for="${id}">${label}</label>
${renderInput(field, id, values[0] ?? "", described)}${shownHint}</div>
`;
  // A form sends nothing for unchecked boxes, so the default would apply.
  if (kind === "choice")
    return html`<fieldset${described}><legend>${label}</legend><input type="hidden" name="${name}" value="">
${choices.length > MAX_OPEN_CHOICES ? renderManyChoices(field) : choices.map(({ value }) => renderChoice(field, value))}${shownHint}</fieldset>
`;
  // Renders one more field than there are values, since fields cannot be added without scripts.
  return html`<fieldset${described}><legend>${label}</legend>
${[...values, ""].map((value, index) => renderInput(field, `${id}-${index}`, value, html` aria-label="${label} ${index + 1}"`))}${shownHint}</fieldset>
`;
}

/** Many values are collapsed, with a summary of the selection. */
function renderManyChoices(field: FormField) {
  const { values, choices } = field;
  const count = values.length === 0 ? "Choose" : `${values.length} chosen`;
  return html`<details><summary>${count}, of ${choices.length}</summary>
${choices.map(({ value, meaning }) => html`${renderChoice(field, value)}<p class="hint meaning">${meaning}</p>`)}</details>`;
}

const renderChoice = ({ name, values }: FormField, value: string) =>
  html`<label class="choice"><input type="checkbox" name="${name}" value="${value}"${values.includes(value) && new Html(" checked")}>${wordsOf(value)}</label>`;

function renderInput(
  { name, kind, choices, isRequired, isList, choicesOf, meaning }: FormField,
  id: string,
  value: string,
  attributes: Content,
) {
  const required = isRequired && !isList && new Html(" required");
  const options = kind === "flag" ? ["true", "false"] : choices.map((choice) => choice.value);
  if (kind === "choice" || kind === "flag" || kind === "title")
    return html`<select id="${id}" name="${name}"${attributes}${required}>
${!isRequired && html`<option value="">${kind === "title" ? "nothing" : "any"}</option>`}
${options.map((option) => html`<option value="${option}"${option === value && new Html(" selected")}>${kind === "title" ? option : nameOf(option)}</option>`)}
</select>`;
  const day =
    kind === "date" &&
    html` list="days" pattern="${dayPattern}" title="${dayForms}"${meaning && html` data-day="${meaning}"`}`;
  const digits =
    (kind === "integer" && html` inputmode="numeric" pattern="\\s*-?\\d+\\s*"`) ||
    (kind === "decimal" && html` inputmode="decimal" pattern="\\s*-?\\d+(\\.\\d+)?\\s*"`);
  return html`<input id="${id}" name="${name}" value="${value}" autocomplete="off" spellcheck="false"${choicesOf !== undefined && html` data-choices="${choicesOf}"`}${day}${digits}${attributes}${required}>`;
}

const nameOf = (option: string) => (option === "true" ? "yes" : option === "false" ? "no" : wordsOf(option));
