// Whether JSON.parse accepts each input, read as strict UTF-8: one line "valid" or "invalid" each.
import { inputs } from "./oracle_input.mjs";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function isValid(bytes) {
  try {
    JSON.parse(decoder.decode(bytes));
    return true;
  } catch {
    return false;
  }
}

process.stdout.write(inputs().map((bytes) => (isValid(bytes) ? "valid\n" : "invalid\n")).join(""));
