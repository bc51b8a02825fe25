/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
// Tests type the results of `fetch` as in browsers. Without these lines, the types depend on the imported dependencies.
