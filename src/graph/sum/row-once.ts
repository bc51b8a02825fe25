/** Works something out of a row once, though it is asked for in each of the row's periods: these follow each other. */
export function eachRowOnce<V>(work: (position: number) => V): (position: number) => V {
  let known: { readonly position: number; readonly value: V } | undefined;
  return (position) => {
    if (known?.position !== position) known = { position, value: work(position) };
    return known.value;
  };
}
