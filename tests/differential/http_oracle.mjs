// What Node's HTTP parser (llhttp, strict) makes of each input, as one JSON line per input:
// {"messages": [[method, target, version, bodyInHex], ...], "heads": count, "error": code or null}.
// A head counts as soon as it is accepted, a message when its body is complete.
// The bytes go to an http.Server through a stream in memory; no socket is opened.
import { createServer } from "node:http";
import { Duplex } from "node:stream";
import { inputs } from "./oracle_input.mjs";

const BATCH = 200; // connections at a time
const server = createServer({ keepAlive: true, maxHeaderSize: 1 << 20, insecureHTTPParser: false });
server.requestTimeout = server.headersTimeout = server.keepAliveTimeout = server.timeout = 0;
server.maxRequestsPerSocket = 0;

server.on("request", (request, response) => {
  const entry = [request.method, request.url, request.httpVersion, null];
  const chunks = [];
  request.socket.result.messages.push(entry);
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    entry[3] = Buffer.concat(chunks).toString("hex");
    response.end();
  });
  request.on("error", () => {});
});
server.on("clientError", (error, socket) => {
  socket.result.error ??= error.code ?? "error";
  socket.destroy();
});

class Connection extends Duplex {
  constructor(bytes, done) {
    super();
    this.result = { messages: [], error: null };
    this.on("error", () => {});
    this.on("close", done);
    this.push(bytes);
  }
  _read() {}
  _write(chunk, encoding, callback) {
    callback();
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function judge(batch) {
  const connections = batch.map((bytes) => {
    const connection = new Connection(bytes, () => {});
    server.emit("connection", connection);
    return connection;
  });
  // Everything here is in memory, so a bounded number of turns of the loop reads all of it; a
  // connection that is still open then waits for more bytes.
  for (let turns = 0; turns < 40; turns++) await turn();
  for (const connection of connections) connection.destroy();
  return connections.map((connection) => connection.result);
}

const all = inputs();
for (let at = 0; at < all.length; at += BATCH) {
  for (const { messages, error } of await judge(all.slice(at, at + BATCH))) {
    const complete = messages.filter((message) => message[3] !== null);
    process.stdout.write(JSON.stringify({ messages: complete, heads: messages.length, error }) + "\n");
  }
}
process.exit(0);
