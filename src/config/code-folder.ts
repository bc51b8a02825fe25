/** The folder of the code, `src/` or `dist/`: the first has this module in `config/`, the second in `chunk/`. */
export const codeFolder = new URL("../", import.meta.url);

/** A file or folder of the package that is beside the code, such as `schema/`. */
export const inPackage = (path: string): URL => new URL(`../${path}`, codeFolder);
