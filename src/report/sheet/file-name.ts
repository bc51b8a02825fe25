/** The `Content-Disposition` of a file: an ASCII name for old clients, and the title in any script for all others. */
export function contentDisposition(name: string, title: string, ending: string): string {
  const ascii = `${name}.${ending}`.replace(/[^\w. -]/g, "_");
  const full = `${title}.${ending}`.replace(/[\p{Cc}\p{Cs}/\\:*?"<>|]/gu, "_");
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encodeExtended(full)}`;
}

/** RFC 8187: what `encodeURIComponent` leaves as it is, but may not stand there. */
function encodeExtended(text: string) {
  return encodeURIComponent(text).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
