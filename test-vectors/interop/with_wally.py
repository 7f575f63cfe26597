"""The roles of BIP 174 and BIP 370, played by libwally."""

import functools

import wallycore as wally


def build(version, descriptors, coins, outputs):
    wallet = [wally.descriptor_parse(text, None, 0, 0) for text in descriptors]
    previous = [wally.tx_from_hex(coin["prev_tx_hex"], 0) for coin in coins]
    transaction = wally.tx_init(2, 0, len(coins), len(outputs))
    for tx, coin in zip(previous, coins):
        txid = wally.tx_get_txid(tx)
        wally.tx_add_raw_input(transaction, txid, coin["vout"], 0xFFFFFFFD, None, None, 0)
    for out in outputs:
        wally.tx_add_raw_output(transaction, out["amount_sat"], output_script(wallet, out), 0)
    psbt = wally.psbt_from_tx(transaction, version, 0)
    for index, (tx, coin) in enumerate(zip(previous, coins)):
        wally.psbt_set_input_utxo(psbt, index, tx)
        wally.psbt_set_input_witness_utxo_from_tx(psbt, index, tx, coin["vout"])
        address = wallet[coin["descriptor_index"]]
        witness, redeem = scripts(address)
        wally.psbt_set_input_witness_script(psbt, index, witness)
        if redeem:
            wally.psbt_set_input_redeem_script(psbt, index, redeem)
        wally.psbt_set_input_keypaths(psbt, index, origins(address))
    for index, out in enumerate(outputs):
        if "descriptor_index" not in out:
            continue
        address = wallet[out["descriptor_index"]]
        witness, redeem = scripts(address)
        wally.psbt_set_output_witness_script(psbt, index, witness)
        if redeem:
            wally.psbt_set_output_redeem_script(psbt, index, redeem)
        wally.psbt_set_output_keypaths(psbt, index, origins(address))
    return wally.psbt_to_bytes(psbt, 0)


def output_script(wallet, out):
    if "descriptor_index" in out:
        return script(wallet[out["descriptor_index"]], 0)
    if "script_hex" in out:
        return bytes.fromhex(out["script_hex"])
    prefix = out["address"].rpartition("1")[0].lower()
    if prefix in ("bc", "tb", "bcrt"):
        return wally.addr_segwit_to_bytes(out["address"], prefix, 0)
    main = out["address"][0] in "13"
    network = wally.WALLY_NETWORK_BITCOIN_MAINNET if main else wally.WALLY_NETWORK_BITCOIN_TESTNET
    return wally.address_to_scriptpubkey(out["address"], network)


def script(descriptor, depth):
    """The script of a descriptor, or of the expression `depth` levels inside it."""
    return bytes(wally.descriptor_to_script(descriptor, depth, 0, 0, 0, 0, 0))


def scripts(descriptor):
    """Witness script and, for sh(wsh()), redeem script."""
    wrapped = wally.descriptor_canonicalize(descriptor, 0).startswith("sh(")
    if wrapped:
        return script(descriptor, 2), script(descriptor, 1)
    return script(descriptor, 1), None


def origins(descriptor):
    count = wally.descriptor_get_num_keys(descriptor)
    keypaths = wally.map_keypath_public_key_init(count)
    for index in range(count):
        key = bytes.fromhex(wally.descriptor_get_key(descriptor, index))
        fingerprint = bytes(wally.descriptor_get_key_origin_fingerprint(descriptor, index))
        path = wally.descriptor_get_key_origin_path_str(descriptor, index)
        steps = [int(step) for step in path.split("/") if step]
        wally.map_keypath_add(keypaths, key, fingerprint, steps)
    return keypaths


def sign(psbt_bytes, secrets):
    psbt = wally.psbt_from_bytes(psbt_bytes, wally.WALLY_PSBT_PARSE_FLAG_STRICT)
    for secret in secrets:
        wally.psbt_sign(psbt, secret, 0)
    return wally.psbt_to_bytes(psbt, 0)


def combine(parts):
    first, *others = [
        wally.psbt_from_bytes(part, wally.WALLY_PSBT_PARSE_FLAG_STRICT) for part in parts
    ]
    for other in others:
        wally.psbt_combine(first, other)
    return wally.psbt_to_bytes(first, 0)


def finalize(combined):
    psbt = wally.psbt_from_bytes(combined, wally.WALLY_PSBT_PARSE_FLAG_STRICT)
    wally.psbt_finalize(psbt, 0)
    if not wally.psbt_is_finalized(psbt):
        raise SystemExit("libwally: not enough signatures for every input")
    transaction = wally.psbt_extract(psbt, wally.WALLY_PSBT_EXTRACT_FINAL)
    return bytes(wally.tx_to_bytes(transaction, wally.WALLY_TX_FLAG_USE_WITNESS))


