/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
// Tests type what `fetch` answers as browsers do. Without these lines, it depends on which dependencies are imported.
