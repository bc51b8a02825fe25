import { execFileSync, spawnSync } from "node:child_process";

/**
 * Whether a Python with its standard library is available. It reads files independently of the code that wrote them.
 */
export const hasPython = spawnSync("python3", ["-c", "import csv, zipfile"]).status === 0;

/** Runs a program that prints JSON, with bytes on its standard input. */
export function runPython(program: string, input: Uint8Array | string): unknown {
  return JSON.parse(
    execFileSync("python3", ["-c", program], {
      input,
      encoding: "utf8",
      env: { ...process.env, PYTHONIOENCODING: "utf-8", PYTHONUTF8: "1" },
      maxBuffer: 2 ** 28,
    }),
  );
}

/** The rows of a CSV file, read by Python's csv module. */
export const readCsv = (file: Uint8Array | string, delimiter = ","): string[][] =>
  runPython(
    "import csv, io, json, sys\n" +
      "text = sys.stdin.buffer.read().decode('utf-8-sig')\n" +
      `print(json.dumps(list(csv.reader(io.StringIO(text, newline=''), delimiter=${JSON.stringify(delimiter)}))))`,
    file,
  ) as string[][];

/** A cell of a workbook: its reference, its kind (`n`, `b`, `e`, `inlineStr`), its style and its value as text. */
export type SheetCell = readonly [reference: string, kind: string, style: string, value: string];

/** What `readWorkbooks` reads of a workbook. */
export interface Workbook {
  readonly names: readonly string[];
  readonly sheets: readonly (readonly (readonly SheetCell[])[])[];
  readonly filter: string;
  /** The first sheet's table: its range, its titles, and its totals row. */
  readonly table: {
    readonly ref: string;
    readonly titles: readonly string[];
    readonly totals: readonly (string | null)[];
  };
  /** The formulas of the first sheet, by cell reference. */
  readonly formulas: Readonly<Record<string, string>>;
  /** The rows repeated on every printed sheet, and the page orientation. */
  readonly printTitles: string;
  readonly orientation: string;
  readonly pane: Readonly<Record<string, string>>;
  readonly widths: readonly number[];
}

/** The cells of workbooks' sheets, and the attributes of some elements, read by Python's zipfile and XML parser. */
export function readWorkbooks(files: readonly Uint8Array[]): readonly Workbook[] {
  const program = `
import base64, io, json, sys, zipfile
import xml.etree.ElementTree as E
n = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
def read(file):
    z = zipfile.ZipFile(io.BytesIO(file))
    assert z.testzip() is None
    parts = {name: E.fromstring(z.read(name)) for name in z.namelist()}
    def cells(sheet):
        return [[[c.get("r"), c.get("t", "n"), c.get("s", "0"),
                  (c.find("m:v", n).text if c.find("m:v", n) is not None else "".join(t.text or "" for t in c.iterfind(".//m:t", n)))]
                 for c in r.iterfind("m:c", n)] for r in parts[sheet].iterfind("m:sheetData/m:row", n)]
    one = parts["xl/worksheets/sheet1.xml"]
    table = parts["xl/tables/table1.xml"]
    return {
      "names": [s.get("name") for s in parts["xl/workbook.xml"].iterfind("m:sheets/m:sheet", n)],
      "sheets": [cells("xl/worksheets/sheet1.xml"), cells("xl/worksheets/sheet2.xml")],
      "filter": table.find("m:autoFilter", n).get("ref"),
      "table": {"ref": table.get("ref"), "titles": [c.get("name") for c in table.iterfind("m:tableColumns/m:tableColumn", n)],
        "totals": [c.get("totalsRowLabel") or c.findtext("m:totalsRowFormula", None, n) for c in table.iterfind("m:tableColumns/m:tableColumn", n)]},
      "formulas": {c.get("r"): c.findtext("m:f", None, n) for c in one.iterfind(".//m:c", n) if c.find("m:f", n) is not None},
      "printTitles": parts["xl/workbook.xml"].findtext("m:definedNames/m:definedName", None, n),
      "orientation": one.find("m:pageSetup", n).get("orientation"),
      "pane": one.find(".//m:pane", n).attrib,
      "widths": [float(c.get("width")) for c in one.iterfind("m:cols/m:col", n)],
    }
print(json.dumps([read(base64.b64decode(one)) for one in json.load(sys.stdin)]))`;
  const encoded = files.map((file) => Buffer.from(file).toString("base64"));
  return runPython(program, JSON.stringify(encoded)) as readonly Workbook[];
}

export const readWorkbook = (file: Uint8Array): Workbook => readWorkbooks([file])[0] as Workbook;
