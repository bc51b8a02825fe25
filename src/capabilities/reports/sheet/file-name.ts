/**
 * The `Content-Disposition` of a file: an ASCII name for old clients, and the title in any script for all others, by
 * RFC 8187: what `encodeURIComponent` leaves as it is may not stand there.
 */
export function contentDisposition(name: string, title: string, ending: string): string {
  const ascii = `${name}.${ending}`.replace(/[^\w. -]/g, "_");
  const full = encodeURIComponent(`${title}.${ending}`.replace(/[\p{Cc}\p{Cs}/\\:*?"<>|]/gu, "_")).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${full}`;
}