def make(plan):
    """A PSBT of the corpus, as its plan says."""
    previous = [wally.tx_from_hex(each["previous"], 0) for each in plan["inputs"]]
    transaction = wally.tx_init(
        plan["tx_version"], plan["lock_time"], len(plan["inputs"]), len(plan["outputs"])
    )
    for tx, each in zip(previous, plan["inputs"]):
        txid = wally.tx_get_txid(tx)
        wally.tx_add_raw_input(transaction, txid, each["vout"], each["sequence"], None, None, 0)
    for each in plan["outputs"]:
        wally.tx_add_raw_output(transaction, each["amount"], bytes.fromhex(each["script"]), 0)
    psbt = wally.psbt_from_tx(transaction, plan["version"], 0)
    for place, (tx, each) in enumerate(zip(previous, plan["inputs"])):
        wally.psbt_set_input_utxo(psbt, place, tx)
        if each["witness_utxo"]:
            wally.psbt_set_input_witness_utxo_from_tx(psbt, place, tx, each["vout"])
        if each["required_height"]:
            wally.psbt_set_input_required_lockheight(psbt, place, each["required_height"])
        say(psbt, "input", place, each)
    for place, each in enumerate(plan["outputs"]):
        say(psbt, "output", place, each)
    return wally.psbt_to_bytes(psbt, 0)


def say(psbt, map_name, place, plan):
    for field in ("witness_script", "redeem_script"):
        if plan.get(field):
            setter = getattr(wally, f"psbt_set_{map_name}_{field}")
            setter(psbt, place, bytes.fromhex(plan[field]))
    named = plan.get("origins", ())
    if named:
        keypaths = wally.map_keypath_public_key_init(len(named))
        for key, fingerprint, path in named:
            public, origin = bytes.fromhex(key), bytes.fromhex(fingerprint)
            wally.map_keypath_add(keypaths, public, origin, path)
        getattr(wally, f"psbt_set_{map_name}_keypaths")(psbt, place, keypaths)


def facts(psbt_bytes, descriptors, places):
    """What a PSBT does, by libwally's reading of it."""
    psbt = wally.psbt_from_bytes(psbt_bytes, wally.WALLY_PSBT_PARSE_FLAG_STRICT)
    tx = wally.psbt_extract(psbt, wally.WALLY_PSBT_EXTRACT_NON_FINAL)
    inputs = []
    for place, (chain, index) in enumerate(places):
        parent = wally.psbt_get_input_utxo(psbt, place)
        txid = bytes(wally.tx_get_input_txhash(tx, place))
        assert txid == bytes(wally.tx_get_txid(parent))
        vout = wally.tx_get_input_index(tx, place)
        amount = wally.tx_get_output_satoshi(parent, vout)
        signed = wally.tx_get_btc_signature_hash(
            tx, place, witness_script(descriptors, chain, index), amount,
            wally.WALLY_SIGHASH_ALL, wally.WALLY_TX_FLAG_USE_WITNESS,
        )
        inputs.append({
            "txid": txid[::-1].hex(),
            "vout": vout,
            "sequence": wally.tx_get_input_sequence(tx, place),
            **output_facts(parent, vout),
            "sighash": bytes(signed).hex(),
        })
    outputs = [output_facts(tx, place) for place in range(wally.tx_get_num_outputs(tx))]
    return {
        "txid": bytes(wally.tx_get_txid(tx))[::-1].hex(),
        "tx_version": wally.tx_get_version(tx),
        "lock_time": wally.tx_get_locktime(tx),
        "fee_sat": sum(i["amount_sat"] for i in inputs) - sum(o["amount_sat"] for o in outputs),
        "inputs": inputs,
        "outputs": outputs,
    }


def output_facts(tx, place):
    pays_to = bytes(wally.tx_get_output_script(tx, place))
    if pays_to[0] in (0x00, 0x51):
        address = wally.addr_segwit_from_bytes(pays_to, "bc", 0)
    else:
        address = wally.scriptpubkey_to_address(pays_to, wally.WALLY_NETWORK_BITCOIN_MAINNET)
    return {
        "amount_sat": wally.tx_get_output_satoshi(tx, place),
        "script": pays_to.hex(),
        "address": address,
    }


@functools.cache
def witness_script(descriptors, chain, index):
    """Of one address: of a ranged descriptor, or out of a list of both chains."""
    if len(descriptors) == 1:
        text, branch, number = descriptors[0], chain, index
    else:
        text, branch, number = descriptors[chain * (len(descriptors) // 2) + index], 0, 0
    depth = 2 if text.startswith("sh(") else 1
    return bytes(wally.descriptor_to_script(parsed(text), depth, 0, 0, branch, number, 0))


@functools.cache
def parsed(text):
    return wally.descriptor_parse(text, None, 0, 0)
