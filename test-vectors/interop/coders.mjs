// Coders of others at work: JSON objects line by line, in and out. Bytes are hexadecimal.
//
//   {"do": "write", "coder": "bc-ur" | "keystone", "type", "message", "length", "skip", "count"}
//   {"do": "write", "coder": "bbqr", "type", "message", "encoding", "version"}   -> {"frames": [..]}
//   {"do": "read", "coder": "bc-ur" | "keystone" | "bbqr", "frames": [..]}       -> {"type", "message"}
//   {"do": "draw", "text", "picture": file, "scale"}                   -> {}
//   {"do": "see", "picture": file}                                               -> {"found": [bytes]}
//
// What a coder refuses is {"refused": its words}. Frames of UR are read until the message is whole.
// "draw" and "see" are the npm packages qrcode, pngjs and jsqr.

import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const modules = new URL("../../target/interop-npm/node_modules/", import.meta.url);
const load = createRequire(modules);
const { UR, UREncoder, URDecoder } = load("@ngraveio/bc-ur");
const { Bytes, CryptoPSBT, URRegistryDecoder } = load("@keystonehq/bc-ur-registry");
const { joinQRs, splitQRs } = await import(new URL("bbqr/dist/bbqr.js", modules));
const qrcode = load("qrcode");
const jsqr = load("jsqr");
const { PNG } = load("pngjs");

const bytes = (hex) => Buffer.from(hex, "hex");
const hex = (data) => Buffer.from(data).toString("hex");

const ITEMS = { "crypto-psbt": CryptoPSBT, bytes: Bytes };

function parts(encoder, { skip, count }) {
  for (let i = 0; i < skip; i++) encoder.nextPart();
  return Array.from({ length: count }, () => encoder.nextPart());
}

function received(decoder, frames) {
  for (const frame of frames) {
    if (decoder.isComplete()) break;
    decoder.receivePart(frame);
  }
  if (!decoder.isSuccess()) throw new Error(`${decoder.resultError() || "not whole"}`);
  return decoder;
}

const write = {
  "bc-ur": (asked) => {
    const ur = new UR(UR.fromBuffer(bytes(asked.message)).cbor, asked.type);
    return parts(new UREncoder(ur, asked.length), asked);
  },
  keystone: (asked) => {
    const item = new ITEMS[asked.type](bytes(asked.message));
    return parts(item.toUREncoder(asked.length), asked);
  },
  bbqr: ({ message, type, encoding, version }) => {
    const size = { minVersion: version, maxVersion: version };
    const split = splitQRs(new Uint8Array(bytes(message)), type, { encoding, ...size });
    if (split.encoding !== encoding) throw new Error(`written as ${split.encoding}`);
    return split.parts;
  },
};

const read = {
  "bc-ur": (frames) => {
    const ur = received(new URDecoder(), frames).resultUR();
    return { type: ur.type, message: hex(ur.decodeCBOR()) };
  },
  keystone: (frames) => {
    const item = received(new URRegistryDecoder(), frames).resultRegistryType();
    const message = item instanceof CryptoPSBT ? item.getPSBT() : item.getData();
    return { type: item.getRegistryType().getType(), message: hex(message) };
  },
  bbqr: (frames) => {
    const joined = joinQRs(frames);
    return { type: joined.fileType, message: hex(joined.raw) };
  },
};

async function draw({ text, picture, scale }) {
  const png = await qrcode.toBuffer(text, { errorCorrectionLevel: "L", scale, margin: 4 });
  await writeFile(picture, png);
  return {};
}

async function see({ picture }) {
  const { data, width, height } = PNG.sync.read(await readFile(picture));
  const code = jsqr(new Uint8ClampedArray(data), width, height);
  return { found: code ? [hex(code.binaryData)] : [] };
}

const WORK = {
  write: (asked) => ({ frames: write[asked.coder](asked) }),
  read: (asked) => read[asked.coder](asked.frames),
  draw,
  see,
};

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  let answer;
  try {
    answer = await WORK[asked.do](asked);
  } catch (error) {
    answer = { refused: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
