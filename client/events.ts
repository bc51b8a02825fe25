/** Reads server-sent events and yields their fields. A comment yields no fields. */
export async function* readEvents(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Record<string, string>> {
  const reader = body?.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string>).getReader();
  let text = "";
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    const blocks = (text + read.value).split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = block.split("\n").map((line) => /^(\w+): ?(.*)$/.exec(line)?.slice(1) ?? []);
      yield Object.fromEntries(fields.filter(([name]) => name));
    }
  }
}
