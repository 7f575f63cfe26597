// Writes the PSBT of each plan (see corpus.py) by bitcoinjs-lib: JSON line by line in, hexadecimal out.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const load = createRequire(new URL("../../target/interop-npm/node_modules/", import.meta.url));
const { Psbt, Transaction } = load("bitcoinjs-lib");

const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));

function said(plan) {
  const fields = {};
  if (plan.witness_script) fields.witnessScript = bytes(plan.witness_script);
  if (plan.redeem_script) fields.redeemScript = bytes(plan.redeem_script);
  if (plan.origins?.length) {
    fields.bip32Derivation = plan.origins.map(([key, fingerprint, path]) => ({
      pubkey: bytes(key),
      masterFingerprint: bytes(fingerprint),
      path: ["m", ...path].join("/"),
    }));
  }
  return fields;
}

function input(plan) {
  const previous = Transaction.fromHex(plan.previous);
  const { script, value } = previous.outs[plan.vout];
  return {
    hash: previous.getId(),
    index: plan.vout,
    sequence: plan.sequence,
    nonWitnessUtxo: bytes(plan.previous),
    ...(plan.witness_utxo && { witnessUtxo: { script, value } }),
    ...said(plan),
  };
}

function make(plan) {
  const psbt = new Psbt();
  psbt.setVersion(plan.tx_version);
  psbt.setLocktime(plan.lock_time);
  for (const each of plan.inputs) psbt.addInput(input(each));
  for (const each of plan.outputs) {
    psbt.addOutput({ script: bytes(each.script), value: BigInt(each.amount), ...said(each) });
  }
  return psbt.toHex();
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(make(JSON.parse(line)));
}
