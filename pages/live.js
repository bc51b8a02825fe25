// Follows a live query and the changes that the gateway sees.

const byId = (id) => document.getElementById(id);
let stop = new AbortController();

/** Reads a stream line by line, until it ends. */
async function read(path, init, onLine) {
  const key = byId("key").value;
  const headers = { ...init.headers, ...(key && { "x-api-key": key }) };
  const response = await fetch(path, { ...init, headers, signal: stop.signal });
  if (!response.ok) {
    const [{ message, extensions }] = (await response.json()).errors;
    throw Object.assign(new Error(message), { code: extensions?.code });
  }
  let rest = "";
  for (const [reader, decoder] = [response.body.getReader(), new TextDecoder()]; ; ) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
    rest = lines.pop();
    for (const line of lines) if (line !== "") onLine(line);
  }
}

/** Follows a stream, and opens it again whenever it ends. */
async function follow(tell, open) {
  const { signal } = stop;
  while (!signal.aborted) {
    await open().catch((error) => signal.aborted || tell(error.message));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

function ask() {
  stop.abort();
  stop = new AbortController();
  let count = 0;
  let after = "now";
  const headers = { accept: "text/event-stream", "content-type": "application/json" };
  const query = { method: "POST", headers, body: JSON.stringify({ query: byId("query").value }) };
  const show = (text) => {
    byId("answer").textContent = text;
  };
  follow(show, () =>
    read("/graphql/stream", query, (line) => {
      if (!line.startsWith("data: ")) return;
      show(JSON.stringify(JSON.parse(line.slice(6)), null, 2));
      byId("answers").textContent = `answers: ${++count}`;
    }),
  );
  const add = (text) => {
    const item = document.createElement("li");
    item.textContent = text;
    byId("changes").prepend(item);
    byId("changes").children[200]?.remove();
  };
  follow(add, () =>
    read(`/changes?after=${after}`, {}, (line) => {
      const {
        end,
        cursor,
        event,
        recordId,
        field,
        before,
        after: value,
        origin,
        isWithheld,
      } = JSON.parse(line);
      if (end) return;
      after = cursor;
      const what =
        field === null ? "" : isWithheld ? ` ${field}` : ` ${field}: ${before ?? "–"} → ${value ?? "–"}`;
      add(
        `${new Date().toLocaleTimeString()} ${recordId} ${event.toLowerCase()}${what} (${origin.toLowerCase()})`,
      );
    }).catch((error) => {
      // The changes after the cursor are lost.
      if (error.code === "CURSOR_EXPIRED") after = "now";
      throw error;
    }),
  );
}
// They scroll, also by keys.
for (const id of ["answer", "changes"]) byId(id).tabIndex = 0;
byId("question").addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
ask();
