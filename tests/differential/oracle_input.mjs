// All inputs from standard input: each is four bytes of length, little-endian, and that many bytes.
import { readFileSync } from "node:fs";

export function inputs() {
  const all = readFileSync(0);
  const found = [];
  for (let at = 0; at < all.length; ) {
    const size = all.readUInt32LE(at);
    found.push(all.subarray(at + 4, at + 4 + size));
    at += 4 + size;
  }
  return found;
}
