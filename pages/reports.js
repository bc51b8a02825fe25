// What pages of reports do with a script. They work without it: nothing here is the only way to anything.

const result = document.querySelector("#result");
const table = result?.querySelector(".rows table");
if (table) enhanceRows(result, table);
for (const input of document.querySelectorAll("input[list=days]")) addCalendar(input);
for (const input of document.querySelectorAll("input[data-choices]"))
  input.addEventListener("focus", () => loadChoices(input), { once: true });
document.querySelector("[aria-invalid]")?.focus();
const form = document.querySelector("form[method=get]");
// What is searched and sorted stays for other parameters.
form?.addEventListener("submit", () => {
  form.action = form.action.replace(/#.*/, "") + location.hash;
});
// On a phone the answer comes first, and the form when it is asked for.
if (form && result && matchMedia("(max-width: 40rem)").matches) {
  const asked = document.querySelector(".asked")?.textContent ?? "";
  const fold = element("details", {}, element("summary", { textContent: `Asked: ${asked || "everything"}` }));
  form.replaceWith(fold);
  fold.append(form);
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** The rows to sort and search: all of them; a page shows as many as it had. */
function enhanceRows(result, table) {
  const body = table.tBodies[0];
  const tools = result.querySelector(".tools");
  const pages = result.querySelector(".pages");
  const pageSize = 100;
  /** Rows that are laid out in one frame: the others follow in the next, out of sight. */
  const frameSize = 40;
  /** More rows than a page of many has are not put back at once. */
  const mostRestored = 400;
  const rowCount = Number(result.dataset.rows);
  const point = table.dataset.point;
  const original = [...body.rows];
  const originalPages = pages ? [...pages.childNodes] : [];
  const totals = table.tFoot?.rows[0];
  const originalTotals = totals && [...totals.cells].map((cell) => cell.textContent);
  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  const titles = [...table.tHead.rows[1].cells];
  const nameOf = (title) => title.querySelector(".title").textContent;
  const isNumber = titles.map((title) => title.classList.contains("number"));
  /** All rows of the report, or the first 5,000 of them, once they are needed; `text` is what is searched. */
  let rows = toRows(original);
  if (rows.length < rowCount) rows = undefined;
  const state = { words: "", column: -1, isDescending: false, page: 1 };

  function toRows(elements) {
    const made = [];
    for (const row of elements)
      if (row.classList.contains("subtotal")) made.at(-1).subtotal = row;
      else made.push({ row, keys: [] });
    return made;
  }

  const written = (number) => number.toLocaleString("en");
  /** What is sorted and searched: pages have no more than the first rows of very long reports. */
  const known = () =>
    rows.length < rowCount
      ? `the first ${written(rows.length)} rows. All ${written(rowCount)} are in the files`
      : `${written(rowCount)} rows`;

  let nextFrame;
  /** Puts rows in place of those that are there: at once those that are in sight, the others frame by frame. */
  function put(elements, isAtOnce) {
    cancelAnimationFrame(nextFrame);
    let count = isAtOnce ? elements.length : frameSize;
    body.replaceChildren(...elements.slice(0, count));
    const append = () => {
      body.append(...elements.slice(count, count + frameSize));
      count += frameSize;
      if (count < elements.length) nextFrame = requestAnimationFrame(append);
    };
    // The first of the next frames comes before these rows are painted.
    if (count < elements.length)
      nextFrame = requestAnimationFrame(() => {
        nextFrame = requestAnimationFrame(append);
      });
  }

  const wholeAddress = () => {
    const address = new URL(location.href);
    address.searchParams.set("_page", "all");
    address.hash = "";
    return address;
  };
  const parseRows = (text) => {
    const other = new DOMParser().parseFromString(text, "text/html").querySelector("#result .rows tbody");
    return other && toRows([...other.rows].map((row) => document.adoptNode(row)));
  };

  let loading;
  async function load() {
    status.textContent = "Reading all rows …";
    try {
      const answer = await fetch(wholeAddress());
      rows ??= (answer.ok && parseRows(await answer.text())) || undefined;
    } catch {}
    status.textContent = rows ? "" : "The other rows cannot be read. Try again.";
    loading = undefined;
  }
  async function loadRows() {
    if (rows) return true;
    loading ??= load();
    await loading;
    return rows !== undefined;
  }

  /** A number as it sorts and adds up: its digits without points, as many decimals as `decimals`. */
  const plain = (text) =>
    text
      .replaceAll(point === "," ? "." : ",", "")
      .replace(point, ".")
      .replace("−", "-");

  function keyOf(entry, column) {
    if (column in entry.keys) return entry.keys[column];
    const cell = entry.row.cells[column];
    const text = (cell.querySelector("ins") ?? cell).textContent;
    const number = isNumber[column] && text !== "" ? Number(plain(text)) : Number.NaN;
    const key = isNumber[column] && !Number.isNaN(number) ? number : text;
    entry.keys[column] = key;
    return key;
  }

  function textOf(entry) {
    entry.text ??= [...entry.row.cells]
      .map((cell) => cell.textContent)
      .join(" ")
      .toLowerCase();
    return entry.text;
  }

  /** Gathers what is searched, some rows at a time, while nothing else is done. */
  function gatherTexts(from = 0) {
    const end = from + 200;
    for (const entry of rows.slice(from, end)) textOf(entry);
    if (end < rows.length) (window.requestIdleCallback ?? setTimeout)(() => gatherTexts(end));
  }

  function selected() {
    const words = state.words.toLowerCase().split(/\s+/).filter(Boolean);
    const found =
      words.length === 0
        ? [...rows]
        : rows.filter((entry) => words.every((word) => textOf(entry).includes(word)));
    const { column } = state;
    if (column < 0) return found;
    const sign = state.isDescending ? -1 : 1;
    // What is empty comes last, in both directions.
    return found.sort((one, other) => {
      const [a, b] = [keyOf(one, column), keyOf(other, column)];
      if (a === "" || b === "") return (a === "") - (b === "");
      return sign * (typeof a === "number" && typeof b === "number" ? a - b : collator.compare(a, b));
    });
  }

  /** The exact sum of a column, written as its cells are. */
  function sumOf(entries, column) {
    const numbers = entries
      .map(({ row }) => plain(row.cells[column].textContent))
      .filter((text) => /^-?\d+(\.\d+)?$/.test(text));
    const decimals = Math.max(0, ...numbers.map((text) => text.split(".")[1]?.length ?? 0));
    const sum = numbers.reduce((total, text) => {
      const [whole, fraction = ""] = text.split(".");
      return total + BigInt(whole + fraction.padEnd(decimals, "0"));
    }, 0n);
    const digits = String(sum < 0n ? -sum : sum).padStart(decimals + 1, "0");
    const whole = digits
      .slice(0, digits.length - decimals)
      .replace(/\B(?=(\d{3})+$)/g, point === "," ? "." : ",");
    return (sum < 0n ? "−" : "") + whole + (decimals > 0 ? point + digits.slice(-decimals) : "");
  }

  function showTotals(entries) {
    if (!totals) return;
    for (const [index, cell] of [...totals.cells].entries()) {
      if (entries === undefined || index === 0) cell.textContent = originalTotals[index];
      else cell.textContent = "sum" in cell.dataset && entries.length > 0 ? sumOf(entries, index) : "";
    }
  }

  function showPages(count) {
    if (count <= 1) return pages?.replaceChildren();
    const go = (page, label) =>
      element("button", {
        type: "button",
        textContent: label,
        disabled: page < 1 || page > count,
        onclick: () => {
          state.page = page;
          show();
          result.scrollIntoView();
        },
      });
    nav.replaceChildren(
      go(state.page - 1, "Previous rows"),
      ` Page ${state.page} of ${count} `,
      go(state.page + 1, "Next rows"),
    );
  }

  const nav = pages ?? result.appendChild(element("nav", { className: "pages", ariaLabel: "Pages" }));

  /** Shows what is searched and sorted; `isWhole`: all of it, for paper. */
  function show(isWhole = false) {
    for (const [index, title] of titles.entries())
      if (index === state.column) title.ariaSort = state.isDescending ? "descending" : "ascending";
      else title.removeAttribute("aria-sort");
    keepAddress();
    result.closest("main").classList.toggle("searched", state.words !== "");
    const isAsReported = state.words === "" && state.column < 0;
    if (isAsReported && !isWhole && original.length <= mostRestored) {
      put(original);
      nav.replaceChildren(...originalPages);
      showTotals();
      status.textContent = "";
      return;
    }
    const entries = selected();
    const start = isWhole ? 0 : (state.page - 1) * pageSize;
    const shown = isWhole ? entries : entries.slice(start, start + pageSize);
    put(
      shown.flatMap(({ row, subtotal }) => (isAsReported && subtotal ? [row, subtotal] : [row])),
      isWhole,
    );
    showPages(Math.ceil(entries.length / pageSize));
    showTotals(state.words === "" ? undefined : entries);
    const isSortedPart = state.column >= 0 && rows.length < rowCount;
    if (state.words !== "")
      status.textContent =
        entries.length === 0 ? `No row has “${state.words}”` : `${written(entries.length)} of ${known()}`;
    else status.textContent = isSortedPart ? `Sorted: ${known()}` : "";
  }

  const change = async (changed) => {
    Object.assign(state, changed, { page: 1 });
    if (await loadRows()) show();
  };

  /** The address says what is searched and sorted, so that a link has it. */
  function keepAddress() {
    const said = new URLSearchParams();
    if (state.words !== "") said.set("find", state.words);
    if (state.column >= 0) said.set(state.isDescending ? "down" : "up", nameOf(titles[state.column]));
    const hash = said.size > 0 ? `#${said}` : "";
    if (hash !== location.hash && (hash || /[#&](find|up|down)=/.test(location.hash)))
      history.replaceState(null, "", location.pathname + location.search + hash);
  }

  // Titles sort: up, then down, then as the report has it.
  for (const [column, title] of titles.entries()) {
    const label = title.querySelector(".title");
    const onclick = () => {
      if (state.column !== column) change({ column, isDescending: false });
      else change(state.isDescending ? { column: -1 } : { isDescending: true });
    };
    const button = element("button", { type: "button", className: "sort", onclick });
    label.replaceWith(button);
    button.append(label);
  }

  const search = element("input", {
    type: "search",
    placeholder: "Search in the rows",
    ariaLabel: "Search in the rows",
    autocomplete: "off",
  });
  // Whoever is about to search has all rows there by the first letter.
  search.addEventListener("focus", async () => (await loadRows()) && gatherTexts(), { once: true });
  search.addEventListener("input", () => change({ words: search.value.trim() }));
  const status = element("span", { className: "soft", role: "status" });
  tools.prepend(search);

  // Columns: what was chosen last counts for all reports.
  const more = tools.querySelector("#more");
  more.after(status);
  const showMore = (isShown) => {
    result.classList.toggle("shows-more", isShown);
    more.textContent = isShown ? "Fewer columns" : "More columns";
  };
  const isKept = !new URLSearchParams(location.search).has("_columns");
  if (isKept && remembered() === "all") showMore(true);
  more.addEventListener("click", (event) => {
    event.preventDefault();
    showMore(!result.classList.contains("shows-more"));
    remembered(result.classList.contains("shows-more") ? "all" : "few");
  });

  // Paper has all rows, whichever of them the screen shows.
  addEventListener("beforeprint", () => {
    if (!rows) {
      const request = new XMLHttpRequest();
      request.open("GET", wholeAddress(), false);
      request.send();
      if (request.status === 200) rows = parseRows(request.responseText);
    }
    if (!rows) return;
    if (body.rows.length < rowCount || state.words !== "") show(true);
    const found = state.words === "" ? "" : ` with “${state.words}”`;
    const count = selected().length;
    result.querySelector("#part").textContent =
      count < rowCount ? `Only rows${found}: ${written(count)} of ${known()}.` : "";
  });
  addEventListener("afterprint", () => show());
  tools
    .querySelector(".formats")
    .append(
      element("li", {}, element("button", { type: "button", textContent: "Print", onclick: () => print() })),
      element("li", {}, copyButton()),
    );

  const said = new URLSearchParams(location.hash.slice(1));
  const sorted = said.get("up") ?? said.get("down");
  const column = titles.findIndex((title) => nameOf(title) === sorted);
  search.value = said.get("find") ?? "";
  if (column >= 0 || search.value !== "")
    change({ column, isDescending: said.has("down"), words: search.value });
}

/** What was chosen of the columns; browsers may keep nothing. */
function remembered(choice) {
  try {
    if (choice !== undefined) localStorage.setItem("report-columns", choice);
    return localStorage.getItem("report-columns");
  } catch {
    return null;
  }
}

function copyButton() {
  const button = element("button", { type: "button", textContent: "Copy link" });
  button.addEventListener("click", async () => {
    const address = new URL(location.href);
    address.searchParams.delete("_page");
    // A link opened on a later day shows the same days. Of two days that are compared, each counts its own.
    if (!address.searchParams.get("_compare"))
      for (const { name, dataset } of document.querySelectorAll("input[data-day]"))
        address.searchParams.set(name, dataset.day);
    try {
      await navigator.clipboard.writeText(address.href);
      button.textContent = "Copied";
    } catch {
      // Without HTTPS there is no clipboard: the link is shown for copying by hand.
      button.after(
        element("input", {
          value: address.href,
          readOnly: true,
          ariaLabel: "Link",
          onfocus: (event) => event.target.select(),
        }),
      );
      button.nextSibling.focus();
    }
    setTimeout(() => {
      button.textContent = "Copy link";
    }, 2000);
  });
  return button;
}

/** A calendar beside a field that takes relative days too. */
function addCalendar(input) {
  const label = `${input.labels[0]?.textContent ?? "Day"}: choose in a calendar`;
  const calendar = element("input", { type: "date", className: "calendar", ariaLabel: label });
  calendar.addEventListener("change", () => {
    if (calendar.value !== "") input.value = calendar.value;
  });
  const field = element("div", { className: "field" });
  input.replaceWith(field);
  field.append(input, calendar);
}

/** Offers the names that a field may have: the rows of a report of them, whose id follows the name. */
async function loadChoices(input) {
  const list = element("datalist", { id: `${input.id}-choices` });
  try {
    const answer = await fetch(`/reports/${input.dataset.choices}.json`);
    if (!answer.ok) return;
    const named = (await answer.json()).flatMap((row) => {
      const values = Object.values(row);
      const at = values.findIndex((value) => /^[A-Z][A-Za-z]*:\d+$/.test(value));
      return at < 0 ? [] : [{ name: values.slice(0, at).filter(Boolean).join(" "), id: values[at] }];
    });
    const counts = new Map();
    for (const { name } of named) counts.set(name, (counts.get(name) ?? 0) + 1);
    list.append(
      ...named.map(({ name, id }) =>
        element("option", { value: counts.get(name) > 1 || name === "" ? `${name} (${id})`.trim() : name }),
      ),
    );
    input.after(list);
    input.setAttribute("list", list.id);
  } catch {}
}
