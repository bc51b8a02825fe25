// Adds conveniences to report pages, which also work without scripts.

const result = document.querySelector("#result");
const table = result?.querySelector(".rows table");
if (table) enhanceRows(result, table);
for (const input of document.querySelectorAll("input[list=days]")) addCalendar(input);
for (const input of document.querySelectorAll("input[data-choices]"))
  input.addEventListener("focus", () => loadChoices(input), { once: true });
document.querySelector("[aria-invalid]")?.focus();
const form = document.querySelector("form[method=get]");
// Keeps search and sorting when parameters change.
form?.addEventListener("submit", () => {
  form.action = form.action.replace(/#.*/, "") + location.hash;
});
// On a phone the answer comes first, and the form on request.
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

/** Adds sorting and searching of all rows; a page shows some of them. */
function enhanceRows(result, table) {
  const body = table.tBodies[0];
  const tools = result.querySelector(".tools");
  const pages = result.querySelector(".pages");
  const pageSize = 100;
  /** The number of rows laid out in one frame: the others follow in the next frames, out of sight. */
  const frameSize = 40;
  /** More rows than this, as complete pages have, are not restored in one step. */
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
  /** All rows of the report, or the first 5,000 of them, loaded on demand; a search looks in `text`. */
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
  /** Describes the rows that are sorted and searched: pages have only the first rows of very long reports. */
  const known = () =>
    rows.length < rowCount
      ? `the first ${written(rows.length)} rows. All ${written(rowCount)} are in the files`
      : `${written(rowCount)} rows`;

  let nextFrame;
  /** Replaces the rows: the visible ones immediately, the others frame by frame. */
  function put(elements, isAtOnce) {
    cancelAnimationFrame(nextFrame);
    let count = isAtOnce ? elements.length : frameSize;
    body.replaceChildren(...elements.slice(0, count));
    const append = () => {
      body.append(...elements.slice(count, count + frameSize));
      count += frameSize;
      if (count < elements.length) nextFrame = requestAnimationFrame(append);
    };
    // The first of these two frames begins before the rows are painted.
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

  /** Returns a number in plain digits, with a point before decimals. */
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

  /** Collects the texts to search, some rows at a time, while the browser is idle. */
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
    // Empty values come last in both directions.
    return found.sort((one, other) => {
      const [a, b] = [keyOf(one, column), keyOf(other, column)];
      if (a === "" || b === "") return (a === "") - (b === "");
      return sign * (typeof a === "number" && typeof b === "number" ? a - b : collator.compare(a, b));
    });
  }

  /** Returns the exact sum of a column, formatted like its cells. */
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

  /** Shows the rows found, sorted; with `isWhole` all of them, for paper. */
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

  /** Keeps search and sorting in the address, so that a link contains them. */
  function keepAddress() {
    const said = new URLSearchParams();
    if (state.words !== "") said.set("find", state.words);
    if (state.column >= 0) said.set(state.isDescending ? "down" : "up", nameOf(titles[state.column]));
    const hash = said.size > 0 ? `#${said}` : "";
    if (hash !== location.hash && (hash || /[#&](find|up|down)=/.test(location.hash)))
      history.replaceState(null, "", location.pathname + location.search + hash);
  }

  // A click on a title sorts: ascending, then descending, then in the report's order.
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
  // Load all rows before the first letter is typed.
  search.addEventListener("focus", async () => (await loadRows()) && gatherTexts(), { once: true });
  search.addEventListener("input", () => change({ words: search.value.trim() }));
  const status = element("span", { className: "soft", role: "status" });
  tools.prepend(search);

  // The last choice of columns applies to all reports.
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

  // Printouts have all rows, whichever the screen shows.
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

/** Returns or stores the choice of columns; a browser may forbid storage. */
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
    // A link opened on a later day shows the same days. In comparisons, relative days count from each of the two days.
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

/** Adds a calendar to a field that also accepts relative days. */
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

/** Suggests names for a field: the rows of the report that lists them, with the id after the name. */
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
